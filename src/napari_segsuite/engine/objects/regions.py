"""The annotated parts of the training images, in memory, with their objects."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.drawn_objects import windows_in
from napari_segsuite.data.frames import Window
from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.objects.targets import UNKNOWN, target_of
from napari_segsuite.engine.readers import Zoom
from napari_segsuite.engine.regions import CELL_PIXELS, Example, cells_of
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.training import Box
from napari_segsuite.plan.unet import UNetPlan


@dataclass(frozen=True, slots=True)
class ObjectRegion:
    """A part of a frame in which objects are drawn."""

    image: torch.Tensor
    """Scaled intensities, float32, shape (channels, *spatial)."""
    foreground: torch.Tensor
    """1 in objects, 0 around them, -1 (ignored), int8, shape (*spatial)."""
    distance: torch.Tensor
    """`targets.ObjectTarget.distance`, float16, shape (*spatial)."""
    labels: torch.Tensor
    """Which object, from 1 on; 0 where none is drawn, or nothing is annotated; int32,
    shape (*spatial)."""
    boxes: NDArray[np.int64]
    """First and last pixel of each object, shape (objects, 2, dimensions)."""
    spacing: Spacing | None
    """Size of a pixel along each axis."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A training image and where its objects are drawn."""

    example: Example
    """The image with its labels."""
    boxes: tuple[Box, ...]
    """Boxes along the axes of its labels, inside of them."""
    spacing: Spacing | None
    """Size of a pixel of the network along each spatial axis."""


@dataclass(frozen=True, slots=True)
class _Cell:
    source: Annotated
    frame: int
    annotated: tuple[Window, ...]
    core: Window
    window: Window


def load_regions(
    sources: Sequence[Annotated],
    plan: UNetPlan,
    pixels: int,
    rng: np.random.Generator,
) -> list[ObjectRegion]:
    """Load what is annotated, and enough around it for context.

    Of images that are too large, a random choice of cells is loaded. Each annotated
    pixel lies in one region only.

    Parameters
    ----------
    sources : sequence of Annotated
        The training images.
    plan : UNetPlan
        The patch size: so much context is loaded.
    pixels : int
        About how many pixels to load.
    rng : numpy.random.Generator
        The randomness of the choice.

    Raises
    ------
    InputError
        If no object lies in what is annotated, or pixels are NaN or infinite or
        cannot be read.
    """
    cells = list(_cells(sources, plan))
    regions: list[ObjectRegion] = []
    loaded, drawn = 0, False
    for k in rng.permutation(len(cells)):
        size = int(np.prod([w.stop - w.start for w in cells[k].window]))
        full = bool(regions) and loaded + size > pixels
        if full and drawn:
            break
        region = _region(cells[k])
        if region is None or (full and not len(region.boxes)):
            continue
        regions.append(region)
        drawn = drawn or bool(len(region.boxes))
        loaded += size
    if not drawn:
        msg = (
            "No object lies in the annotated boxes. Draw objects there, or annotate "
            "where they are."
        )
        raise InputError(msg)
    return regions


def _cells(sources: Sequence[Annotated], plan: UNetPlan) -> Iterator[_Cell]:
    for source in sources:
        image, labels = source.example.image, source.example.labels
        for frame in range(labels.frames.count):
            annotated = tuple(
                _seen(window, image.zoom, image.shape)
                for window in windows_in(labels.frames, frame, source.boxes)
            )
            if not annotated:
                continue
            for core in cells_of(_around(annotated), CELL_PIXELS):
                window = tuple(
                    slice(max(0, c.start - by), min(n, c.stop + by))
                    for c, n, by in zip(core, image.shape, plan.patch_size, strict=True)
                )
                yield _Cell(source, frame, annotated, core, window)


def _seen(window: Window, zoom: Zoom, shape: tuple[int, ...]) -> Window:
    """Return the network's pixels whose centres lie in a frame's window."""
    if zoom.is_identity:
        return window
    ends = [
        [int(np.ceil(edge / step - 0.5)) for edge in (part.start, part.stop)]
        for part, step in zip(window, zoom.steps, strict=True)
    ]
    return tuple(
        slice(min(max(0, start), n - 1), min(max(stop, start + 1, 1), n))
        for (start, stop), n in zip(ends, shape, strict=True)
    )


def _around(windows: Sequence[Window]) -> Window:
    return tuple(
        slice(min(part.start for part in along), max(part.stop for part in along))
        for along in zip(*windows, strict=True)
    )


def _region(cell: _Cell) -> ObjectRegion | None:
    """Read a cell; around its core everything is ignored. None: nothing is left."""
    image, labels = cell.source.example.image, cell.source.example.labels
    drawn = labels.read(cell.frame, cell.window)
    annotated = np.zeros(drawn.shape, dtype=np.bool_)
    for part in cell.annotated:
        annotated[_inside(part, cell.window)] = True
    beyond = tuple(
        (w.start > 0, w.stop < n) for w, n in zip(cell.window, image.shape, strict=True)
    )
    target = target_of(drawn, annotated, beyond, cell.source.spacing)
    core = np.zeros(drawn.shape, dtype=np.bool_)
    core[_inside(cell.core, cell.window)] = True
    if not (core & annotated).any():
        return None
    foreground = np.where(core, target.foreground, np.int8(IGNORED))
    distance = np.where(core, target.distance, np.float16(UNKNOWN))
    numbers, boxes = _numbered(np.where(foreground == 1, drawn, 0))
    return ObjectRegion(
        image=torch.from_numpy(image.read(cell.frame, cell.window)),
        foreground=torch.from_numpy(foreground),
        distance=torch.from_numpy(distance),
        labels=torch.from_numpy(numbers),
        boxes=boxes,
        spacing=cell.source.spacing,
    )


def _inside(part: Window, window: Window) -> Window:
    return tuple(
        slice(
            min(max(p.start, w.start), w.stop) - w.start,
            min(max(p.stop, w.start), w.stop) - w.start,
        )
        for p, w in zip(part, window, strict=True)
    )


def _numbered(labels: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return labels numbered without gaps, and the box of each object."""
    ids, places = np.unique(labels, return_inverse=True)
    numbers = places.reshape(labels.shape).astype(np.int32) + int(ids[0] != 0)
    found = ndimage.find_objects(numbers)
    boxes = [
        ([part.start for part in box], [part.stop - 1 for part in box])
        for box in itertools.filterfalse(lambda box: box is None, found)
    ]
    return numbers, np.array(boxes, dtype=np.int64).reshape(-1, 2, labels.ndim)
