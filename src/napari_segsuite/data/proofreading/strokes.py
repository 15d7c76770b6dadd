"""The pixels that a stroke runs through."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def stroke_pixels(
    path: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.intp]:
    """Return the pixels that a line of straight pieces runs through, in their order.

    Each pixel shares a side with the next one, so that what lies on either side of the
    stroke does not touch across it, not even by corners.

    Parameters
    ----------
    path : array of float, shape (n, 2)
        Where the line turns, in pixels; the centre of a pixel is a whole number. A
        single place is a line too.
    shape : (int, int)
        Rows and columns; what lies outside is left out.

    Returns
    -------
    ndarray of intp, shape (m, 2)
        The pixels; one may come twice where the line crosses itself.
    """
    pieces = [_piece(a, b) for a, b in pairwise(path)] or [np.rint(path[:1])]
    pixels = np.concatenate(pieces).astype(np.intp)
    inside = np.all((pixels >= 0) & (pixels < shape), axis=1)
    return pixels[inside]


def _piece(
    start: NDArray[np.float64], stop: NDArray[np.float64]
) -> NDArray[np.float64]:
    # Where the line crosses from one pixel to the next, as part of its length.
    crossings = [np.array([0.0, 1.0])]
    for a, b in zip(start, stop, strict=True):
        low, high = sorted((a, b))
        borders = np.arange(np.ceil(low - 0.5), np.floor(high - 0.5) + 1) + 0.5
        if a != b:
            crossings.append((borders - a) / (b - a))
    parts = np.unique(np.clip(np.concatenate(crossings), 0, 1))
    middles = (parts[1:] + parts[:-1]) / 2 if parts.size > 1 else np.zeros(1)
    pixels = np.rint(start + middles[:, None] * (stop - start))
    # Through a corner the line goes by way of the pixel beside it.
    steps = np.abs(np.diff(pixels, axis=0)).sum(axis=1)
    at = np.flatnonzero(steps > 1)
    beside = np.stack((pixels[at + 1, 0], pixels[at, 1]), axis=1)
    return np.insert(pixels, at + 1, beside, axis=0)
