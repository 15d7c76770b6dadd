"""The pixels at which a mask ends, and the band of them along its inside.

What lies beyond the array's rim is not in the mask, so a mask that touches the rim
ends there: `scipy.ndimage.binary_erosion` and MONAI take it the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def boundary(mask: Mask, void: Mask | None = None) -> Mask:
    """Return the inner boundary: pixels of the mask with a face neighbour outside.

    Parameters
    ----------
    mask : ndarray of bool
        At least one axis.
    void : ndarray of bool, same shape, optional
        Pixels of which nobody knows whether they are in the mask. They are no
        boundary, and a pixel is no boundary because of a void neighbour.

    Returns
    -------
    ndarray of bool, same shape
        All False if the mask is empty.

    Examples
    --------
    >>> boundary(np.array([False, True, True, True, False])).astype(int)
    array([0, 1, 0, 1, 0])
    """
    filled = mask if void is None else mask | void
    inside = filled.copy()
    for axis in range(mask.ndim):
        # Views along the axis, so that shifts read alike for every axis.
        along, source = inside.swapaxes(axis, 0), filled.swapaxes(axis, 0)
        along[1:] &= source[:-1]
        along[:-1] &= source[1:]
        along[:1] = False
        along[-1:] = False
    return _known(mask & ~inside, void)


def inner_band(mask: Mask, widths: Sequence[int], void: Mask | None = None) -> Mask:
    """Return the pixels of the mask that lie within some pixels of its outside.

    A pixel is in the band if the box that reaches `widths` pixels to both sides of it
    leaves the mask: on an isotropic image that is the mask less its erosion by a
    square, as Cheng et al. (2021) compute it.

    Parameters
    ----------
    mask : ndarray of bool
        At least one axis.
    widths : sequence of int, one per axis
        Pixels, at least 1.
    void : ndarray of bool, same shape, optional
        As for `boundary`.

    Returns
    -------
    ndarray of bool, same shape
        All False if the mask is empty.
    """
    from scipy.ndimage import minimum_filter1d

    inside = (mask if void is None else mask | void).view(np.uint8)
    for axis, width in enumerate(widths):
        # The axis' length already reaches out of the array from everywhere.
        reach = min(width, inside.shape[axis])
        inside = minimum_filter1d(inside, 2 * reach + 1, axis, mode="constant", cval=0)
    return _known(mask & ~inside.view(np.bool_), void)


def _known(pixels: Mask, void: Mask | None) -> Mask:
    return pixels if void is None else pixels & ~void
