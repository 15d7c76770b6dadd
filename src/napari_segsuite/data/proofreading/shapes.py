"""The shape of objects: holes filled, outlines smoothed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.object_boxes import object_boxes
from napari_segsuite.data.proofreading.change import Change, change_to, joined


def fill_holes(labels: NDArray[Any], only: int | None = None) -> Change:
    """Fill what is 0 and wholly enclosed by one object.

    Other objects inside a hole stay. In 3D a hole must be closed in space: one that is
    open above or below is none.

    Parameters
    ----------
    labels : integer array
        The labels.
    only : int, optional
        The one object to fill; by default all are.
    """
    changes = []
    taken = np.zeros(labels.shape, bool)
    for id_, box in object_boxes(_chosen(labels, only)).items():
        sides = zip(box.start, box.mask.shape, strict=True)
        window = tuple(slice(start, start + size) for start, size in sides)
        old = labels[window]
        holes = ndimage.binary_fill_holes(box.mask) & (old == 0) & ~taken[window]
        if holes.any():
            # Of objects in one another, the one with the smaller id fills first.
            taken[window] |= holes
            new = np.where(holes, np.asarray(id_, labels.dtype), old)
            changes.append(change_to(labels, new, box.start))
    return joined(changes, labels)


def smooth(labels: NDArray[Any], radius: int, only: int | None = None) -> Change:
    """Give every pixel the id that more than half of its neighbourhood has.

    Where no id has so many, pixels keep theirs; objects that would vanish stay as they
    are. Neighbourhoods are disks, or balls in 3D, of pixels; beyond the border the
    outermost pixels go on.

    Parameters
    ----------
    labels : integer array
        The labels.
    radius : int
        The radius of the neighbourhood in pixels; 0 changes nothing.
    only : int, optional
        The one object to smooth; pixels of others do not change then.
    """
    ball = _ball(radius, labels.ndim)
    half = int(ball.sum())
    votes: list[tuple[int, tuple[slice, ...], NDArray[np.bool_]]] = []
    new = labels.copy()
    lost = np.zeros(labels.shape, bool)
    for id_, box in object_boxes(_chosen(labels, only)).items():
        window = tuple(
            slice(max(0, start - radius), min(start + size + radius, end))
            for start, size, end in zip(
                box.start, box.mask.shape, labels.shape, strict=True
            )
        )
        mask = labels[window] == id_
        most = 2 * _count(mask, ball) > half
        if most.any():
            votes.append((id_, window, most))
            # More than half for nothing: the pixel is free.
            lost[window] |= mask & (2 * _count(labels[window] == 0, ball) > half)
    new[lost] = 0
    for id_, window, most in votes:
        # No two ids can have more than half of one neighbourhood.
        part, old = new[window], labels[window]
        part[most & ((old == 0) | (old == id_) if only is not None else True)] = id_
    _spare(new, labels)
    return change_to(labels, new)


def _spare(new: NDArray[Any], labels: NDArray[Any]) -> None:
    """Put back objects of which no pixel is left."""
    gone = np.setdiff1d(labels, new)
    if gone.size:
        back = np.isin(labels, gone[gone != 0])
        new[back] = labels[back]


def _count(mask: NDArray[np.bool_], ball: NDArray[np.int32]) -> NDArray[np.int32]:
    counted: NDArray[np.int32] = ndimage.correlate(
        mask.astype(np.int32), ball, mode="nearest"
    )
    return counted


def _ball(radius: int, ndim: int) -> NDArray[np.int32]:
    grid = np.indices((2 * radius + 1,) * ndim) - radius
    inside: NDArray[np.bool_] = np.sum(grid**2, axis=0) <= radius**2
    return inside.astype(np.int32)


def _chosen(labels: NDArray[Any], only: int | None) -> NDArray[Any]:
    return labels if only is None else np.where(labels == only, labels, 0)
