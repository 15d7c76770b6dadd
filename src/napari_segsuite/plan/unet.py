"""The plan of a U-Net: everything that is chosen before training starts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.data.axes import Spacing

Normalisation = Literal["percentile", "zscore", "hounsfield", "range"]


class PlanChoices(Model):
    """What the user fixes of the plan; zero and "auto" leave it to the plan."""

    dimensions: Literal["auto", "2d", "3d"] = "auto"
    """Whether the network sees single slices (2d) or volumes (3d)."""
    patch_size: int = Field(default=0, ge=0, le=2048, multiple_of=8)
    """Edge of the training patches in pixels; 0 chooses."""
    levels: int = Field(default=0, ge=0, le=6)
    """Resolutions of the U-Net, 3 or more; 0 chooses."""
    features: int = Field(default=0, ge=0, le=128)
    """Feature channels at full resolution; 0 chooses."""
    batch_size: int = Field(default=0, ge=0, le=64)
    """Patches per training step; 0 chooses."""
    normalisation: Literal["auto", "percentile", "zscore", "hounsfield", "range"] = (
        "auto"
    )
    """How intensities are brought to a common scale."""
    spacing: float = Field(default=0.0, ge=0.0, le=1e6)
    """Micrometre per pixel in y and x for the network; 0 keeps the image's."""


class UNetPlan(Model):
    """A complete plan: with it and the weights, the network is known."""

    ndim: Literal[2, 3]
    """Spatial dimensions that the network sees."""
    channels: int = Field(ge=1, le=1024)
    """Channels of the image."""
    patch_size: tuple[int, ...]
    """Training patch in pixels, per spatial axis."""
    strides: tuple[tuple[int, ...], ...]
    """Downsampling of each level, per spatial axis; the first is all ones."""
    features: tuple[int, ...]
    """Feature channels of each level."""
    batch_size: int = Field(ge=1)
    """Patches per step."""
    normalisation: Normalisation
    """How intensities are brought to a common scale."""
    spacing: Spacing | None = None
    """Micrometre per pixel at which the network works; None: pixels as they come."""
    steps_per_epoch: int = Field(default=20, ge=1)
    """Training steps between two validations."""
