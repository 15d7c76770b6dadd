"""The place of ids among those that occur."""

from __future__ import annotations

import numpy as np

from napari_segsuite.metrics.contingency import Ids

# Ids that span no more than so many values, or than four per entry, are looked up.
_FEW = 1 << 16


def ranked(ids: Ids) -> tuple[Ids, Ids]:
    """Return which ids occur, and where each entry's id stands among them.

    The same as ``numpy.unique(ids, return_inverse=True)``, but without sorting where
    ids lie close together, as those of label images do.

    Parameters
    ----------
    ids : ndarray of int64, shape (entries,)
        In any order; may be empty.

    Returns
    -------
    present : ndarray of int64, shape (different ids,)
        Ascending.
    ranks : ndarray of int64, shape (entries,)
        ``present[ranks]`` is `ids`.
    """
    if not ids.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    low, high = int(ids.min()), int(ids.max())
    if high - low >= max(_FEW, 4 * ids.size):
        present, ranks = np.unique(ids, return_inverse=True)
        return present, ranks
    shifted = ids - low
    occurs = np.zeros(high - low + 1, np.bool_)
    occurs[shifted] = True
    found = np.flatnonzero(occurs)
    rank_of = np.empty(occurs.size, np.int64)
    rank_of[found] = np.arange(found.size)
    return found + low, rank_of[shifted]
