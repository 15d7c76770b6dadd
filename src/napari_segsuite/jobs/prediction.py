"""Predict labels with a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from napari_segsuite._model import Model
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.base import Job, Result
from napari_segsuite.jobs.training import Box, Device

Region = Box


class PredictOptions(Model):
    """How to predict; the defaults suit most images."""

    readout: Literal["auto", "semantic", "instances", "panoptic"] = "auto"
    """What the labels mean: semantic writes the class of each pixel, instances one id
    per object; auto writes instances if the model learned objects. Panoptic merges the
    classes of one model and the objects of another."""
    object_threshold: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Instances: the least probability of a pixel that belongs to an object; 0 takes
    the model's own."""
    min_score: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Instances: the least score of an object, to leave out what the model is not sure
    of; 0 takes the model's own. Of a U-Net that is none if object_threshold is set, of
    a Mask R-CNN 0.5."""
    min_area: int = Field(default=0, ge=0)
    """Instances: the least pixels of an object; 0 takes the model's own."""
    tile_size: int = Field(default=0, ge=0, le=8192, multiple_of=16)
    """Edge of the tiles in pixels; 0 chooses by memory."""
    device: Device = "auto"
    """Where to compute; auto takes a GPU if there is one."""


class PredictResult(Result):
    """Predicted labels."""

    labels: ArrayRef
    """Ids of the class table, or of objects (int32) if there is a table of them; the
    image's axes without channels, cut to the region."""
    table: Path | None = None
    """A CSV file beside the labels (`data.segments.read_segments`) with class, area,
    box and score of each object; the score is the mean probability that its pixels
    belong to an object. None if ids are classes."""
    probabilities: ArrayRef | None = None
    """float16, axes C + those of the labels; one channel per class of the table."""
    classes: ClassTable
    """The classes of pixels, or of objects."""
    seconds: float
    """Time it took."""


class Predict(Job[PredictResult]):
    """Predict the labels of an image, tile by tile.

    With instances, objects that the border of the region cuts are predicted as if the
    image ended there.
    """

    kind: ClassVar[str] = "predict"
    handler: ClassVar[str] = "napari_segsuite.engine.predict_unet:predict"
    result_type: ClassVar[type[Result]] = PredictResult
    written: ClassVar[tuple[str, ...]] = ("out", "probabilities")

    model: Path
    """The model folder."""
    image: ArrayRef
    """The image."""
    out: Path
    """The labels file to make, .npy or .tif; it must not exist, nor, with instances,
    the table of the same name that ends in .csv."""
    probabilities: Path | None = None
    """Where to write probabilities (.npy), if wanted; it must not exist."""
    region: Region | None = None
    """(start, stop) per axis of the labels; None: everything."""
    options: PredictOptions = PredictOptions()
    """How to predict."""

    @model_validator(mode="after")
    def _one_model(self) -> Predict:
        if self.options.readout == "panoptic":
            msg = (
                "panoptic labels need two models, one of classes and one of objects: "
                "run a job of the kind predict-panoptic"
            )
            raise ValueError(msg)
        return self
