"""Objects from maps: a seeded watershed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.axes import Spacing
from napari_segsuite.engine.objects.flooding import flood, smoothed
from napari_segsuite.engine.objects.seeding import levels, slopes
from napari_segsuite.plan.objects import ObjectReadout


def separate(
    foreground: NDArray[np.float32],
    distance: NDArray[np.float32],
    readout: ObjectReadout,
    spacing: Spacing | None = None,
) -> NDArray[np.int32]:
    """Tell objects apart.

    Where distances to the rim are large, an object begins (see `seeding.levels`); from
    there it is flooded downhill until it meets its neighbours (Meyer's watershed) or
    the background. A patch of foreground without a seed is one object: what is too
    small to have an inside is not lost.

    Parameters
    ----------
    foreground : float32 array, shape (*spatial), 2D or 3D
        The probability that a pixel belongs to an object, 0 to 1.
    distance : float32 array, same shape
        The distance to the object's rim as a part of the largest one in it, 0 to 1.
    readout : ObjectReadout
        Thresholds.
    spacing : tuple of float, optional
        Size of a pixel along each axis; distances are smoothed less along axes whose
        pixels are larger. None: all are alike.

    Returns
    -------
    int32 array, same shape
        Ids from 1 on without gaps, in the order in which objects begin along the
        array; 0 is background. Neighbours are pixels that share a face.
    """
    inside = foreground > readout.foreground
    parts, count = ndimage.label(inside)
    labels: NDArray[Any] = parts.astype(np.int32, copy=False)
    if not count:
        return labels
    smooth = smoothed(distance, readout.smoothing, spacing)
    flat = parts.ravel()
    sums = np.bincount(flat, slopes(smooth, spacing).ravel())
    least = levels(sums, np.bincount(flat), readout)
    seeds, seed_count = ndimage.label(inside & (smooth > least[parts]))
    # Where there is one seed or none, the whole patch is the object.
    seeded = seeds > 0
    owner = np.zeros(seed_count + 1, dtype=np.int64)
    owner[seeds[seeded]] = parts[seeded]
    crowded = np.bincount(owner[1:], minlength=count + 1) > 1
    if crowded.any():
        shared = crowded[parts]
        seeds[~shared] = 0
        flooded = flood(smooth, seeds, shared)
        labels = np.where(shared, flooded + count, labels)
    return _numbered(labels, foreground, readout)


def _numbered(
    labels: NDArray[Any], foreground: NDArray[np.float32], readout: ObjectReadout
) -> NDArray[np.int32]:
    """Leave out what is too small or doubtful; give the others numbers as they begin.

    The rule is that of `Inventory.objects`.
    """
    flat = labels.ravel()
    areas = np.bincount(flat)
    sums = np.bincount(flat, foreground.ravel())
    large = (areas >= readout.min_area) & (np.arange(len(areas)) > 0)
    is_kept = large & (sums >= readout.min_score * areas)
    # Assigned backwards, each id keeps the first place at which it occurs.
    where = np.flatnonzero(flat)
    first = np.full(len(areas), len(flat), dtype=np.int64)
    first[flat[where[::-1]]] = where[::-1]
    kept = np.flatnonzero(is_kept)
    numbers = np.zeros(len(areas), dtype=np.int32)
    numbers[kept[np.argsort(first[kept], kind="stable")]] = np.arange(1, len(kept) + 1)
    numbered: NDArray[np.int32] = numbers[labels]
    return numbered
