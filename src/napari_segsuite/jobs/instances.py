"""Train a Mask R-CNN on objects, and find objects with one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from napari_segsuite._model import Model
from napari_segsuite.data.classes import ClassInfo, ClassTable
from napari_segsuite.data.detections import PasteOptions
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.base import Job, Result
from napari_segsuite.jobs.training import Box, Device
from napari_segsuite.plan.maskrcnn import MaskRCNNChoices, MaskRCNNPlan


class DetectorOptions(Model):
    """How to train; the defaults suit most images."""

    max_seconds: float = Field(default=600.0, gt=0.0, le=7 * 86400.0)
    """Longest training time in seconds."""
    max_epochs: int = Field(default=0, ge=0, le=1_000_000)
    """Longest training in epochs of some 20 steps; 0 leaves it to the time."""
    learning_rate: float = Field(default=0.001, gt=0.0, le=1.0)
    """Highest learning rate of the schedule."""
    augment: bool = True
    """Whether patches are flipped, turned, and varied in brightness and noise."""
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Seed of all randomness."""
    device: Device = "auto"
    """Where to compute; auto takes a GPU if there is one."""


class TrainMaskRCNNResult(Result):
    """A trained Mask R-CNN."""

    model: Path
    """The model folder."""
    plan: MaskRCNNPlan
    """The plan it followed."""
    classes: ClassTable
    """The classes it knows."""
    epochs: int
    """Epochs trained."""
    steps: int
    """Steps trained."""
    seconds: float
    """Training time."""
    f1: float
    """Best F1 of objects matched at IoU 0.5 on held-out images; NaN without any."""
    stopped: bool = False
    """Whether it was asked to stop early."""


class TrainMaskRCNN(Job[TrainMaskRCNNResult]):
    """Train a Mask R-CNN on drawn objects, from scratch or from another model."""

    kind: ClassVar[str] = "train-maskrcnn"
    handler: ClassVar[str] = "napari_segsuite.engine.maskrcnn.training:train"
    result_type: ClassVar[type[Result]] = TrainMaskRCNNResult
    stoppable: ClassVar[bool] = True
    written: ClassVar[tuple[str, ...]] = ("out",)

    images: Annotated[tuple[ArrayRef, ...], Field(min_length=1)]
    """The images."""
    labels: Annotated[tuple[ArrayRef, ...], Field(min_length=1)]
    """Their labels: every id an object, 0 background."""
    out: Path
    """The model folder to make; it must not exist."""
    resume: bool = False
    """Whether the unfinished training in the folder goes on; it must exist then, and
    all else must be as when it began."""
    name: str = ""
    """The model's name; empty takes the folder's."""
    start_from: Path | None = None
    """A model folder to fine-tune."""
    annotated: tuple[tuple[Box, ...], ...] = ()
    """Per image, the boxes in which every object is drawn; an image without boxes is
    annotated on all its slices that hold an object."""
    classes: tuple[ClassInfo, ...] = ()
    """The classes of objects; empty: there is one, "object"."""
    object_classes: tuple[dict[int, int], ...] = ()
    """Per image, the class of each object; objects that are missing are of the first
    class."""
    plan: MaskRCNNChoices = MaskRCNNChoices()
    """What is fixed of the plan."""
    training: DetectorOptions = DetectorOptions()
    """How to train."""

    @model_validator(mode="after")
    def _paired(self) -> TrainMaskRCNN:
        for name in ("labels", "annotated", "object_classes"):
            count = len(getattr(self, name))
            if count != len(self.images) and (count or name == "labels"):
                msg = (
                    f"{name} are listed per image: got {count} for "
                    f"{len(self.images)} images"
                )
                raise ValueError(msg)
        return self


class DetectOptions(Model):
    """How to find objects; the defaults suit most images."""

    paste: PasteOptions = PasteOptions()
    """Which detections become objects."""
    link: bool = True
    """Whether objects of neighbouring slices are joined into 3D objects, or followed
    through time, by their overlap."""
    tile_size: int = Field(default=0, ge=0, le=8192)
    """Edge of the tiles in pixels; 0 chooses by memory."""
    device: Device = "auto"
    """Where to compute; auto takes a GPU if there is one."""


class DetectResult(Result):
    """Objects that were found."""

    labels: ArrayRef
    """One id per object, int32; the image's axes without channels, cut to the
    region."""
    table: Path
    """A CSV file beside the labels: id, class, score, area and box of each object."""
    detections: Path
    """All that was detected, whatever its score: `data.detections.read_detections`."""
    classes: ClassTable
    """The classes."""
    objects: int
    """Number of objects in the labels."""
    seconds: float
    """Time it took."""


class DetectInstances(Job[DetectResult]):
    """Find and outline the objects of an image, tile by tile."""

    kind: ClassVar[str] = "detect-instances"
    handler: ClassVar[str] = "napari_segsuite.engine.maskrcnn.detection:detect"
    result_type: ClassVar[type[Result]] = DetectResult
    written: ClassVar[tuple[str, ...]] = ("out", "detections")

    model: Path
    """The model folder."""
    image: ArrayRef
    """The image."""
    out: Path
    """The labels file to make, .npy or .tif; it must not exist, nor the table beside
    it."""
    detections: Path
    """The file of detections to make (.npz); it must not exist."""
    region: Box | None = None
    """(start, stop) per axis of the labels; None: everything."""
    options: DetectOptions = DetectOptions()
    """How to find objects."""
