"""The handler of `Predict`: from an image and a model to a labels file."""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.atomic import (
    atomic_file,
    refuse_existing,
    storage_errors,
)
from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.frames import Frames, Window
from napari_segsuite.data.image_checks import check_complete
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine import device, intensity, networks, weights
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.readers import ImageReader, zoom
from napari_segsuite.engine.tiling import Tile, tiles
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.prediction import Predict, PredictResult, Region
from napari_segsuite.models.card import ModelCard
from napari_segsuite.plan.choose import total_stride
from napari_segsuite.plan.unet import UNetPlan

# Pixels of a tile, per lane: some 100 MB of activations.
_TILE_PIXELS = 1 << 19


@dataclass(frozen=True, slots=True)
class _Piece:
    """One tile of one frame."""

    frame: int
    window: Window
    """Pixels of the frame that are written."""
    tile: Tile
    """The same in pixels of the network, and what is read for it."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the network says of a piece."""

    piece: _Piece
    classes: NDArray[np.int64]
    """Index of the likeliest class, shape of the piece's window."""
    probabilities: NDArray[np.float16] | None
    """Shape (classes, *window), if they are wanted."""


def predict(job: Predict, ctx: JobContext) -> PredictResult:
    """Predict the labels of an image, tile by tile, and write them to a file.

    Memory does not grow with the image. Tiles are read with a halo as wide as the
    network looks, so that they fit together as if there were none.

    Parameters
    ----------
    job : Predict
        The image, the model, and where to write.
    ctx : JobContext
        Takes `Progress` events.

    Returns
    -------
    PredictResult
        The labels hold the ids of the model's classes.

    Raises
    ------
    ModelFolderError
        If the model is missing, damaged, or of a newer format.
    InputError
        If the image does not fit the model, holds NaN or infinity, or the region
        lies outside.
    StorageError
        If an output exists or cannot be written.
    Cancelled
        If the job was cancelled; nothing is left of the outputs.
    """
    started = time.monotonic()
    for path in (job.out, job.probabilities):
        if path is not None:
            refuse_existing(path)
    compute = device.choose(job.options.device)
    card, classifier = _model(job.model, compute, ctx)
    reader = _reader(job, card)
    frames = reader.frames
    axes = without_channels(job.image.axes)
    region = _checked(job.region, axes, frames)
    shape = [stop - start for start, stop in region]
    ids = np.array([info.id for info in card.classes])
    with ExitStack() as stack:
        stack.callback((ctx.scratch / "labels.npy").unlink, missing_ok=True)
        labels = _memory_map(
            ctx.scratch / "labels.npy", np.min_scalar_type(int(ids.max())), shape
        )
        probabilities = None
        if job.probabilities is not None:
            path = stack.enter_context(atomic_file(job.probabilities))
            probabilities = _memory_map(path, np.dtype(np.float16), [len(ids), *shape])
        pieces = list(_pieces(reader, axes, region, card.plan, job.options.tile_size))
        answers = _answers(
            pieces, reader, classifier, compute, job.probabilities is not None
        )
        for done, answer in enumerate(answers, start=1):
            ctx.check_cancelled()
            where = _place(answer.piece, axes, region, frames)
            labels[where] = ids[answer.classes]
            if probabilities is not None and answer.probabilities is not None:
                probabilities[(slice(None), *where)] = answer.probabilities
            ctx.emit(_progress(done, len(pieces), started))
        if probabilities is not None:
            probabilities.flush()
        written = write_labels(job.out, labels, axes, job.image.spacing)
    soft = None
    if job.probabilities is not None:
        soft = ArrayRef(
            path=job.probabilities, axes=f"C{axes}", spacing=job.image.spacing
        )
    return PredictResult(
        labels=written,
        probabilities=soft,
        classes=card.classes,
        seconds=time.monotonic() - started,
    )


def _model(
    folder: Path, compute: Compute, ctx: JobContext
) -> tuple[ModelCard, Classifier]:
    """Return a model, ready to classify; it stays warm for the next prediction."""
    card_file = (folder / "model.json").resolve()
    changed = card_file.stat().st_mtime_ns if card_file.exists() else 0

    def make() -> tuple[ModelCard, Classifier]:
        card, network = weights.load(folder)
        networks.place(network, card.plan, compute.device)
        return card, Classifier(network, card.plan, compute)

    return ctx.cached(("unet", str(card_file), changed, compute), make)


def _reader(job: Predict, card: ModelCard) -> ImageReader:
    image, plan, name = job.image, card.plan, job.image.path.name
    array = image.open()
    check_complete(array, name)
    frames = Frames(array, image.axes, plan.ndim)
    if frames.channels != plan.channels:
        msg = (
            f"The model {card.name} works on {plan.channels} channels, but {name} has "
            f"{frames.channels}. Choose an image with as many channels, or another "
            "model."
        )
        raise InputError(msg)
    scale = intensity.measure(frames, plan.normalisation, name)
    return ImageReader(
        frames, scale, zoom(image.spacing, plan.spacing, plan.ndim), name
    )


def _checked(region: Region | None, axes: str, frames: Frames) -> Region:
    """Return the region, everything if there is none, or say that it lies outside."""
    leading = dict(zip(frames.leading_axes, frames.leading_shape, strict=True))
    inner = iter(frames.spatial_shape)
    shape = [leading[a] if a in leading else next(inner) for a in axes]
    if region is None:
        return tuple((0, size) for size in shape)
    fits = len(region) == len(shape) and all(
        0 <= start < stop <= size
        for (start, stop), size in zip(region, shape, strict=False)
    )
    if not fits:
        msg = (
            f"The region {region} does not lie inside the image, whose shape is "
            f"{tuple(shape)} ({axes}). Give (start, stop) for each axis."
        )
        raise InputError(msg)
    return region


def _pieces(
    reader: ImageReader, axes: str, region: Region, plan: UNetPlan, tile_size: int
) -> Iterator[_Piece]:
    frames = reader.frames
    spans = dict(zip(axes, region, strict=True))
    leading = [spans[a] for a in frames.leading_axes]
    window = tuple(slice(*spans[a]) for a in axes if a not in frames.leading_axes)
    multiple = total_stride(plan.strides)
    size = _tile_shape(window, multiple, tile_size)
    for index in range(frames.count):
        place = frames.leading(index)
        if all(a <= i < b for i, (a, b) in zip(place, leading, strict=True)):
            # Tiles are cut in the frame's pixels, then seen in the network's.
            for part in tiles(window, size):
                tile = Tile.around(
                    reader.zoom.covering(part, reader.shape),
                    reader.shape,
                    networks.halo(plan),
                    multiple,
                )
                yield _Piece(index, part, tile)


def _tile_shape(
    window: Window, multiple: tuple[int, ...], tile_size: int
) -> tuple[int, ...]:
    """Return the size of tiles: the window, halved where longest until it is small."""
    sizes = [part.stop - part.start for part in window]
    if tile_size:
        sizes = [tile_size] * len(sizes)
    while not tile_size and prod(sizes) > _TILE_PIXELS:
        longest = int(np.argmax(sizes))
        sizes[longest] = -(-sizes[longest] // 2)
    return tuple(-(-n // by) * by for n, by in zip(sizes, multiple, strict=True))


def _answers(
    pieces: list[_Piece],
    reader: ImageReader,
    classifier: Classifier,
    compute: Compute,
    soft: bool,
) -> Iterator[_Answer]:
    """Classify pieces, several side by side; answers come in order.

    Pixels are read in this thread: not every file format can be read in two.
    """

    def classify(piece: _Piece, values: NDArray[np.float32]) -> _Answer:
        found = classifier.probabilities(torch.from_numpy(values))
        inside = found[(slice(None), *piece.tile.inside)]
        inside = reader.zoom.back(inside, piece.tile.inner, piece.window)
        return _Answer(
            piece,
            inside.argmax(0).numpy(),
            inside.half().numpy() if soft else None,
        )

    waiting: deque[Future[_Answer]] = deque()
    with one_thread_per_lane(compute), ThreadPoolExecutor(compute.lanes) as pool:
        try:
            for piece in pieces:
                values = reader.read(piece.frame, piece.tile.outer)
                waiting.append(pool.submit(classify, piece, values))
                if len(waiting) > compute.lanes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _place(
    piece: _Piece, axes: str, region: Region, frames: Frames
) -> tuple[int | slice, ...]:
    """Return where a piece lies in the labels that are written."""
    leading = dict(zip(frames.leading_axes, frames.leading(piece.frame), strict=True))
    inner = iter(piece.window)
    where: list[int | slice] = []
    for axis, (start, _) in zip(axes, region, strict=True):
        if axis in leading:
            where.append(leading[axis] - start)
        else:
            part = next(inner)
            where.append(slice(part.start - start, part.stop - start))
    return tuple(where)


def _memory_map(
    path: Path, dtype: np.dtype[Any], shape: list[int]
) -> np.memmap[Any, Any]:
    with storage_errors(path):
        array: np.memmap[Any, Any] = np.lib.format.open_memmap(
            path, mode="w+", dtype=dtype, shape=tuple(shape)
        )
        _reserve(path)
    return array


def _reserve(path: Path) -> None:
    """Have room for a sparse file: writing to its map on a full disk is a crash."""
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise  # others: this file system cannot say


def _progress(done: int, count: int, started: float) -> Progress:
    spent = time.monotonic() - started
    return Progress(
        fraction=done / count,
        message=f"Tile {done} of {count}",
        seconds_left=spent * (count - done) / done,
    )
