"""Small masks over boxes brought to the pixels of an image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.frames import Window

_LEAST = 0.5


def pixels_of(
    mask: NDArray[np.float32],
    box: tuple[float, float, float, float],
    step: tuple[float, float],
    window: Window,
) -> tuple[tuple[int, int], NDArray[np.bool_]]:
    """Return the pixels of an object, given the small mask over its box.

    A pixel belongs to it if its middle lies in the box and the mask there is at least a
    half, interpolated linearly. Where that is in the mask follows from how torchvision
    makes masks to learn from: its RoIAlign takes the whole numbers for the middles of
    pixels, so that a true mask that went that way comes back as it was.

    Parameters
    ----------
    mask : array of float32, (m, m)
        Probability of the object on a grid over the box.
    box : (y0, x0, y1, x1)
        Edges of the box in pixels that the network saw, counted from the image's rim.
    step : (float, float)
        Pixels of the image per pixel that the network saw, in y and x.
    window : (slice, slice)
        The part of the image that is wanted; what lies beyond is cut off.

    Returns
    -------
    start : (int, int)
        (y, x) of the first pixel of the part, counted from the window's.
    part : array of bool
        Which pixels of the part are the object's; none of its sides is without one.
        Empty if there is none.
    """
    sides = [
        _weights(box[axis], box[axis + 2], step[axis], window[axis], size)
        for axis, size in enumerate(mask.shape)
    ]
    (top, rows), (left, columns) = sides
    inside = rows @ mask @ columns.T >= _LEAST
    there = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(there[0]):
        return (top, left), np.zeros((0, 0), np.bool_)
    (y0, y1), (x0, x1) = ((int(one[0]), int(one[-1]) + 1) for one in there)
    return (top + y0, left + x0), np.ascontiguousarray(inside[y0:y1, x0:x1])


def _weights(
    low: float, high: float, step: float, wanted: slice, cells: int
) -> tuple[int, NDArray[np.float32]]:
    """Return the first pixel in a box, and what each takes from the mask's cells."""
    first = max(wanted.start, int(np.ceil(low * step - 0.5)))
    last = min(wanted.stop, int(np.ceil(high * step - 0.5)))
    pixels = np.arange(first, max(first, last))
    seen = (pixels + 0.5) / step - 0.5
    places = (seen - low) / max(high - low, 1e-6) * cells - 0.5
    places = np.clip(places, 0, cells - 1)
    lower = np.minimum(places.astype(int), cells - 2)
    part = places - lower
    weights = np.zeros((len(pixels), cells), np.float32)
    rows = np.arange(len(pixels))
    weights[rows, lower] = 1 - part
    weights[rows, lower + 1] = part
    return first - wanted.start, weights
