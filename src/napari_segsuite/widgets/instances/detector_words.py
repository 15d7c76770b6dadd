"""A Mask R-CNN in a line."""

from __future__ import annotations

from typing import Final

from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.plan.maskrcnn import Backbone

_BACKBONES: Final[dict[Backbone, str]] = {
    "small": "small backbone",
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
    "resnet50_v2": "ResNet-50 v2",
}


def model_in_words(card: MaskRCNNCard) -> str:
    """Return what a model is and finds, in a line."""
    plan = card.plan
    channels = "1 channel" if plan.channels == 1 else f"{plan.channels} channels"
    names = ", ".join(info.name for info in card.classes)
    return (
        f"{_BACKBONES[plan.backbone]} · {channels} · {names}, some "
        f"{plan.object_size:.0f} pixels wide"
    )
