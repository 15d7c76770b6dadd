"""How high distances must be for an object to begin, by the size of what is there.

Distances are a part of the largest in an object, so that their slope tells how wide it
is, also where objects touch and no outline shows it: from 1 in the middle they fall to
0 within half a width.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.axes import Spacing
from napari_segsuite.plan.objects import ObjectReadout

# Slopes are added up as whole numbers, so that their order does not matter.
_STEPS: Final = 1 << 16
# Lower, all is joined; higher, middles of objects are lost.
_LOWEST, _HIGHEST = 0.2, 0.75


def slopes(
    smooth: NDArray[np.float32], spacing: Spacing | None = None
) -> NDArray[np.int32]:
    """Return the slope of distances at each pixel.

    Parameters
    ----------
    smooth : float32 array, 2D or 3D
        Smoothed distances, 0 to 1.
    spacing : tuple of float, optional
        Size of a pixel along each axis; None: all are alike.

    Returns
    -------
    int32 array, same shape
        Slopes per pixel of the axis whose pixels are smallest, in steps of 2**-16.
        Along axes of one pixel there is none.
    """
    steps = [1.0] * smooth.ndim if spacing is None else list(spacing)
    squares = np.zeros(smooth.shape, np.float32)
    for axis, step in enumerate(steps):
        if smooth.shape[axis] > 1:
            along = np.gradient(smooth, axis=axis) * np.float32(min(steps) / step)
            squares += along * along
    found: NDArray[np.int32] = np.rint(np.sqrt(squares) * _STEPS).astype(np.int32)
    return found


def levels(
    sums: NDArray[Any], areas: NDArray[Any], readout: ObjectReadout
) -> NDArray[np.float32]:
    """Return the least distance at which objects begin in each patch of foreground.

    Parameters
    ----------
    sums : integer array, shape (n,)
        The sum of `slopes` in each patch.
    areas : integer array, shape (n,)
        The pixels of each.
    readout : ObjectReadout
        `seed` is for objects as wide as `width`; `seed_rise` is added where they are
        half as wide, twice as much where they are a third, and so on.

    Returns
    -------
    float32 array, shape (n,)
    """
    slope = sums / np.maximum(areas, 1) / _STEPS
    narrower = slope * readout.width / 2
    wanted = readout.seed + readout.seed_rise * (narrower - 1)
    lowest, highest = min(_LOWEST, readout.seed), max(_HIGHEST, readout.seed)
    found: NDArray[np.float32] = np.clip(wanted, lowest, highest).astype(np.float32)
    return found
