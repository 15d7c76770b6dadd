"""Predict labels with a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.base import Job, Result
from napari_segsuite.jobs.training import Box, Device

Region = Box


class PredictOptions(Model):
    """How to predict; the defaults suit most images."""

    readout: Literal["semantic"] = "semantic"
    """What the labels mean: semantic writes the class of each pixel."""
    tile_size: int = Field(default=0, ge=0, le=8192, multiple_of=16)
    """Edge of the tiles in pixels; 0 chooses by memory."""
    device: Device = "auto"
    """Where to compute; auto takes a GPU if there is one."""


class PredictResult(Result):
    """Predicted labels."""

    labels: ArrayRef
    """Ids of the class table; the image's axes without channels, cut to the region."""
    probabilities: ArrayRef | None = None
    """float16, axes C + those of the labels; one channel per class of the table."""
    classes: ClassTable
    """The classes."""
    seconds: float
    """Time it took."""


class Predict(Job[PredictResult]):
    """Predict the labels of an image, tile by tile."""

    kind: ClassVar[str] = "predict"
    handler: ClassVar[str] = "napari_segsuite.engine.predict_unet:predict"
    result_type: ClassVar[type[Result]] = PredictResult
    written: ClassVar[tuple[str, ...]] = ("out", "probabilities")

    model: Path
    """The model folder."""
    image: ArrayRef
    """The image."""
    out: Path
    """The labels file to make, .npy or .tif; it must not exist."""
    probabilities: Path | None = None
    """Where to write probabilities (.npy), if wanted; it must not exist."""
    region: Region | None = None
    """(start, stop) per axis of the labels; None: everything."""
    options: PredictOptions = PredictOptions()
    """How to predict."""
