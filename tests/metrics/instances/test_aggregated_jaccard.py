"""The aggregated Jaccard index: by hand and as the paper's loop over masks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances.aggregated_jaccard import (
    aggregated_areas,
    best_pairs,
)
from napari_segsuite.metrics.instances.pairs import object_pairs

RUNS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 6)), max_size=12
)


def by_masks(true: np.ndarray, pred: np.ndarray) -> tuple[int, int]:
    """Follow algorithm 1 of Kumar et al. pixel by pixel."""
    theirs = {int(i): pred == i for i in np.unique(pred) if i}
    used: set[int] = set()
    intersection = union = 0
    for label in np.unique(true[true != 0]):
        mine = true == label
        best, best_iou = None, 0.0
        for i, mask in theirs.items():
            iou = (mine & mask).sum() / (mine | mask).sum()
            if iou > best_iou:
                best, best_iou = i, iou
        if best is None:
            union += int(mine.sum())
            continue
        intersection += int((mine & theirs[best]).sum())
        union += int((mine | theirs[best]).sum())
        used.add(best)
    union += sum(int(mask.sum()) for i, mask in theirs.items() if i not in used)
    return intersection, union


@given(runs=RUNS)
def test_agrees_with_the_loop_over_masks(runs: list[tuple[int, int, int]]) -> None:
    n = [run[2] for run in runs]
    true = np.repeat(np.array([run[0] for run in runs], int), n)
    pred = np.repeat(np.array([run[1] for run in runs], int), n)

    assert aggregated_areas(object_pairs(count(true, pred))) == by_masks(true, pred)


def test_worked_by_hand_with_one_prediction_picked_twice() -> None:
    # 1 and 2 both pick 5: (2 + 1) of (4 + 4); 6 is added to the union.
    pairs = object_pairs(count([1, 1, 1, 2, 0, 0], [5, 5, 0, 5, 5, 6]))

    assert aggregated_areas(pairs) == (3, 5 + 4 + 1)


def test_ignored_predictions_are_not_added() -> None:
    table = count([1, 9, 9, 0], [1, 5, 5, 5])

    assert aggregated_areas(object_pairs(table, ignore_ids=[9])) == (1, 1)
    assert aggregated_areas(object_pairs(table)) == (3, 4)


def test_best_pair_of_each_object() -> None:
    pairs = object_pairs(count([1, 1, 1, 2, 2, 3], [5, 6, 6, 5, 6, 0]))

    # Objects 1 and 6: 2/4 beats 1/4; 2 and 5: 1/3 beats 1/4; 3 overlaps nothing.
    best = best_pairs(pairs)

    assert pairs.true_ids[pairs.true_index[best]].tolist() == [1, 2]
    assert pairs.pred_ids[pairs.pred_index[best]].tolist() == [6, 5]
