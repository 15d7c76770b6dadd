"""Pick the two models of a panoptic prediction: one of classes, one of objects."""

from __future__ import annotations

from pathlib import Path

from napari_segsuite.errors import InputError, ModelFolderError
from napari_segsuite.models.card import ModelCard
from napari_segsuite.models.kinds import AnyCard, as_unet
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.widgets.model_picker import CardPicker, check_channels
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.shelf import CardShelf

ObjectCard = ModelCard | MaskRCNNCard
"""The card of a model that finds objects."""


class ClassShelf(CardShelf[ModelCard]):
    """The U-Nets that learned classes."""

    @staticmethod
    def own(card: AnyCard, folder: Path) -> ModelCard:
        """Return the card of a U-Net that learned classes."""
        found = as_unet(card, folder)
        if found.objects is not None:
            msg = (
                f"{folder.name} learned objects; choose it under Objects, and here a "
                "model that learned classes."
            )
            raise ModelFolderError(msg)
        return found


class ObjectShelf(CardShelf[ObjectCard]):
    """The models that find objects: U-Nets that learned them, and Mask R-CNNs."""

    @staticmethod
    def own(card: AnyCard, folder: Path) -> ObjectCard:
        """Return the card of a model that finds objects."""
        if isinstance(card, MaskRCNNCard):
            return card
        found = as_unet(card, folder)
        if found.objects is None:
            msg = (
                f"{folder.name} learned classes; choose it under Classes, and here a "
                "model that finds objects."
            )
            raise ModelFolderError(msg)
        return found


class ClassModelPicker(CardPicker[ModelCard]):
    """A list of models that learned classes; see `CardPicker`."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, session.shared(ClassShelf), follows_training=True)

    def check(self, channels: int, axes: str) -> None:
        """Check that the chosen model fits an image, as `check_fit`."""
        check_fit(self, channels, axes)


class ObjectModelPicker(CardPicker[ObjectCard]):
    """A list of models that find objects; see `CardPicker`."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, session.shared(ObjectShelf), follows_training=True)

    def check(self, channels: int, axes: str) -> None:
        """Check that the chosen model fits an image, as `check_fit`."""
        check_fit(self, channels, axes)


def check_fit(
    picker: CardPicker[ModelCard] | CardPicker[ObjectCard], channels: int, axes: str
) -> None:
    """Check that the chosen model fits an image; no model fits any.

    Raises
    ------
    InputError
        If the number of channels or dimensions differs, or a folder that was opened
        holds no such model.
    """
    if picker.problem:
        raise InputError(picker.problem)
    if picker.entry is None:
        return
    card, name = picker.entry.card, picker.entry.folder.name
    check_channels(name, card.plan.channels, channels, axes)
    if isinstance(card, ModelCard) and card.plan.ndim == 3 and "Z" not in axes:
        msg = (
            f"The model {name!r} works on 3D stacks, but the image's axes are {axes}. "
            "Choose a stack, or say under Advanced which axis is Z."
        )
        raise InputError(msg)
