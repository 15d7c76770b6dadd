"""Train a U-Net on painted labels."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from napari_segsuite._model import Model
from napari_segsuite.data.classes import ClassInfo, ClassTable
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.base import Job, Result
from napari_segsuite.plan.unet import PlanChoices, UNetPlan

Device = Literal["auto", "cpu", "cuda", "mps"]

Box = tuple[tuple[int, int], ...]
"""(start, stop) in pixels per axis of the labels."""


class TrainingOptions(Model):
    """How to train; the defaults suit most images."""

    max_seconds: float = Field(default=54.0, gt=0.0, le=7 * 86400.0)
    """Longest training time in seconds."""
    max_epochs: int = Field(default=0, ge=0, le=1_000_000)
    """Longest training in epochs of some 20 steps; 0 leaves it to the time."""
    loss: Literal["dice_ce", "ce", "dice", "tversky", "focal"] = "dice_ce"
    """The loss, counted over painted pixels."""
    learning_rate: float = Field(default=0.0, ge=0.0, le=1.0)
    """Highest learning rate of the schedule; 0 takes 0.01, and 0.003 when a model is
    trained further, which more would forget."""
    augment: bool = True
    """Whether patches are flipped, turned, and varied in brightness and noise."""
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Seed of all randomness."""
    device: Device = "auto"
    """Where to compute; auto takes a GPU if there is one."""


class TrainResult(Result):
    """A trained model."""

    model: Path
    """The model folder."""
    plan: UNetPlan
    """The plan it followed."""
    classes: ClassTable
    """The classes it knows."""
    epochs: int
    """Epochs trained."""
    steps: int
    """Steps trained."""
    seconds: float
    """Training time."""
    dice: float
    """Best mean Dice on held-out painted pixels; NaN without any."""
    f1: float = math.nan
    """F1 of held-out objects, matched at an IoU of 0.5; NaN without any, and where
    classes are learned."""
    stopped: bool = False
    """Whether it was asked to stop early."""


class TrainUNet(Job[TrainResult]):
    """Train a U-Net on painted labels, from scratch or from another model."""

    kind: ClassVar[str] = "train-unet"
    handler: ClassVar[str] = "napari_segsuite.engine.train_unet:train"
    result_type: ClassVar[type[Result]] = TrainResult
    stoppable: ClassVar[bool] = True
    written: ClassVar[tuple[str, ...]] = ("out",)

    images: Annotated[tuple[ArrayRef, ...], Field(min_length=1)]
    """The images."""
    labels: Annotated[tuple[ArrayRef, ...], Field(min_length=1)]
    """Their labels: 0 unpainted and ignored, every other id a class; or, to learn
    objects, every id an object and 0 background."""
    learn: Literal["classes", "objects"] = "classes"
    """What ids of the labels are: classes of pixels, or objects to be told apart."""
    annotated: tuple[tuple[Box, ...], ...] = ()
    """To learn objects: per image, the boxes in which every object is drawn; an image
    without boxes is annotated on all its slices that hold an object."""
    out: Path
    """The model folder to make; it must not exist."""
    resume: bool = False
    """Whether the unfinished training in the folder goes on; it must exist then, and
    all else must be as when it began."""
    name: str = ""
    """The model's name; empty takes the folder's."""
    start_from: Path | None = None
    """A model folder to fine-tune."""
    classes: tuple[ClassInfo, ...] = ()
    """Names and colours of classes; ids that are missing get default ones."""
    unpainted_is_background: bool = False
    """Whether unpainted pixels are a class too: "background", with a free id."""
    plan: PlanChoices = PlanChoices()
    """What is fixed of the plan."""
    training: TrainingOptions = TrainingOptions()
    """How to train."""

    @model_validator(mode="after")
    def _paired(self) -> TrainUNet:
        if len(self.images) != len(self.labels):
            msg = (
                f"each image needs its labels: got {len(self.images)} images "
                f"and {len(self.labels)} labels"
            )
            raise ValueError(msg)
        if self.annotated and len(self.annotated) != len(self.images):
            msg = (
                f"annotated boxes are listed per image: got {len(self.annotated)} "
                f"lists for {len(self.images)} images"
            )
            raise ValueError(msg)
        if self.annotated and self.learn == "classes":
            msg = "annotated boxes are for learning objects; classes learn from paint"
            raise ValueError(msg)
        return self
