"""Detections as labels: which of them become objects, and who has which pixel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.detections import Detections, PasteOptions, plane_axes
from napari_segsuite.data.object_boxes import Extent
from napari_segsuite.data.segments import Segment


def paste(
    detections: Detections, options: PasteOptions = PasteOptions()
) -> tuple[NDArray[np.int32], tuple[Segment, ...]]:
    """Return detections as labels, one id per object.

    An object is left out if its score is too low, if others have too much of it, or if
    too few of its pixels are left; what it wanted goes to the next.

    Parameters
    ----------
    detections : Detections
        What was found.
    options : PasteOptions, optional
        What is wanted of it.

    Returns
    -------
    labels : array of int32, the detections' shape
        The id of each object is the place of its detection, counted from 1: it stays
        the same whatever the options are. 0 is nothing.
    segments : tuple of Segment
        The objects, ascending by id.
    """
    labels = np.zeros(detections.shape, np.int32)
    planes = np.moveaxis(labels, plane_axes(detections.axes), (-2, -1))
    segments: list[Segment] = []
    for frame in range(prod(detections.leading_shape)):
        place = np.unravel_index(frame, detections.leading_shape)
        planes[place], found = paste_plane(detections, frame, options)
        segments += found
    return labels, tuple(segments)


def paste_plane(
    detections: Detections, frame: int, options: PasteOptions
) -> tuple[NDArray[np.int32], list[Segment]]:
    """Return the detections of one plane as labels, as `paste` does for all planes."""
    inside = detections.of_frame(frame)
    areas = dict(zip(inside, detections.areas(inside).tolist(), strict=True))
    ranked = [i for i in inside if detections.scores[i] >= options.min_score]
    if options.overlap == "smaller":
        ranked.sort(key=areas.__getitem__)
    nowhere = np.zeros(detections.plane_shape, np.bool_)
    plane, kept = _filled(detections, ranked, areas, options, nowhere)
    if options.overlap == "none":
        contested = _contested(detections, kept)
        plane, kept = _filled(detections, list(kept), areas, options, contested)
    place = np.unravel_index(frame, detections.leading_shape)
    return plane, [
        Segment(
            id=i + 1,
            class_id=int(detections.class_ids[i]),
            area=kept[i].area,
            score=float(detections.scores[i]),
            box=_box(detections.axes, [int(n) for n in place], kept[i].rows_columns),
        )
        for i in sorted(kept)
    ]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is left to an object."""

    area: int
    rows_columns: Extent


def _filled(
    detections: Detections,
    ranked: Iterable[int],
    areas: Mapping[int, int],
    options: PasteOptions,
    closed: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], dict[int, _Kept]]:
    """Return a plane in which the first come have what is not closed, and how much."""
    plane = np.zeros(detections.plane_shape, np.int32)
    kept = {}
    for i in ranked:
        mask = detections.mask(i)
        part = _part(detections, i)
        under = plane[part]
        free = mask & (under == 0) & ~closed[part]
        area = int(np.count_nonzero(free))
        lost = areas[i] - area
        if area >= options.min_area and lost <= options.covered * areas[i]:
            under[free] = i + 1
            kept[i] = _Kept(area, _extent(free, part))
    return plane, kept


def _contested(detections: Detections, which: Iterable[int]) -> NDArray[np.bool_]:
    """Return which pixels of a plane more than one of these detections wants."""
    wanted = np.zeros(detections.plane_shape, np.bool_)
    contested = np.zeros(detections.plane_shape, np.bool_)
    for i in which:
        mask, part = detections.mask(i), _part(detections, i)
        contested[part] |= wanted[part] & mask
        wanted[part] |= mask
    return contested


def _part(detections: Detections, index: int) -> tuple[slice, slice]:
    y, x = detections.starts[index].tolist()
    rows, columns = detections.sizes[index].tolist()
    return slice(y, y + rows), slice(x, x + columns)


def _extent(mask: NDArray[np.bool_], part: tuple[slice, slice]) -> Extent:
    """Return (start, stop) of the rows and columns of a mask that is not empty."""
    sides = []
    for axis, side in enumerate(part):
        there = np.flatnonzero(mask.any(axis=1 - axis))
        sides.append((side.start + int(there[0]), side.start + int(there[-1]) + 1))
    return tuple(sides)


def _box(axes: str, place: list[int], inner: Extent) -> Extent:
    """Return the box of an object along all axes of the labels."""
    planes, sides = iter(place), iter(inner)
    box = []
    for axis in range(len(axes)):
        if axis in plane_axes(axes):
            box.append(next(sides))
        else:
            start = next(planes)
            box.append((start, start + 1))
    return tuple(box)
