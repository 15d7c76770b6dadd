"""Matching of objects: by hand, and against every possible assignment."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances.matching import (
    THRESHOLDS,
    ascending_thresholds,
    match,
)
from napari_segsuite.metrics.instances.pairs import ObjectPairs, object_pairs

RUNS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 6)), max_size=12
)


def pairs_of(runs: list[tuple[int, int, int]]) -> ObjectPairs:
    """Return pairs from lists of true id, predicted id and number of pixels."""
    n = [run[2] for run in runs]
    true = np.repeat(np.array([run[0] for run in runs], int), n)
    pred = np.repeat(np.array([run[1] for run in runs], int), n)
    return object_pairs(count(true, pred))


def matched_ids(pairs: ObjectPairs, threshold: float) -> list[tuple[int, int]]:
    at = match(pairs, threshold)
    true = pairs.true_ids[pairs.true_index[at]].tolist()
    return list(zip(true, pairs.pred_ids[pairs.pred_index[at]].tolist(), strict=True))


def best_of_all(pairs: ObjectPairs, threshold: float) -> tuple[int, float]:
    """Return matches and sum of IoU of the best of all assignments."""
    iou = np.zeros((pairs.n_true, pairs.n_pred + pairs.n_true))
    iou[pairs.true_index, pairs.pred_index] = pairs.ious
    iou[iou < threshold] = 0
    options = itertools.permutations(range(iou.shape[1]), pairs.n_true)
    rows = np.arange(pairs.n_true)
    chosen = (iou[rows, list(columns)] for columns in options)
    return max((int(np.count_nonzero(c)), float(c.sum())) for c in chosen)


@given(runs=RUNS, threshold=st.sampled_from([0.05, 0.2, 0.25, 0.5, 0.51, 0.75, 1]))
def test_as_good_as_the_best_of_all_assignments(
    runs: list[tuple[int, int, int]], threshold: float
) -> None:
    pairs = pairs_of([run for run in runs if run[0] < 4])

    at = match(pairs, threshold)

    assert len(set(pairs.true_index[at].tolist())) == at.size
    assert len(set(pairs.pred_index[at].tolist())) == at.size
    assert (pairs.ious[at] >= threshold).all()
    n, iou_sum = best_of_all(pairs, threshold)
    assert at.size == n
    assert pairs.ious[at].sum() == pytest.approx(iou_sum, abs=1e-9)


def test_more_matches_win_over_a_larger_iou() -> None:
    # 1 meets 5 by 4/7 and 6 by 2/8; 2 meets 5 alone, by 1/6.
    pairs = pairs_of([(1, 5, 4), (1, 6, 2), (2, 5, 1), (0, 6, 2)])

    assert matched_ids(pairs, 0.15) == [(1, 6), (2, 5)]
    assert matched_ids(pairs, 0.25) == [(1, 5)]


def test_half_is_matched_at_half_and_once() -> None:
    pairs = pairs_of([(1, 5, 3), (2, 5, 3)])

    assert len(matched_ids(pairs, 0.5)) == 1
    assert matched_ids(pairs, 0.5000001) == []


def test_equal_to_a_threshold_as_written() -> None:
    # 11 of 20 pixels and 19 of 20: 0.55 and 0.95 are no sums of 0.05.
    pairs = pairs_of([(1, 5, 11), (1, 0, 9), (2, 6, 19), (2, 0, 1)])

    assert matched_ids(pairs, THRESHOLDS[1]) == [(1, 5), (2, 6)]
    assert matched_ids(pairs, THRESHOLDS[-1]) == [(2, 6)]


def test_a_long_chain_of_rivals_is_assigned() -> None:
    # Each object overlaps two neighbours by a third: a chain through all.
    true = np.repeat(np.arange(1, 2001), 2)
    pred = np.repeat(np.arange(1, 2002), 2)[1:4001]

    assert match(object_pairs(count(true, pred)), 0.3).size == 2000


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_thresholds_out_of_range_are_refused(threshold: float) -> None:
    with pytest.raises(InputError, match="above 0 and be at most 1"):
        match(pairs_of([(1, 1, 1)]), threshold)


def test_thresholds_ascend_and_differ() -> None:
    assert ascending_thresholds([0.75, 0.5]) == [0.5, 0.75]
    for wrong in ([], [0.5, 0.5]):
        with pytest.raises(InputError, match="one or more different numbers"):
            ascending_thresholds(wrong)
