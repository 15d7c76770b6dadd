"""Counting which ids meet: worked by hand, against scikit-learn, and as algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import confusion_matrix

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.contingency import ContingencyTable, count, empty_table

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


@settings(max_examples=50)
@given(two_arrays(SMALL), st.data())
def test_changed_pixels_update_like_a_recount(
    both: np.ndarray, data: st.DataObject
) -> None:
    true, pred = both
    now = data.draw(hnp.arrays(np.int64, true.shape, elements=SMALL))
    changed = now != true

    updated = count(true, pred).updated(
        true[changed], pred[changed], now[changed], pred[changed]
    )

    assert updated == count(now, pred)


def test_pixels_that_were_never_counted_cannot_be_taken_away() -> None:
    with pytest.raises(ValueError, match="no part"):
        count([1, 1], [1, 1]).updated([2], [1], [1], [1])


def test_tables_are_no_numbers() -> None:
    assert (count([1], [1]) == 1) is False


def test_truth_can_be_left_out_by_id() -> None:
    table = count([0, 0, 1], [1, 0, 1]).without_true(0)

    assert pairs(table) == {(1, 1): 1}


@pytest.mark.parametrize(
    ("true", "pred", "message"),
    [
        (np.zeros((2, 3), int), np.zeros((3, 2), int), "2 × 3 .* 3 × 2"),
        (np.zeros(3, int), np.zeros((3, 1), int), "same shape"),
        (np.zeros(2, object), np.zeros(2, int), "truth must hold whole numbers"),
        (np.zeros(2, int), np.zeros(2, complex), "prediction must hold whole"),
        (np.array([0.5]), np.zeros(1, int), "0.5 is among"),
        (np.zeros(1, int), np.array([np.nan]), "nan is among"),
        (np.array([np.inf]), np.zeros(1, int), "inf is among"),
        (np.array([2.0**63]), np.zeros(1, int), "9.22337e"),
        (np.array([2**63], np.uint64), np.zeros(1, int), "9223372036854775808"),
    ],
)
def test_what_cannot_be_counted_is_refused(
    true: np.ndarray, pred: np.ndarray, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        count(true, pred)
