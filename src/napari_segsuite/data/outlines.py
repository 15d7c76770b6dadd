"""Masks as polygons along the edges of their pixels, and polygons as masks.

Corners are (y, x); pixel (0, 0) lies between the corners (0, 0) and (1, 1), as in
ImageJ and COCO. A pixel is inside if its centre is, by the even-odd rule, so holes are
polygons like others; what `outlines` returns is filled to the same mask again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.errors import InputError

Corners = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FARTHEST: Final = 2.0**24

# The directions of steps along edges, clockwise: right, down, left, up.
_STEPS: Final = ((0, 1), (1, 0), (0, -1), (-1, 0))


def outlines(mask: Mask) -> list[NDArray[np.int64]]:
    """Return the polygons around the parts of a mask, and around the holes in them.

    Parameters
    ----------
    mask : array of bool, (Y, X)
        The mask. Pixels that touch by a corner only are parts of their own.

    Returns
    -------
    list of ndarray of int64, shape (n, 2)
        The corners (y, x) of each, not closed; around parts clockwise as seen on the
        screen, around holes the other way. Empty if the mask is.
    """
    inside = np.pad(mask.astype(bool), 1)
    here = inside[1:-1, 1:-1]
    # Each edge of a pixel whose neighbour is outside, walked clockwise.
    edges: dict[tuple[int, int], list[int]] = {}
    sides = (
        (~inside[:-2, 1:-1], 0, (0, 0)),
        (~inside[1:-1, 2:], 1, (0, 1)),
        (~inside[2:, 1:-1], 2, (1, 1)),
        (~inside[1:-1, :-2], 3, (1, 0)),
    )
    for outside, direction, (down, right) in sides:
        for y, x in np.argwhere(here & outside).tolist():
            edges.setdefault((y + down, x + right), []).append(direction)
    found = []
    while edges:
        found.append(_walk(edges))
    return found


def _walk(edges: dict[tuple[int, int], list[int]]) -> NDArray[np.int64]:
    """Take one closed way out of `edges` and return its corners."""
    start = place = min(edges)
    direction = edges[place][0]
    corners: list[tuple[int, int]] = []
    while True:
        leaving = edges[place]
        # Where two pixels touch by a corner, a right turn stays at the same pixel.
        turn = (direction + 1) % 4
        taken = turn if turn in leaving else leaving[0]
        leaving.remove(taken)
        if not leaving:
            del edges[place]
        if taken != direction or not corners:
            corners.append(place)
        direction = taken
        place = (place[0] + _STEPS[taken][0], place[1] + _STEPS[taken][1])
        # The topmost, leftmost corner of a way has one edge of it that leaves.
        if place == start:
            return np.array(corners, np.int64)


def is_hole(corners: NDArray[Any]) -> bool:
    """Whether a polygon of `outlines` goes around a hole."""
    y, x = corners.T.astype(np.float64)
    return bool(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) < 0)


def filled(
    polygons: Sequence[NDArray[Any]], shape: tuple[int, int]
) -> tuple[Mask, tuple[int, int]]:
    """Return the pixels in polygons by the even-odd rule, cut to an image.

    Parameters
    ----------
    polygons : sequence of ndarray, shape (n, 2)
        Corners (y, x), not closed or closed.
    shape : (int, int)
        Rows and columns of the image.

    Returns
    -------
    mask : array of bool
        The smallest part of the image around the polygons.
    offset : (int, int)
        (y, x) of its first pixel.

    Raises
    ------
    InputError
        If a corner is not finite, or farther away than 16,777,216 pixels.
    """
    corners = [np.asarray(one, np.float64) for one in polygons if len(one)]
    if not corners:
        return np.zeros((0, 0), bool), (0, 0)
    every = np.concatenate(corners)
    if not np.all(np.abs(every) <= _FARTHEST):
        msg = "its outline has a corner that lies far outside of any image"
        raise InputError(msg)
    low = np.clip(np.floor(every.min(0)), 0, shape).astype(int)
    high = np.clip(np.ceil(every.max(0)), low, shape).astype(int)
    (top, left), (rows, columns) = low.tolist(), (high - low).tolist()
    if not rows or not columns:
        return np.zeros((0, 0), bool), (0, 0)
    # A crossing of a row's centre line changes the side of all pixels to its right.
    crossings = np.zeros((rows, columns + 1), np.int64)
    for one in corners:
        row, x = _crossings(one, top, rows)
        column = np.clip(np.ceil(x - 0.5) - left, 0, columns).astype(np.int64)
        np.add.at(crossings, (row, column), 1)
    return np.cumsum(crossings[:, :-1], axis=1) % 2 == 1, (top, left)


def _crossings(
    corners: Corners, top: int, rows: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where edges cross the centre lines of rows: row from `top`, and x."""
    after = np.roll(corners, -1, axis=0)
    down = corners[:, 0] <= after[:, 0]
    upper = np.where(down[:, None], corners, after)
    lower = np.where(down[:, None], after, corners)
    # Centre lines y + 0.5 with upper <= y + 0.5 < lower: no corner counts twice.
    first = np.clip(np.ceil(upper[:, 0] - 0.5) - top, 0, rows).astype(np.int64)
    last = np.clip(np.ceil(lower[:, 0] - 0.5) - top, 0, rows).astype(np.int64)
    count = last - first
    edge = np.repeat(np.arange(len(corners)), count)
    row = np.arange(edge.size) - np.repeat(np.cumsum(count) - count - first, count)
    (y0, x0), (y1, x1) = upper[edge].T, lower[edge].T
    return row, x0 + (row + top + 0.5 - y0) * (x1 - x0) / (y1 - y0)
