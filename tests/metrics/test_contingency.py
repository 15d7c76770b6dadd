"""Counting which ids meet: worked by hand, against scikit-learn, and as algebra."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.metrics import contingency_table
from sklearn.metrics import confusion_matrix

from napari_segsuite.metrics.contingency import ContingencyTable, empty_table
from napari_segsuite.metrics.tally import count

SMALL = st.integers(-3, 4)


def pairs(table: ContingencyTable) -> dict[tuple[int, int], int]:
    rows = zip(*(column.tolist() for column in table.columns), strict=True)
    return {(true, pred): n for true, pred, n in rows}


def two_arrays(values: st.SearchStrategy[int]) -> st.SearchStrategy[np.ndarray]:
    shapes = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6)
    return shapes.flatmap(
        lambda shape: hnp.arrays(np.int64, (2, *shape), elements=values)
    )


def test_counts_worked_by_hand() -> None:
    true = np.array([[0, 0, 1], [1, 1, 2]])
    pred = np.array([[0, 1, 1], [1, 0, 2]])

    assert pairs(count(true, pred)) == {
        (0, 0): 1,
        (0, 1): 1,
        (1, 0): 1,
        (1, 1): 2,
        (2, 2): 1,
    }


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", ">u2", "<i4", "u8", "f4", "f8"])
def test_every_dtype_counts_alike(dtype: str) -> None:
    true = np.array([0, 1, 1, 0], dtype)
    pred = np.array([0, 1, 0, 0], "u1")

    assert pairs(count(true, pred)) == {(0, 0): 2, (1, 0): 1, (1, 1): 1}


def test_agrees_with_scikit_learn_beyond_one_pass() -> None:
    rng = np.random.default_rng(7)
    true, pred = rng.integers(0, 5, (2, 400, 700))

    matrix = confusion_matrix(true.ravel(), pred.ravel())

    expected = {(i, j): int(matrix[i, j]) for i in range(5) for j in range(5)}
    assert pairs(count(true, pred)) == expected


@given(two_arrays(st.integers(0, 9)).filter(np.size))
def test_agrees_with_scikit_image(both: np.ndarray) -> None:
    theirs = contingency_table(*both).tocoo()

    rows = zip(theirs.row.tolist(), theirs.col.tolist(), theirs.data, strict=True)
    assert pairs(count(*both)) == {(i, j): n for i, j, n in rows}


def test_noise_that_fills_the_waiting_room_is_merged_exactly() -> None:
    rng = np.random.default_rng(8)
    true, pred = rng.integers(0, 2**40, (2, 5)), rng.integers(0, 9, (2, 5))
    true, pred = np.tile(true, (1, 300_000)), np.tile(pred, (1, 300_000))

    table = count(true, pred)

    assert table.total == 3_000_000
    assert set(table.counts.tolist()) <= {300_000, 600_000}


def test_extreme_ids_keep_apart() -> None:
    low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    true = np.array([low, high, low, 0])
    pred = np.array([high, low, high, -1])

    assert pairs(count(true, pred)) == {(low, high): 2, (0, -1): 1, (high, low): 1}


def test_views_count_like_their_copies() -> None:
    rng = np.random.default_rng(3)
    true, pred = rng.integers(0, 4, (2, 20, 30, 10))

    part = (slice(None, None, -2), slice(3, 17), slice(None))

    assert count(true[part].T, pred[part].T) == count(true[part], pred[part])


def test_no_pixels_make_the_empty_table() -> None:
    assert count(np.zeros((0, 5), int), np.zeros((0, 5), int)) == empty_table()
    assert empty_table().total == 0


@given(two_arrays(SMALL), st.integers(0, 6))
def test_parts_add_up_to_the_whole(both: np.ndarray, cut: int) -> None:
    true, pred = both
    top = count(true[:cut], pred[:cut])
    bottom = count(true[cut:], pred[cut:])

    assert top + bottom == count(true, pred)
    assert count(true, pred) - top == bottom


@given(two_arrays(st.sampled_from([0, 1, 2**31, 2**62, -(2**62)])))
def test_huge_ids_agree_with_a_dictionary(both: np.ndarray) -> None:
    expected: dict[tuple[int, int], int] = {}
    for pair in zip(both[0].ravel().tolist(), both[1].ravel().tolist(), strict=True):
        expected[pair] = expected.get(pair, 0) + 1

    table = count(both[0], both[1])

    assert pairs(table) == expected
    assert list(pairs(table)) == sorted(expected)


def test_a_part_that_was_never_counted_cannot_be_taken_away() -> None:
    with pytest.raises(ValueError, match="no part"):
        count([1, 1], [1, 1]) - count([2], [1])


def test_renamed_pairs_that_become_equal_add_up() -> None:
    table = count([1, 2, 2, 5], [7, 7, 8, 8])

    classes = table.renamed(
        np.minimum(table.true_ids, 2), np.minimum(table.pred_ids, 7)
    )

    assert pairs(classes) == {(1, 7): 1, (2, 7): 3}


def test_tables_are_no_numbers() -> None:
    assert (count([1], [1]) == 1) is False


def test_truth_can_be_left_out_by_id() -> None:
    table = count([0, 0, 1], [1, 0, 1]).without_true(0)

    assert pairs(table) == {(1, 1): 1}
