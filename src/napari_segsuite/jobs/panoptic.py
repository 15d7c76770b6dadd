"""Classes and objects of one image, as panoptic labels."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

import numpy as np

from napari_segsuite.data.atomic import refuse_existing
from napari_segsuite.data.classes import ClassInfo, ClassTable
from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.label_notes import LabelNotes
from napari_segsuite.data.object_classes import in_table
from napari_segsuite.data.panoptic import MergeOptions, Thing, merge, things_of
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import read_segments, table_path, write_segments
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import Job, JobContext, Result
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.jobs.training import Box

_OBJECT = ClassInfo(id=1, name="object", color="#E69F00")


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
    handler: ClassVar[str] = "napari_segsuite.jobs.panoptic:merge_labels"
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
    object_classes: ClassTable = (_OBJECT,)
    """The classes that the table of objects names."""
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


def merge_labels(job: MergePanoptic, ctx: JobContext) -> PanopticResult:
    """Carry out a `MergePanoptic` job.

    Raises
    ------
    InputError
        If shapes differ, a class is not in the table, or an object has a class that
        is stuff.
    StorageError
        If an output exists or cannot be written.
    Cancelled
        If the job was cancelled; nothing is left of the outputs.
    """
    started = time.monotonic()
    for path in (job.out, table_path(job.out)):
        refuse_existing(path)
    semantic = np.asarray(job.semantic.open())
    instances = np.asarray(job.instances.open())
    if semantic.shape != instances.shape:
        msg = (
            f"The classes have the shape {semantic.shape}, but the objects have "
            f"{instances.shape}. Choose labels of one image."
        )
        raise InputError(msg)
    ctx.emit(Progress(fraction=0.0, message="Looking at the objects"))
    known = {} if job.table is None else read_segments(job.table)
    ids = [info.id for info in job.object_classes]
    things = things_of(instances, known, ids[0] if ids else _OBJECT.id)
    ctx.check_cancelled()
    about, classes = in_table(
        [thing.about for thing in things],
        job.object_classes,
        job.classes,
        job.object_class,
    )
    ctx.emit(Progress(fraction=0.3, message="Merging"))
    found = merge(
        semantic,
        [Thing(one, thing.box) for thing, one in zip(things, about, strict=True)],
        classes,
        job.options,
    )
    ctx.check_cancelled()
    ctx.emit(Progress(fraction=0.8, message="Writing"))
    axes, spacing = job.semantic.axes, job.semantic.spacing
    notes = LabelNotes(classes=classes)
    labels = write_labels(job.out, found.labels, axes, spacing, notes=notes)
    write_segments(table_path(job.out), found.segments, classes, axes)
    return PanopticResult(
        labels=labels,
        table=table_path(job.out),
        classes=classes,
        segments=len(found.segments),
        dropped=len(found.dropped),
        void=found.void,
        seconds=time.monotonic() - started,
    )
