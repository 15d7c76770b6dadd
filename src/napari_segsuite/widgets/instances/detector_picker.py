"""Pick a Mask R-CNN: one that was trained or imported before, or any model folder."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QWidget

from napari_segsuite.errors import InputError
from napari_segsuite.models.kinds import AnyCard, as_maskrcnn
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.widgets.model_picker import CardPicker, check_channels
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.shelf import CardShelf, ShelfEntry

Detector = ShelfEntry[MaskRCNNCard]
"""A Mask R-CNN that can be chosen."""


class DetectorShelf(CardShelf[MaskRCNNCard]):
    """The Mask R-CNNs."""

    @staticmethod
    def own(card: AnyCard, folder: Path) -> MaskRCNNCard:
        """Return the card of a Mask R-CNN."""
        return as_maskrcnn(card, folder)


class DetectorPicker(CardPicker[MaskRCNNCard]):
    """A list of Mask R-CNNs; see `CardPicker`."""

    def __init__(
        self,
        session: Session,
        *,
        none: str = "",
        follows_training: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            session,
            session.shared(DetectorShelf),
            none=none,
            follows_training=follows_training,
            parent=parent,
        )

    def check(self, channels: int, axes: str) -> None:
        """Check that the chosen model fits an image; no model fits any.

        Raises
        ------
        InputError
            If the number of channels differs, or a folder that was opened holds no
            Mask R-CNN.
        """
        if self.problem:
            raise InputError(self.problem)
        if self.entry is not None:
            plan = self.entry.card.plan
            check_channels(self.entry.folder.name, plan.channels, channels, axes)
