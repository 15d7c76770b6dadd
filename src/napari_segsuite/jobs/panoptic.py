"""Classes and objects of one image, as panoptic labels."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.panoptic import MergeOptions
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.base import Job, Result
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.jobs.training import Box


class PanopticResult(Result):
    """Panoptic labels."""

    labels: ArrayRef
    """The segment of each pixel, int32; 0 is void."""
    table: Path
    """A CSV file beside the labels: id, class, thing, area and score of each
    segment."""
    classes: ClassTable
    """The classes."""
    segments: int
    """Number of segments."""
    dropped: int
    """Objects that were left out: low score, too much covered, or no pixel."""
    void: int
    """Pixels without segment."""
    seconds: float
    """Time it took."""


class MergePanoptic(Job[PanopticResult]):
    """Merge a class per pixel and an id per object into segments."""

    kind: ClassVar[str] = "merge-panoptic"
    handler: ClassVar[str] = "napari_segsuite.jobs.merging:merge_labels"
    result_type: ClassVar[type[Result]] = PanopticResult
    written: ClassVar[tuple[str, ...]] = ("out",)

    semantic: ArrayRef
    """Labels whose ids are classes."""
    instances: ArrayRef
    """Labels of the same shape whose ids are objects."""
    table: Path | None = None
    """A CSV file with class and score of the objects; None: nothing is known."""
    classes: ClassTable
    """All classes, things and stuff."""
    object_classes: ClassTable = ()
    """The classes that the table of objects names; objects that it does not know are
    of the first of them, or else of a class "object"."""
    object_class: int | None = None
    """The class of all objects; None: as the table says, found by its name."""
    out: Path
    """The labels file to make, .npy or .tif; it must not exist, nor the table beside
    it."""
    options: MergeOptions = MergeOptions()
    """The limits."""


class PredictPanoptic(Job[PanopticResult]):
    """Predict classes with one model and objects with another, and merge them."""

    kind: ClassVar[str] = "predict-panoptic"
    handler: ClassVar[str] = "napari_segsuite.engine.panoptic:predict"
    result_type: ClassVar[type[Result]] = PanopticResult
    written: ClassVar[tuple[str, ...]] = ("out",)

    model: Path
    """The folder of a model that learned classes."""
    objects: Path
    """The folder of a model that finds objects: a U-Net that learned them, or a Mask
    R-CNN."""
    image: ArrayRef
    """The image."""
    out: Path
    """The labels file to make, .npy or .tif; it must not exist, nor the table beside
    it."""
    region: Box | None = None
    """(start, stop) per axis of the labels; None: everything."""
    classes: ClassTable = ()
    """All classes, things and stuff; none: as the first model says."""
    object_class: int | None = None
    """The class of all objects; None: as the second model says, found by its name."""
    options: PredictOptions = PredictOptions()
    """How to predict; what the labels mean is settled."""
    merging: MergeOptions = MergeOptions()
    """The limits."""
