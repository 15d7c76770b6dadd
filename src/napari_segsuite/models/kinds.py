"""Which kinds of models there are, and one where the other is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.card import Card, ModelCard, TrainedCard
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.models.prompt_card import PromptCard

AnyCard = ModelCard | PromptCard | MaskRCNNCard
"""The card of any model."""

_CARDS: dict[str, type[AnyCard]] = {
    "unet": ModelCard,
    "click": PromptCard,
    "sam": PromptCard,
    "maskrcnn": MaskRCNNCard,
}


def parse_card(values: Any, folder: Path) -> AnyCard:
    """Return the card that JSON values are; one without kind is that of a U-Net.

    Raises
    ------
    ModelFolderError
        If the kind is unknown.
    pydantic.ValidationError
        If the values are no card of the kind.
    """
    kind = values.get("kind", "unet") if isinstance(values, dict) else "unet"
    known = _CARDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        msg = (
            f"The model in {folder} is of the kind {kind!r}, but this version of "
            f"napari-segsuite knows {', '.join(_CARDS)}. Update napari-segsuite."
        )
        raise ModelFolderError(msg)
    return known.model_validate(values)


def as_unet(card: Card, folder: Path) -> ModelCard:
    """Return the card if it is that of a U-Net.

    Raises
    ------
    ModelFolderError
        If it is that of another kind of model.
    """
    if isinstance(card, ModelCard):
        return card
    raise ModelFolderError(_misplaced(card, folder, "a U-Net"))


def as_promptable(card: Card, folder: Path) -> PromptCard:
    """Return the card if it is that of a promptable model.

    Raises
    ------
    ModelFolderError
        If it is that of another kind of model.
    """
    if isinstance(card, PromptCard):
        return card
    raise ModelFolderError(_misplaced(card, folder, "a promptable model"))


def as_maskrcnn(card: Card, folder: Path) -> MaskRCNNCard:
    """Return the card if it is that of a Mask R-CNN.

    Raises
    ------
    ModelFolderError
        If it is that of another kind of model.
    """
    if isinstance(card, MaskRCNNCard):
        return card
    raise ModelFolderError(_misplaced(card, folder, "a Mask R-CNN"))


def as_trained(card: Card, folder: Path) -> TrainedCard:
    """Return the card if it is that of a model that can be trained here.

    Raises
    ------
    ModelFolderError
        If it is that of another kind of model.
    """
    if isinstance(card, TrainedCard):
        return card
    raise ModelFolderError(_misplaced(card, folder, "a model that can be trained"))


def _misplaced(card: Card, folder: Path, wanted: str) -> str:
    if isinstance(card, ModelCard):
        use = "a U-Net; choose it in the Predict dock or with `segsuite predict`"
    elif isinstance(card, PromptCard):
        use = (
            "a promptable model, which segments what is clicked; choose it in the "
            "Prompt dock or with `segsuite prompt`"
        )
    else:
        use = (
            "a Mask R-CNN, which finds objects; choose it in the Instances dock or "
            "with `segsuite predict`"
        )
    return f"{folder.name} is {use}, and {wanted} here."
