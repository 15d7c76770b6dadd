"""The handler of `Predict`: from an image and a model to a labels file."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.atomic import atomic_file, refuse_existing
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.label_notes import LabelNotes
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import Segment, table_path, write_segments
from napari_segsuite.engine import device
from napari_segsuite.engine.course import Course
from napari_segsuite.engine.memory_maps import ScratchArray, memory_map
from napari_segsuite.engine.objects.prediction import predict_objects
from napari_segsuite.engine.scene import Scene
from napari_segsuite.engine.tiled import cut, sweep
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.prediction import Predict, PredictResult
from napari_segsuite.models.card import ModelCard


def predict(job: Predict, ctx: JobContext) -> PredictResult:
    """Predict the labels of an image, tile by tile, and write them to a file.

    Memory does not grow with the image. Tiles are read with a halo as wide as the
    network looks, so that they fit together as if there were none; objects are those
    that the whole image would give.

    Parameters
    ----------
    job : Predict
        The image, the model, and where to write.
    ctx : JobContext
        Takes `Progress` and `Notice` events.

    Returns
    -------
    PredictResult
        The labels hold the ids of the model's classes, or one id per object.

    Raises
    ------
    ModelFolderError
        If the model is missing, damaged, or of a newer format.
    InputError
        If the image does not fit the model, holds NaN or infinity, the region lies
        outside, or the model did not learn what is to be read out.
    StorageError
        If an output exists or cannot be written.
    Cancelled
        If the job was cancelled; nothing is left of the outputs.
    """
    started = time.monotonic()
    for path in (job.out, job.probabilities):
        if path is not None:
            refuse_existing(path)
    scene = Scene.of(job, device.choose(job.options.device), ctx)
    instances = _reads_objects(job, scene.card)
    # The class of pixels that are no object comes first.
    classes = scene.card.classes[1:] if instances else scene.card.classes
    table = table_path(job.out) if instances else None
    if table is not None:
        refuse_existing(table)
    axes, spacing = scene.canvas.axes, job.image.spacing
    with ExitStack() as stack:
        soft = None
        if job.probabilities is not None:
            path = stack.enter_context(atomic_file(job.probabilities))
            shape = (len(classes), *scene.canvas.shape)
            soft = memory_map(path, np.dtype(np.float16), shape)
        file = ctx.scratch / "labels.npy"
        stack.callback(file.unlink, missing_ok=True)
        if table is None:
            labels = _predict_classes(job, scene, ctx, file, soft)
            written = write_labels(job.out, labels.open(), axes, spacing)
        else:
            labels, segments = predict_objects(job, scene, ctx, file, soft)
            notes = LabelNotes(classes=classes)
            with _table(table, segments, classes, axes):
                written = write_labels(
                    job.out, labels.open(), axes, spacing, notes=notes
                )
        if soft is not None:
            soft.flush()
    probabilities = None
    if job.probabilities is not None:
        probabilities = ArrayRef(
            path=job.probabilities, axes=f"C{axes}", spacing=spacing
        )
    return PredictResult(
        labels=written,
        table=table,
        probabilities=probabilities,
        classes=classes,
        seconds=time.monotonic() - started,
    )


def _reads_objects(job: Predict, card: ModelCard) -> bool:
    """Whether objects are read out, or say that the model did not learn any."""
    learned = card.objects is not None
    if job.options.readout == "instances" and not learned:
        msg = (
            f"The model {card.name} learned classes of pixels, and cannot tell one "
            "object from the next. Train a model on objects, or read this one out as "
            "semantic."
        )
        raise InputError(msg)
    return learned and job.options.readout != "semantic"


def _predict_classes(
    job: Predict, scene: Scene, ctx: JobContext, file: Path, soft: NDArray[Any] | None
) -> ScratchArray:
    """Return the class of each pixel, in a file; write probabilities to `soft`."""
    canvas, card = scene.canvas, scene.card
    ids = np.array([info.id for info in card.classes])
    labels = ScratchArray(file, np.min_scalar_type(int(ids.max())), canvas.shape)

    def keep(
        said: torch.Tensor,
    ) -> tuple[NDArray[np.int64], NDArray[np.float16] | None]:
        return said.argmax(0).numpy(), None if soft is None else said.half().numpy()

    pieces = list(cut(canvas, scene.reader, card.plan, job.options.tile_size))
    course = Course(ctx, len(pieces))
    answers = sweep(pieces, scene.reader, scene.compute, scene.probabilities, keep)
    for done, (piece, (classes, probabilities)) in enumerate(answers, start=1):
        where = canvas.place(piece.frame, piece.window)
        labels.write(where, ids[classes])
        if soft is not None:
            soft[(slice(None), *where)] = probabilities
        course.advance(1, f"Tile {done} of {len(pieces)}")
    return labels


@contextmanager
def _table(
    path: Path, segments: Sequence[Segment], classes: ClassTable, axes: str
) -> Iterator[None]:
    """Write the table of objects; it stays only if what follows succeeds."""
    write_segments(path, segments, classes, axes)
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
