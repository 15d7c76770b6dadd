"""Where each id is: the boxes of all ids of a label array, found in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[tuple[int, ...], tuple[int, ...]]


def id_boxes(labels: NDArray[Any]) -> dict[int, Box]:
    """Return the smallest box that holds each id.

    Parameters
    ----------
    labels : ndarray of int
        At least one axis; floating point if every value is whole.

    Returns
    -------
    dict of int to Box
        By id, ascending: the first and the last index along each axis. Empty if the
        array is.
    """
    if not labels.size:
        return {}
    flat = labels.reshape(-1)
    length = labels.shape[-1]
    # Runs of one id that do not pass the end of a line: far fewer than pixels.
    begins = np.empty(flat.size, np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[::length] = True
    starts = np.flatnonzero(begins)
    stops = np.append(starts[1:], flat.size)
    ids = flat[starts]
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    groups = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))
    first = np.unravel_index(starts[order], labels.shape)
    last = np.unravel_index(stops[order] - 1, labels.shape)
    low = np.stack([np.minimum.reduceat(index, groups) for index in first], axis=-1)
    high = np.stack([np.maximum.reduceat(index, groups) for index in last], axis=-1)
    return {
        int(label): (tuple(lowest), tuple(highest))
        for label, lowest, highest in zip(
            ids[groups].tolist(), low.tolist(), high.tolist(), strict=True
        )
    }
