"""The steps of the seeded watershed, so that parts of an image get what it all gets."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from napari_segsuite.data.axes import Spacing

# Gaussian kernels end after so many standard deviations.
_TRUNCATE: Final = 3.0


def smoothed(
    distance: NDArray[np.float32], sigma: float, spacing: Spacing | None
) -> NDArray[np.float32]:
    """Return distances, smoothed by a Gaussian.

    Parameters
    ----------
    distance : float32 array, 2D or 3D
        Distances.
    sigma : float
        Standard deviation in pixels of the axis whose pixels are smallest.
    spacing : tuple of float or None
        Size of a pixel along each axis: distances are smoothed less along axes whose
        pixels are larger. None: all are alike.
    """
    if not sigma:
        return distance
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(
        distance,
        _sigmas(sigma, spacing, distance.ndim),
        mode="nearest",
        truncate=_TRUNCATE,
    )
    return smooth


def reach(sigma: float, spacing: Spacing | None, ndim: int) -> tuple[int, ...]:
    """Return how many pixels away `smoothed` looks, along each axis."""
    # As scipy.ndimage.gaussian_filter1d has it.
    return tuple(int(_TRUNCATE * s + 0.5) for s in _sigmas(sigma, spacing, ndim))


def flood(
    smooth: NDArray[np.float32],
    seeds: NDArray[Any],
    mask: NDArray[np.bool_],
    unknown: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    """Flood a landscape of distances downhill from seeds (Meyer's watershed).

    What is flooded of a part of an image is the same as in the whole of it, where
    water that may come from outside is let in as `unknown`.

    Parameters
    ----------
    smooth : float32 array, 2D or 3D
        Distances.
    seeds : integer array, same shape
        Ids of seeds, whose pixels lie in the mask and are higher than all others
        there; 0 is none.
    mask : bool array, same shape
        What may be flooded.
    unknown : bool array, same shape, optional
        Where the mask goes on outside, that is on sides where the array was cut.

    Returns
    -------
    int32 array, same shape
        The id of the seed from which each pixel of the mask is flooded; 0 outside of
        the mask and where no water comes; -1 where the water may come from outside,
        so that only a larger part of the image can tell.
    """
    levels = -smooth.astype(np.float64)
    # Seeds go first, and in order: what happens where two floods meet on one level is
    # then settled by the order of pixels, and not by what else there is.
    places = np.flatnonzero(seeds)
    levels.flat[places] = levels.min() - len(places) - 1 + np.arange(len(places))
    markers = seeds
    if unknown is not None:
        markers = np.where(unknown & mask & (seeds == 0), -1, seeds)
    flooded: NDArray[np.int32] = watershed(  # type: ignore[no-untyped-call]
        levels, markers.astype(np.int32), mask=mask
    )
    return flooded


def _sigmas(sigma: float, spacing: Spacing | None, ndim: int) -> list[float]:
    steps = [1.0] * ndim if spacing is None else list(spacing)
    return [sigma * min(steps) / step for step in steps]
