"""The objects of a label image, each in its box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Extent = tuple[tuple[int, int], ...]
"""(start, stop) per axis of what holds all pixels of an object."""

# Ids up to this one are counted in a table rather than sorted.
_DENSE: Final = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class ObjectBox:
    """One object."""

    start: tuple[int, ...]
    """The first pixel of its box, per axis."""
    mask: NDArray[np.bool_]
    """Which pixels of the box are its."""


def object_boxes(labels: NDArray[Any]) -> dict[int, ObjectBox]:
    """Return the objects of a label image by their ids, ascending.

    Parameters
    ----------
    labels : integer array
        Ids, where 0 is no object; any shape.
    """
    if not labels.size:
        return {}
    ids, numbers = _numbered(labels)
    return {
        id_: ObjectBox(tuple(int(side.start) for side in box), numbers[box] == number)
        for number, (id_, box) in enumerate(
            zip(ids, ndimage.find_objects(numbers), strict=False), start=1
        )
        if box is not None and id_ != 0
    }


def id_extents(labels: NDArray[Any]) -> dict[int, Extent]:
    """Return the box of each id that occurs, but 0, ascending by id.

    Parameters
    ----------
    labels : integer array
        Ids; any shape.
    """
    if not labels.size:
        return {}
    ids, numbers = _numbered(labels)
    return {
        id_: tuple((int(side.start), int(side.stop)) for side in box)
        for id_, box in zip(ids, ndimage.find_objects(numbers), strict=False)
        if box is not None and id_ != 0
    }


def id_counts(labels: NDArray[Any]) -> dict[int, int]:
    """Return the pixels of each id that occurs, ascending by id."""
    if _is_dense(labels):
        counts = np.bincount(labels.ravel())
        ids = np.flatnonzero(counts)
        return dict(zip(ids.tolist(), counts[ids].tolist(), strict=True))
    ids, counts = np.unique(labels, return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def _numbered(labels: NDArray[Any]) -> tuple[Sequence[int], NDArray[Any]]:
    """Return ids, and the labels with each id replaced by its place among them."""
    if _is_dense(labels):
        # They are numbers as they stand; sorting pixels takes a hundred times longer.
        return range(1, int(labels.max(initial=0)) + 1), labels
    ids, places = np.unique(labels, return_inverse=True)
    return ids.tolist(), places.reshape(labels.shape) + 1


def _is_dense(labels: NDArray[Any]) -> bool:
    small = bool(labels.size) and labels.min() >= 0 and labels.max() <= _DENSE
    return small and labels.dtype != np.uint64
