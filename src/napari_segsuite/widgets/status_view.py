"""Shows how far an activity is: a sentence, a bar, the details of an error."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QApplication,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.connections import Connections

_STEPS = 1000


class StatusView(QWidget):
    """The status line of a dock.

    While nothing runs it says besides why a button is disabled: the hint.
    """

    def __init__(self, activity: Activity, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._activity = activity
        self._hint = ""
        self._text = QLabel()
        # Names and messages are shown as they are, never as HTML.
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        # A long path has no place to break: rather cut it than widen the dock.
        self._text.setMinimumWidth(60)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMaximumHeight(8)
        # Never a bar that moves by itself: each of its pictures draws the whole window
        # anew, which without a graphics card keeps the worker's cores busy.
        self._bar.setRange(0, _STEPS)
        self._details = QPushButton("Copy details")
        self._details.setToolTip("Copy what the program said, for a bug report.")
        self._details.clicked.connect(self._copy_details)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._text, self._bar, self._details):
            layout.addWidget(widget)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self.refresh)
        self._connections = Connections(self)
        self._connections.add(activity.changed, self.refresh)
        self.refresh()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return str(self._text.text())

    def hint(self, text: str) -> None:
        """Show `text` below the last outcome whenever nothing is under way."""
        self._hint = text
        self.refresh()

    def refresh(self) -> None:
        """Show the activity as it is now."""
        activity = self._activity
        busy = activity.busy
        lines = [self._line(), *activity.notices, "" if busy else self._hint]
        text = "\n".join(line for line in lines if line)
        self._text.setText(text)
        self._text.setToolTip(text)
        self._text.setVisible(bool(text))
        self._bar.setVisible(busy)
        self._bar.setValue(round(_STEPS * activity.fraction))
        self._details.setVisible(not busy and bool(activity.details))
        if busy != self._clock.isActive():
            self._clock.start() if busy else self._clock.stop()

    def _line(self) -> str:
        activity = self._activity
        if activity.run is not None and activity.run.unresponsive:
            return f"{activity.message} · no sign of life, Cancel ends it"
        left = activity.seconds_left
        if left is None:
            return activity.message
        return f"{activity.message} · {duration(left)} left"

    def _copy_details(self) -> None:
        clipboard = QApplication.clipboard()
        clipboard.setText(f"{self._activity.message}\n\n{self._activity.details}")


def duration(seconds: float) -> str:
    """Return a duration as people say it: "8 s", "3 min", "2 h 5 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
