"""The handler of `DetectInstances`: from an image and a model to objects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torchvision.models.detection import MaskRCNN

from napari_segsuite.data.atomic import refuse_existing
from napari_segsuite.data.colours import GreyFrames, as_seen, grey_notice
from napari_segsuite.data.detection_files import write_detections
from napari_segsuite.data.detections import Detection, Detections
from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.image_checks import check_complete
from napari_segsuite.data.label_notes import LabelNotes
from napari_segsuite.data.linked_stacks import link_stack
from napari_segsuite.data.pasting import paste_plane
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import Segment, table_path, write_segments
from napari_segsuite.engine import device, intensity
from napari_segsuite.engine.canvas import Canvas
from napari_segsuite.engine.course import Course
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.maskrcnn import network
from napari_segsuite.engine.maskrcnn.merging import merged
from napari_segsuite.engine.maskrcnn.viewing import Viewer, most_detections
from napari_segsuite.engine.maskrcnn.views import View, views
from napari_segsuite.engine.memory_maps import memory_map
from napari_segsuite.engine.readers import ImageReader, Zoom
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Notice
from napari_segsuite.jobs.instances import DetectInstances, DetectResult
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard


def detect(job: DetectInstances, ctx: JobContext) -> DetectResult:
    """Find the objects of an image, view by view, and write them to files.

    Memory grows with the objects, not with the image. Views overlap, and each object is
    kept once, from a view that sees it whole.

    Parameters
    ----------
    job : DetectInstances
        The image, the model, and where to write.
    ctx : JobContext
        Takes `Progress` and `Notice` events.

    Returns
    -------
    DetectResult
        Labels with one id per object, their table, and all that was detected. Without
        linking, ids are places in the detections, counted from 1.

    Raises
    ------
    ModelFolderError
        If the model is missing, damaged, or no Mask R-CNN.
    InputError
        If the image does not fit the model, holds NaN or infinity, or the region
        lies outside.
    StorageError
        If an output exists or cannot be written.
    Cancelled
        If the job was cancelled; nothing is left of the outputs.
    """
    started = time.monotonic()
    table = table_path(job.out)
    for path in (job.out, table, job.detections):
        refuse_existing(path)
    compute = device.choose(job.options.device)
    card, loaded = _model(job.model, compute, ctx)
    reader = _reader(job, card, ctx)
    canvas = Canvas.of(reader.frames, job.region)
    window = reader.zoom.covering(canvas.window, reader.shape)
    parts = views(window, reader.shape, card.plan, _edge(job, card))
    eyes = _prepared(card, loaded, most_detections(parts, card.plan), compute)
    class_ids = tuple(info.id for info in card.classes)
    viewer = Viewer(eyes, compute, reader, canvas, class_ids)
    found = Detections.of(
        list(_found(viewer, parts, ctx)), card.classes, canvas.axes, canvas.shape
    )
    with ExitStack() as stack:
        file = ctx.scratch / "labels.npy"
        stack.callback(file.unlink, missing_ok=True)
        labels = memory_map(file, np.dtype(np.int32), canvas.shape)
        segments = _pasted(job, found, canvas, labels, ctx)
        written = _write(job, found, labels, segments)
    return DetectResult(
        labels=written,
        table=table,
        detections=job.detections,
        classes=card.classes,
        objects=len(segments),
        seconds=time.monotonic() - started,
    )


def _model(
    folder: Path, compute: Compute, ctx: JobContext
) -> tuple[MaskRCNNCard, MaskRCNN]:
    """Return a model, ready to look; it stays warm for the next image."""
    card_file = (folder / "model.json").resolve()
    changed = card_file.stat().st_mtime_ns if card_file.exists() else 0
    return ctx.cached(
        ("maskrcnn", str(card_file), changed, compute),
        lambda: network.load(folder, compute.device),
    )


def _prepared(
    card: MaskRCNNCard, loaded: MaskRCNN, most: int, compute: Compute
) -> MaskRCNN:
    """Return the network, seeking so many objects in a view."""
    if most == card.plan.detections_per_patch:
        return loaded
    described = card.architecture
    arguments = {**described["arguments"], "detections": most}
    prepared = network.build({**described, "arguments": arguments})
    prepared.load_state_dict(loaded.state_dict())
    return network.place(prepared.eval(), compute.device)


def _reader(job: DetectInstances, card: MaskRCNNCard, ctx: JobContext) -> ImageReader:
    image, plan, name = job.image, card.plan, job.image.path.name
    array = image.open()
    check_complete(array, name)
    frames = as_seen(Frames(array, image.axes, 2), plan.channels)
    if isinstance(frames, GreyFrames):
        ctx.emit(Notice(message=grey_notice(name, card.name)))
    if frames.channels != plan.channels:
        msg = (
            f"The model {card.name} works on {plan.channels} channels, but {name} has "
            f"{frames.channels}. Choose an image with as many channels, or another "
            "model."
        )
        raise InputError(msg)
    scale = intensity.measure(frames, plan.normalisation, name)
    step = 1 / plan.scale
    return ImageReader(frames, scale, Zoom((step, step)), name)


def _edge(job: DetectInstances, card: MaskRCNNCard) -> int:
    """Return the edge of views in pixels the network sees; 0 chooses."""
    return round(job.options.tile_size * card.plan.scale)


def _found(viewer: Viewer, parts: list[View], ctx: JobContext) -> Iterator[Detection]:
    """Yield the objects of all planes, each of them once."""
    canvas = viewer.canvas
    seen = [viewer.seen(view) for view in parts]
    count = len(parts) * len(canvas.indices)
    course = Course(ctx, count)
    answers = viewer.look(parts, canvas.indices)
    done = 0
    for _, of_plane in groupby(answers, key=lambda answer: answer[0]):
        sightings = []
        for _, _, some in of_plane:
            sightings += some
            done += 1
            course.advance(1, f"Tile {done} of {count}")
        yield from merged(sightings, seen)


def _pasted(
    job: DetectInstances,
    found: Detections,
    canvas: Canvas,
    labels: NDArray[np.int32],
    ctx: JobContext,
) -> tuple[Segment, ...]:
    """Write the objects to `labels`, plane by plane, and return what they are."""
    segments: list[Segment] = []
    for number, frame in enumerate(canvas.indices):
        ctx.check_cancelled()
        plane, some = paste_plane(found, number, job.options.paste)
        labels[canvas.place(frame, canvas.window)] = plane
        segments += some
    if not (job.options.link and found.leading_shape):
        return tuple(segments)
    known = {one.id: one for one in segments}
    return link_stack(labels, canvas.axes, known, on_slice=ctx.check_cancelled)


def _write(
    job: DetectInstances,
    found: Detections,
    labels: NDArray[np.int32],
    segments: tuple[Segment, ...],
) -> ArrayRef:
    """Write labels, table and detections: all, or none."""
    with ExitStack() as undo:
        write_detections(job.detections, found)
        undo.callback(job.detections.unlink, missing_ok=True)
        table = table_path(job.out)
        write_segments(table, segments, found.classes, found.axes)
        undo.callback(table.unlink, missing_ok=True)
        notes = LabelNotes(classes=found.classes)
        written = write_labels(
            job.out, labels, found.axes, job.image.spacing, notes=notes
        )
        undo.pop_all()
    return written
