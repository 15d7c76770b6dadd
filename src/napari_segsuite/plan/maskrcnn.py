"""What a Mask R-CNN looks like, and how images are prepared for it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.plan.unet import Normalisation

Backbone = Literal["small", "resnet18", "resnet50", "resnet50_v2"]


class MaskRCNNChoices(Model):
    """What people may fix of the plan; what they leave is chosen for them."""

    backbone: Backbone | Literal["auto"] = "auto"
    """The network below the detector: small is the fastest on processors; ResNet-50
    with feature pyramids (v2) is the best where there is a GPU."""
    object_size: float = Field(default=0.0, ge=0.0, le=100_000.0)
    """Typical width of an object in pixels; 0 measures it from the labels."""


class MaskRCNNPlan(Model):
    """A Mask R-CNN, and how images are prepared for it."""

    backbone: Backbone
    """The network below the detector."""
    channels: int = Field(ge=1)
    """Channels of the image."""
    normalisation: Normalisation
    """How intensities are scaled."""
    scale: float = Field(gt=0.0)
    """Factor by which images are enlarged before they are seen."""
    object_size: float = Field(gt=0.0)
    """Median width of the objects in pixels of the training images."""
    anchor_sizes: tuple[float, ...] = Field(min_length=1)
    """Widths of the anchors, one per level of the pyramid, in pixels the network
    sees."""
    patch_size: tuple[int, int]
    """Rows and columns of a training patch, in pixels the network sees."""
    batch_size: int = Field(ge=1)
    """Patches of a training step."""
    detections_per_patch: int = Field(ge=1)
    """The most objects that are sought in a patch or tile."""
    steps_per_epoch: int = Field(default=20, ge=1)
    """Training steps between two validations."""
