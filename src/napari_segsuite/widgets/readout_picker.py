"""Choose what is read from a network that learned objects."""

from __future__ import annotations

from typing import Final

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QWidget

from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.widgets.shelf import Entry

_CHOICES: Final = (
    ("objects", "instances", "One id per object, with a table of all of them."),
    ("classes", "semantic", "The class of each pixel: background or object."),
)


class ReadoutPicker(QComboBox):
    """Objects or classes; a model that learned classes leaves no choice."""

    changed = Signal()
    """The user chose another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for row, (text, readout, tip) in enumerate(_CHOICES):
            self.addItem(text, readout)
            self.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.setToolTip("What to read from the network, which learned objects.")
        self.setMinimumContentsLength(4)
        self.has_choice = False
        """Whether the model can do both."""
        self.currentIndexChanged.connect(self._tell)

    @property
    def objects(self) -> bool:
        """Whether objects will be found."""
        return self.has_choice and self.currentData() == "instances"

    def offer_for(self, entry: Entry | None) -> None:
        """Offer what a model can do."""
        self.has_choice = entry is not None and entry.card.objects is not None

    def applied(self, options: PredictOptions) -> PredictOptions:
        """Return options with the choice, if there is one."""
        if not self.has_choice:
            return options
        return options.replace(readout=self.currentData())

    def _tell(self, _index: int) -> None:
        self.changed.emit()
