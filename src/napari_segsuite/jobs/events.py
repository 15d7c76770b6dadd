"""What a running job tells: progress, epochs, previews, notices."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan
from napari_segsuite.plan.unet import UNetPlan


class Progress(Model):
    """How far the job is."""

    type: Literal["progress"] = "progress"
    fraction: float = Field(ge=0.0, le=1.0)
    """Part that is done, 0 to 1."""
    message: str = ""
    """What is being done, in a few words."""
    seconds_left: float | None = None
    """Estimate of the time left."""


class PlanReady(Model):
    """The plan that training follows."""

    type: Literal["plan"] = "plan"
    plan: UNetPlan | MaskRCNNPlan


class EpochEnd(Model):
    """The end of a training epoch."""

    type: Literal["epoch"] = "epoch"
    epoch: int
    """Counted from 1."""
    step: int
    """Training steps so far."""
    seconds: float
    """Seconds since training began."""
    loss: float
    """Mean training loss of the epoch."""
    dice: float
    """Mean Dice on held-out painted pixels; NaN without any."""
    f1: float = math.nan
    """F1 of held-out objects, matched at an IoU of 0.5; NaN without any, and where
    classes are learned."""
    best: bool
    """Whether this is the best so far."""


class Preview(Model):
    """A prediction of one frame, while training."""

    type: Literal["preview"] = "preview"
    labels: ArrayRef
    """A ``.npy`` file in the scratch folder: class ids, spatial axes only; of a large
    frame a part."""
    start: tuple[int, ...]
    """Index of the first pixel of `labels` along the spatial axes of the frame."""
    example: int
    """Index of the training image."""
    frame: tuple[int, ...]
    """Index along the leading axes (T, Z) that the network does not see."""
    source: Literal["instant", "network"]
    """The instant pixel classifier, or the network in training."""


class FollowedPlane(Model):
    """One object on one plane, while objects are followed through a stack."""

    type: Literal["followed"] = "followed"
    object: int
    """The object's id."""
    place: int
    """Which of the job's planes."""
    mask: MaskRuns
    """The mask; without pixels where the object has ended."""
    score: float
    """The IoU, 0 to 1, that the model expects."""


class Notice(Model):
    """Something the user should know, though the job goes on."""

    type: Literal["notice"] = "notice"
    message: str


Event = Annotated[
    Progress | PlanReady | EpochEnd | Preview | FollowedPlane | Notice,
    Field(discriminator="type"),
]
