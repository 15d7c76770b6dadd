"""The choice to resume a training that was killed or cancelled."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QCheckBox, QWidget

from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.model_picker import CardPicker


class ResumeBox(QCheckBox):
    """A box to tick; there only if the chosen model's training is unfinished.

    Parameters
    ----------
    picker : CardPicker
        Where the model is chosen.
    parent : QWidget
        The dock: without one, it would be a window of its own when shown.
    """

    def __init__(self, picker: CardPicker[Any], parent: QWidget) -> None:
        super().__init__("resume its unfinished training", parent)
        self.setToolTip(
            "Go on where the training of this model was interrupted, with the same "
            "layers and options. Otherwise a new model starts from it."
        )
        self._picker = picker
        self._connections = Connections(self)
        self._connections.add(picker.changed, self._offer)
        self._offer()

    @property
    def resumes(self) -> bool:
        """Whether the chosen model's training shall be resumed."""
        return self._is_offered and self.isChecked()

    @property
    def _is_offered(self) -> bool:
        entry = self._picker.entry
        return entry is not None and entry.card.unfinished is not None

    def _offer(self) -> None:
        offered = self._is_offered
        if not offered:
            self.setChecked(False)
        self.setVisible(offered)
