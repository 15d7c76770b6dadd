"""The handler of `MergePanoptic`."""

from __future__ import annotations

import time

import numpy as np

from napari_segsuite.data.atomic import refuse_existing
from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.label_notes import LabelNotes
from napari_segsuite.data.object_classes import in_table
from napari_segsuite.data.panoptic import Thing, merge, things_of
from napari_segsuite.data.segmented_files import OBJECT
from napari_segsuite.data.segments import read_segments, table_path, write_segments
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.panoptic import MergePanoptic, PanopticResult


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
    named = job.object_classes or (OBJECT,)
    things = things_of(instances, known, named[0].id)
    ctx.check_cancelled()
    about, classes = in_table(
        [thing.about for thing in things],
        named,
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
