"""Whether the ids of a layer look like objects: each is one blob, all of a size."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

from napari_segsuite.widgets.measure.parts import ArrayPart

# One slice is looked at, and of that no more pixels per axis than these: alike along
# both, so that round stays round.
_SIDE: Final = 512
# Two ids may be a class and its background; more than these are not looked through.
_FEWEST, _MOST = 3, 64
# Of the pixels of an id, the part that hangs together; and the part of all ids that do.
_IN_ONE: Final = 0.95
_ALIKE: Final = 0.9
# The largest objects of a picture are rarely more times larger than the smallest; a
# class that fills the space between others is.
_LARGER: Final = 12.0
# Strokes are long: of the square around it, a round object fills half and more.
_COMPACT: Final = 0.25
# Objects lie on something.
_BACKGROUND: Final = 0.05


def looks_like_objects(part: ArrayPart) -> bool:
    """Return whether ids look like objects, by a look at the middle slice.

    Parameters
    ----------
    part : ArrayPart
        Labels; one slice is read.

    Returns
    -------
    bool
        Whether there are some ids above 0, nearly all of them compact, in one piece
        and of similar size, on a background of 0. False if the slice is empty.
    """
    plane = _middle(part)
    ids = np.unique(plane)
    ids = ids[ids > 0]
    if not _FEWEST <= ids.size <= _MOST:
        return False
    if np.count_nonzero(plane == 0) < _BACKGROUND * plane.size:
        return False
    numbered = np.where(plane > 0, np.searchsorted(ids, plane) + 1, 0)
    areas, whole = [], 0
    for number, box in enumerate(find_objects(numbered), start=1):
        mask = numbered[box] == number
        area = int(np.count_nonzero(mask))
        pieces, _ = label(mask)
        largest = int(np.bincount(pieces.ravel())[1:].max())
        areas.append(area)
        compact = area >= _COMPACT * max(mask.shape) ** 2
        whole += compact and largest >= _IN_ONE * area
    low, high = np.quantile(areas, [0.1, 0.9])
    return bool(whole >= _ALIKE * ids.size and high <= _LARGER * low)


def _middle(part: ArrayPart) -> NDArray[Any]:
    """Return the middle slice along all axes but the last two, thinned."""
    window = tuple(
        slice(0, size)
        if axis >= len(part.shape) - 2
        else slice(size // 2, size // 2 + 1)
        for axis, size in enumerate(part.shape)
    )
    plane = part[window].reshape(part.shape[-2:])
    step = max(1, -(-max(plane.shape) // _SIDE))
    return plane[::step, ::step]
