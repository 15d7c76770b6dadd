"""Simulated painting of whole nuclei: what people do before they press Train."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BACKGROUND, NUCLEUS = 1, 2
# A stroke around each nucleus: so many pixels from it, and so far from all others.
_NEAREST, _FARTHEST = 2.0, 5.0
_FROM_OTHERS = 1.5
# People paint nuclei that they see well: whole ones, no specks.
_LEAST_AREA = 0.5


def order_of_painting(labels: NDArray[np.uint16], seed: int) -> list[int]:
    """Return the nuclei that may be painted, in random order.

    Parameters
    ----------
    labels : array, shape (Y, X)
        Instance ids; 0 = none.
    seed : int
        Of the order.

    Returns
    -------
    list of int
        Ids of nuclei that do not touch the image's border and are at least half as
        large as the median.
    """
    areas = np.bincount(labels.ravel())
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    ids = np.setdiff1d(np.flatnonzero(areas), np.append(rim, 0))
    least = _LEAST_AREA * np.median(areas[1:][areas[1:] > 0])
    good = ids[areas[ids] >= least]
    return [int(i) for i in np.random.default_rng(seed).permutation(good)]


def paint_nuclei(labels: NDArray[np.uint16], ids: list[int]) -> NDArray[np.uint8]:
    """Paint nuclei whole, and a stroke of background around each.

    Parameters
    ----------
    labels : array, shape (Y, X)
        Instance ids; 0 = none.
    ids : list of int
        The nuclei to paint.

    Returns
    -------
    array of uint8, shape (Y, X)
        0 unpainted, 1 background, 2 nucleus.
    """
    chosen = np.isin(labels, ids)
    off_all = ndimage.distance_transform_edt(labels == 0)
    off_chosen = ndimage.distance_transform_edt(~chosen)
    around = (off_chosen >= _NEAREST) & (off_chosen <= _FARTHEST)
    painted = np.zeros(labels.shape, np.uint8)
    painted[around & (off_all > _FROM_OTHERS)] = BACKGROUND
    painted[chosen] = NUCLEUS
    return painted
