"""Whether and of which class the overlay is drawn, and what its colours mean."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QComboBox, QLabel, QVBoxLayout, QWidget

from napari_segsuite.widgets.measure.judged import VERDICTS


class OverlayChoice(QWidget):
    """A box to tick, a list of classes, and the legend while it is ticked.

    Parameters
    ----------
    parent : QWidget, optional
        The Qt parent.
    """

    changed = Signal()
    """The user wants the overlay, does not, or of another class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ids: tuple[int | None, ...] = (None,)
        self.box = QCheckBox("Right and wrong")
        self.box.setToolTip(
            "A layer on top of all: right, too much and missed pixels of the slice in "
            "view, in colours that people with any colour vision tell apart."
        )
        self.classes = QComboBox()
        self.classes.setToolTip("The class that is drawn; or all, without background.")
        self.classes.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.classes.setMinimumContentsLength(4)
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self.box, self.classes, self.legend):
            layout.addWidget(widget)
        self.box.toggled.connect(self._changed)
        self.classes.currentIndexChanged.connect(self._changed)
        self.offer({})

    @property
    def wanted(self) -> bool:
        """Whether the overlay is wanted."""
        return bool(self.box.isChecked())

    @property
    def target(self) -> int | None:
        """The class that is wanted; None for all but the background."""
        return self._ids[max(0, int(self.classes.currentIndex()))]

    def offer(self, classes: Mapping[int, str]) -> None:
        """Offer these classes by id and name, and all of them together.

        The choice stays where it can. Nobody is told: who offers knows.
        """
        last = self.target
        self.classes.blockSignals(True)
        self._ids = (None, *classes)
        self.classes.clear()
        self.classes.addItems(["all but the background", *classes.values()])
        self.classes.setCurrentIndex(self._ids.index(last) if last in self._ids else 0)
        self.classes.blockSignals(False)
        self._arrange()

    def _changed(self, _state: object = None) -> None:
        self._arrange()
        self.changed.emit()

    def _arrange(self) -> None:
        self.classes.setVisible(self.wanted and len(self._ids) > 1)
        self.legend.setVisible(self.wanted)
        shown = VERDICTS if self.target is None and len(self._ids) > 1 else VERDICTS[:3]
        # A square and its word never part at the end of a line.
        self.legend.setText(
            " ".join(
                f'<span style="white-space: nowrap"><span style="color: {info.color}">'
                f"■</span>&nbsp;{escape(info.name).replace(' ', '&nbsp;')}</span>"
                for info in shown
            )
        )
