"""Which predicted object stands for which true one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.contingency import Ids
from napari_segsuite.metrics.instances.pairs import ObjectPairs

# 0.5, 0.55, … 0.95: the thresholds of COCO, StarDist and Cellpose.
THRESHOLDS = tuple(percent / 100 for percent in range(50, 100, 5))


def match(pairs: ObjectPairs, threshold: float) -> Ids:
    """Match objects one to one: as many as possible, then with the largest IoU.

    A pair may be matched if its IoU is at least `threshold`. Above 0.5 such pairs share
    no object (each object holds more than half of the other), so that all are matches.
    At 0.5 and below, pairs that compete for an object are assigned so that first the
    number of matches and then the sum of their IoU is largest.

    Parameters
    ----------
    pairs : ObjectPairs
        The objects and their overlaps.
    threshold : float
        The least IoU, in 0 (excluded) … 1.

    Returns
    -------
    ndarray of int64, shape (matches,)
        Positions of the matched pairs in the columns of `pairs`, ascending; empty
        without objects.

    Raises
    ------
    InputError
        If `threshold` is not above 0 and at most 1.
    """
    check_threshold(threshold)
    candidates = np.flatnonzero(pairs.ious >= threshold)
    if threshold > 0.5:
        return candidates
    true_index = pairs.true_index[candidates]
    pred_index = pairs.pred_index[candidates]
    rivals = np.maximum(
        np.bincount(true_index, minlength=pairs.n_true)[true_index],
        np.bincount(pred_index, minlength=pairs.n_pred)[pred_index],
    )
    contested = candidates[rivals > 1]
    if not contested.size:
        return candidates
    return np.union1d(candidates[rivals == 1], _assigned(pairs, contested))


def check_threshold(threshold: float) -> None:
    """Refuse a least IoU that lies not in 0 (excluded) … 1.

    Raises
    ------
    InputError
        If so, or if it is NaN.
    """
    if not 0 < threshold <= 1:
        msg = (
            f"An IoU threshold must lie above 0 and be at most 1, but it is "
            f"{threshold}. Choose one such as 0.5."
        )
        raise InputError(msg)


def ascending_thresholds(thresholds: Sequence[float]) -> list[float]:
    """Return IoU thresholds in ascending order.

    Raises
    ------
    InputError
        If there is none, one is out of range, or two are equal.
    """
    for threshold in thresholds:
        check_threshold(threshold)
    ascending = sorted({float(threshold) for threshold in thresholds})
    if not ascending or len(ascending) != len(thresholds):
        msg = (
            "IoU thresholds must be one or more different numbers, but they are "
            f"{list(thresholds)}. Give some such as 0.5, 0.75."
        )
        raise InputError(msg)
    return ascending


def _assigned(pairs: ObjectPairs, contested: Ids) -> Ids:
    """Return those of the `contested` pairs that the best assignment takes."""
    # Rivals are rare, and scipy's graphs take their time to load.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    true_ids, rows = np.unique(pairs.true_index[contested], return_inverse=True)
    pred_ids, columns = np.unique(pairs.pred_index[contested], return_inverse=True)
    # IoU only breaks ties: all of them together weigh less than one match.
    most = min(true_ids.size, pred_ids.size)
    costs = 1 - pairs.ious[contested] / (2 * most)
    # A column of its own lets every true object go unmatched; it costs one match more.
    alone = np.arange(true_ids.size)
    graph = csr_array(
        (
            np.concatenate((costs, np.full(true_ids.size, 2.0))),
            (
                np.concatenate((rows, alone)),
                np.concatenate((columns, pred_ids.size + alone)),
            ),
        ),
        shape=(true_ids.size, pred_ids.size + true_ids.size),
    )
    taken = np.full(true_ids.size, -1)
    taken_rows, taken_columns = min_weight_full_bipartite_matching(graph)
    taken[taken_rows] = taken_columns
    assigned: Ids = contested[taken[rows] == columns]
    return assigned
