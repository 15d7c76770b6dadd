"""The painted parts of the training images, in memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from napari_segsuite.data.frames import Window
from napari_segsuite.data.painted import IGNORED, PaintedClasses, PaintingSurvey
from napari_segsuite.data.painted import to_target as map_ids
from napari_segsuite.engine.readers import ImageReader, LabelReader
from napari_segsuite.plan.unet import UNetPlan

# Frames with more painted pixels than this are cut into cells of about this size.
CELL_PIXELS = 1 << 20


@dataclass(frozen=True, slots=True)
class Example:
    """A training image with its painted labels."""

    image: ImageReader
    labels: LabelReader
    survey: PaintingSurvey
    """What is painted, frame by frame."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a frame, at least as large as a patch, whose paint is learned."""

    image: torch.Tensor
    """Scaled intensities, float32, shape (channels, *spatial)."""
    target: torch.Tensor
    """Class index or -1 (ignored), int64, shape (*spatial)."""


@dataclass(frozen=True, slots=True)
class _Cell:
    example: int
    frame: int
    core: Window
    window: Window


def load_regions(
    examples: Sequence[Example],
    plan: UNetPlan,
    classes: PaintedClasses,
    ids: Sequence[int],
    pixels: int,
    rng: np.random.Generator,
) -> list[Region]:
    """Load what is painted, and enough around it for context.

    Of images that are too large, a random choice of painted cells is loaded; every
    class that is painted is among them. Each painted pixel lies in one region only.

    Parameters
    ----------
    examples : sequence of Example
        The training images.
    plan : UNetPlan
        The patch size: regions are no smaller; where an image is, it is continued by
        its rim.
    classes : PaintedClasses
        What is painted, and what unpainted pixels mean.
    ids : sequence of int
        Class ids in the order of the network's output channels.
    pixels : int
        About how many pixels to load.
    rng : numpy.random.Generator
        The randomness of the choice.

    Raises
    ------
    InputError
        If pixels are NaN or infinite, or cannot be read.
    """
    cells = list(_cells(examples, plan, whole=classes.background_id is not None))
    missing = {tuple(ids).index(i) for i in classes.ids}
    regions: list[Region] = []
    loaded = 0
    for k in rng.permutation(len(cells)):
        cell = cells[k]
        size = int(np.prod([w.stop - w.start for w in cell.window]))
        full = bool(regions) and loaded + size > pixels
        if full and not missing:
            break
        target = _target(examples[cell.example], cell, ids, classes.background_id)
        present = {int(i) for i in np.unique(target)} - {IGNORED}
        if not present or (full and not present & missing):
            continue
        image = examples[cell.example].image.read(cell.frame, cell.window)
        regions.append(_padded(Region(*map(torch.from_numpy, (image, target))), plan))
        missing -= present
        loaded += size
    return regions


def _cells(
    examples: Sequence[Example], plan: UNetPlan, *, whole: bool
) -> Iterator[_Cell]:
    for number, example in enumerate(examples):
        shape = example.image.shape
        for frame, box in enumerate(example.survey.boxes):
            if box is None:
                continue
            inner = example.image.zoom.covering(box, shape)
            if whole:
                inner = tuple(slice(0, n) for n in shape)
            for core in cells_of(inner, CELL_PIXELS):
                window = tuple(
                    slice(max(0, c.start - by), min(n, c.stop + by))
                    for c, n, by in zip(core, shape, plan.patch_size, strict=True)
                )
                yield _Cell(number, frame, core, window)


def cells_of(box: Window, pixels: int) -> Iterator[Window]:
    """Cut a box into cells, halving its longest axis until they are small enough.

    Parameters
    ----------
    box : tuple of slice
        What is cut.
    pixels : int
        The most pixels of a cell.
    """
    sizes = [part.stop - part.start for part in box]
    counts = [1] * len(box)
    while np.prod([-(-n // c) for n, c in zip(sizes, counts, strict=True)]) > pixels:
        longest = int(np.argmax([n / c for n, c in zip(sizes, counts, strict=True)]))
        counts[longest] *= 2
    edges = [
        np.linspace(part.start, part.stop, count + 1).astype(int)
        for part, count in zip(box, counts, strict=True)
    ]
    for corner in itertools.product(*(range(count) for count in counts)):
        yield tuple(
            slice(int(edge[i]), int(edge[i + 1]))
            for edge, i in zip(edges, corner, strict=True)
        )


def _target(
    example: Example, cell: _Cell, ids: Sequence[int], background_id: int | None
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Read the target of a cell; around its core everything is ignored."""
    labels = example.labels.read(cell.frame, cell.core)
    target = np.full([w.stop - w.start for w in cell.window], IGNORED, dtype=np.int64)
    inside = tuple(
        slice(c.start - w.start, c.stop - w.start)
        for c, w in zip(cell.core, cell.window, strict=True)
    )
    target[inside] = map_ids(labels, ids, background_id)
    return target


def _padded(region: Region, plan: UNetPlan) -> Region:
    """Continue a region that is smaller than a patch."""
    shape = region.target.shape
    by = [max(0, p - n) for p, n in zip(plan.patch_size, shape, strict=True)]
    if not any(by):
        return region
    ends = [(0, n) for n in by]
    image = np.pad(region.image.numpy(), [(0, 0), *ends], mode="edge")
    target = np.pad(region.target.numpy(), ends, constant_values=IGNORED)
    return Region(torch.from_numpy(image), torch.from_numpy(target))
