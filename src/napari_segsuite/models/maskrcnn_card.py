"""The card of a Mask R-CNN: one that finds and outlines objects."""

from __future__ import annotations

from typing import Literal

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.models.card import TrainedCard
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan


class MaskRCNNCard(TrainedCard):
    """What a Mask R-CNN is, can do, and where it comes from."""

    kind: Literal["maskrcnn"] = "maskrcnn"
    """The family of the model."""
    plan: MaskRCNNPlan
    """The network and how its input is prepared."""
    classes: ClassTable
    """The classes of its objects, in the order of the network's classes from 1 on."""
    axes: str
    """Axes of the images it was trained on."""
    spacing: Spacing | None = None
    """Micrometre per pixel of the images it was trained on."""
