"""Objects and their overlaps: by hand, and IoU against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import jaccard_score

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count, empty_table
from napari_segsuite.metrics.instances.pairs import ObjectPairs, object_pairs

BIG = 2**63 - 1
RUNS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 6)), max_size=10
)


def overlaps(pairs: ObjectPairs) -> dict[tuple[int, int], int]:
    rows = zip(
        pairs.true_ids[pairs.true_index].tolist(),
        pairs.pred_ids[pairs.pred_index].tolist(),
        pairs.overlaps.tolist(),
        strict=True,
    )
    return {(true, pred): n for true, pred, n in rows}


def test_overlaps_worked_by_hand() -> None:
    true = [[1, 1, 0], [1, 2, 2]]
    pred = [[5, 0, 5], [5, 5, 7]]

    pairs = object_pairs(count(true, pred))

    assert pairs.true_ids.tolist() == [1, 2]
    assert pairs.true_areas.tolist() == [3, 2]
    assert pairs.pred_ids.tolist() == [5, 7]
    assert pairs.pred_areas.tolist() == [4, 1]
    assert overlaps(pairs) == {(1, 5): 2, (2, 5): 1, (2, 7): 1}
    assert pairs.ious.tolist() == [2 / 5, 1 / 5, 1 / 2]
    assert not pairs.pred_ignored.any()


@given(runs=RUNS)
def test_iou_agrees_with_scikit_learn(runs: list[tuple[int, int, int]]) -> None:
    true = np.repeat([r[0] for r in runs], [r[2] for r in runs]).astype(int)
    pred = np.repeat([r[1] for r in runs], [r[2] for r in runs]).astype(int)

    pairs = object_pairs(count(true, pred))

    for pair, iou in enumerate(pairs.ious):
        mine = true == pairs.true_ids[pairs.true_index[pair]]
        theirs = pred == pairs.pred_ids[pairs.pred_index[pair]]
        assert iou == pytest.approx(jaccard_score(mine, theirs), abs=1e-12)


def test_empty_and_all_background_have_no_objects() -> None:
    for table in (empty_table(), count([0, 0], [0, 0])):
        pairs = object_pairs(table)
        assert (pairs.n_true, pairs.n_pred, pairs.ious.size) == (0, 0, 0)


def test_largest_ids_keep_apart() -> None:
    pairs = object_pairs(count([BIG, BIG - 1], [BIG - 1, BIG]))

    assert overlaps(pairs) == {(BIG, BIG - 1): 1, (BIG - 1, BIG): 1}


def test_ignored_pixels_leave_areas_and_unions() -> None:
    true = [9, 9, 9, 1, 1, 9, 0, 0]
    pred = [5, 5, 5, 5, 0, 6, 6, 7]

    pairs = object_pairs(count(true, pred), ignore_ids=[9])

    assert pairs.true_ids.tolist() == [1]
    assert pairs.pred_ids.tolist() == [5, 6, 7]
    assert pairs.pred_areas.tolist() == [1, 1, 1]
    # Three of four pixels of 5 are ignored, only half of 6.
    assert pairs.pred_ignored.tolist() == [True, False, False]
    assert pairs.ious.tolist() == [1 / 2]


def test_prediction_on_ignored_pixels_alone_is_left_out() -> None:
    pairs = object_pairs(count([9, 9, 1], [5, 5, 6]), ignore_ids=[9])

    assert pairs.pred_ids.tolist() == [6]


def test_another_background() -> None:
    pairs = object_pairs(count([0, -1, 2], [0, 3, -1]), background_id=-1)

    assert pairs.true_ids.tolist() == [0, 2]
    assert overlaps(pairs) == {(0, 0): 1}


@pytest.mark.parametrize(
    ("true", "pred", "side"),
    [([-2, 1], [1, 1], "truth"), ([1, 1], [1, -2], "prediction")],
)
def test_negative_objects_are_refused(
    true: list[int], pred: list[int], side: str
) -> None:
    with pytest.raises(InputError, match=rf"above 0, but the {side} holds -2"):
        object_pairs(count(true, pred))


def test_negative_ids_may_be_ignored() -> None:
    pairs = object_pairs(count([-1, 1], [1, 1]), ignore_ids=[-1])

    assert pairs.ious.tolist() == [1]
