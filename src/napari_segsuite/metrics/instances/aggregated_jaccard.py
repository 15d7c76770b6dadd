"""The aggregated Jaccard index of objects."""

from __future__ import annotations

import numpy as np

from napari_segsuite.metrics.contingency import Ids
from napari_segsuite.metrics.instances.pairs import ObjectPairs


def aggregated_areas(pairs: ObjectPairs) -> tuple[int, int]:
    """Return the intersection and the union whose ratio is the aggregated Jaccard.

    Each true object picks the predicted object with which its IoU is largest (of equal
    ones that with the lowest id), which others may pick as well. The intersections of
    these pairs are added up, and so are their unions; true objects without overlap and
    predicted objects that none picked are added to the union. Not added are those that
    lie on ignored pixels by more than half.

    Parameters
    ----------
    pairs : ObjectPairs
        The objects and their overlaps.

    Returns
    -------
    intersection, union : int
        In pixels; both 0 without objects. Sums over images give the index of all.

    References
    ----------
    Kumar N. et al. (2017), IEEE Transactions on Medical Imaging 36(7), 1550-1560,
    algorithm 1.
    """
    best = best_pairs(pairs)
    overlap = int(pairs.overlaps[best].sum())
    picked = pairs.pred_index[best]
    alone = ~pairs.pred_ignored
    alone[picked] = False
    union = (
        int(pairs.true_areas.sum())
        + int(pairs.pred_areas[picked].sum())
        - overlap
        + int(pairs.pred_areas[alone].sum())
    )
    return overlap, union


def best_pairs(pairs: ObjectPairs) -> Ids:
    """Return for each true object that overlaps any its pair with the largest IoU.

    Parameters
    ----------
    pairs : ObjectPairs
        The objects and their overlaps.

    Returns
    -------
    ndarray of int64, shape (true objects with overlap,)
        Positions in the columns of `pairs`; of equal IoU the first.
    """
    if not pairs.ious.size:
        return np.empty(0, np.int64)
    # Pairs of one true object follow each other.
    first = np.flatnonzero(np.diff(pairs.true_index, prepend=-1))
    lengths = np.diff(first, append=pairs.ious.size)
    largest = np.repeat(np.maximum.reduceat(pairs.ious, first), lengths)
    reached = np.flatnonzero(pairs.ious == largest)
    best: Ids = reached[np.diff(pairs.true_index[reached], prepend=-1) != 0]
    return best
