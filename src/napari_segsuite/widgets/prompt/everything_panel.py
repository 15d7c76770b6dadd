"""The part of the Prompt dock that segments everything and filters the result."""

from __future__ import annotations

from typing import Any, Final

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QSpinBox, QVBoxLayout, QWidget
from superqt import QLabeledDoubleSlider

from napari_segsuite.errors import SegsuiteError
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, button, form, row
from napari_segsuite.widgets.prompt.everything import Filter, FindingEverything
from napari_segsuite.widgets.prompt.reasons import enable
from napari_segsuite.widgets.prompt.timers import single_shot
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.status_view import StatusView

_SETTLES_MS: Final = 60
_LARGEST: Final = 2**31 - 1


class EverythingPanel(QWidget):
    """Where to look, and which of the objects found are kept."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.finding = session.shared(FindingEverything)
        self.where = QComboBox()
        self.where.setMinimumContentsLength(4)
        self.where.addItem("slice in view", False)
        self.where.addItem("visible region", True)
        self.find = button(
            "Find all", "Segment everything there, as a new layer.", self._find
        )
        self.cancel = button("Cancel", "Give up.", self.finding.cancel)
        which = self.finding.filter
        self.score = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
        self.score.setRange(0.5, 1.0)
        self.score.setValue(which.score)
        self.score.setDecimals(2)
        self.score.setMinimumWidth(60)
        self.smallest = _box(which.smallest)
        self.largest = _box(which.largest, none="any")
        fields = form()
        add_field(fields, "Where", "Where to look for objects.", self.where)
        filters = form()
        add_field(
            filters,
            "Score",
            "Keep objects whose mask the model trusts at least so much (IoU); move it "
            "after the run, nothing runs again.",
            self.score,
        )
        add_field(
            filters,
            "Smallest",
            "Keep objects of at least so many pixels.",
            self.smallest,
        )
        add_field(
            filters, "Largest", "Keep objects of at most so many pixels.", self.largest
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(fields)
        layout.addLayout(row(self.find, self.cancel))
        layout.addLayout(filters)
        layout.addWidget(StatusView(self.finding))
        self._soon = single_shot(self, self._sift, _SETTLES_MS)
        for widget in (self.score, self.smallest, self.largest):
            widget.valueChanged.connect(self._on_filter)
        self._connections = Connections(self)
        self._connections.add(self.finding.changed, self.refresh)
        self._connections.add(self.finding.prompting.changed, self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what can be done now."""
        busy = self.finding.busy
        reason = "it is running." if busy else ""
        if not busy:
            try:
                self.finding.prompting.index_shown()
            except SegsuiteError as error:
                reason = str(error)
        enable(self.find, not reason, reason)
        enable(self.cancel, busy, "nothing runs.")

    def _find(self) -> None:
        self._sift()
        try:
            self.finding.find(visible=self.where.currentData())
        except SegsuiteError as error:
            self.finding.prompting.told.emit(str(error))

    def _on_filter(self, _value: Any) -> None:
        self._soon.start()

    def _sift(self) -> None:
        self._soon.stop()
        self.finding.sift(
            Filter(
                float(self.score.value()),
                self.smallest.value(),
                self.largest.value(),
            )
        )


def _box(value: int, none: str = "") -> QSpinBox:
    made = QSpinBox()
    made.setRange(0 if none else 1, _LARGEST)
    made.setValue(value)
    made.setSpecialValueText(none)
    made.setMinimumWidth(60)
    return made
