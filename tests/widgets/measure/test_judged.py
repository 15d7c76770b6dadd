import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_segsuite.widgets.measure import judged
from napari_segsuite.widgets.measure.judged import JudgedArray, Rule, judge

TRUE = np.array([[0, 0, 1, 2], [1, 2, 2, 0]])
PRED = np.array([[0, 1, 1, 0], [2, 2, 1, 0]])


def test_right_too_much_missed_and_another_class():
    found = judge(TRUE, PRED, Rule())
    assert found.dtype == np.uint8
    assert found.tolist() == [[0, 2, 1, 3], [4, 1, 4, 0]]


def test_ids_of_objects_need_not_agree():
    found = judge(TRUE, PRED, Rule(by_class=False))
    assert found.tolist() == [[0, 2, 1, 3], [1, 1, 1, 0]]


def test_one_class_alone():
    found = judge(TRUE, PRED, Rule(target=2))
    assert found.tolist() == [[0, 0, 0, 3], [2, 1, 3, 0]]


def test_unpainted_pixels_are_not_judged():
    # 0 is unpainted, 1 background: a predicted 0 says nothing.
    found = judge(TRUE, PRED, Rule(background_id=1, ignore_id=0))
    assert found.tolist() == [[0, 0, 0, 3], [2, 1, 3, 0]]


def test_without_background_every_id_is_something():
    found = judge(TRUE, PRED, Rule(background_id=None))
    assert found.tolist() == [[1, 4, 1, 4], [4, 1, 4, 1]]


@pytest.mark.parametrize("shape", [(0,), (0, 4), (3, 0, 2)])
def test_empty_arrays_have_no_verdicts(shape):
    assert judge(np.zeros(shape, int), np.zeros(shape, int), Rule()).shape == shape


def test_booleans_of_different_types():
    found = judge(np.array([True, False]), np.array([1, 1], np.uint8), Rule())
    assert found.tolist() == [1, 2]


@given(
    hnp.arrays(
        np.int16, hnp.array_shapes(max_dims=3, max_side=5), elements=st.integers(-1, 3)
    ),
    st.data(),
)
def test_counts_are_those_of_the_definition(true, data):
    pred = data.draw(hnp.arrays(np.int16, true.shape, elements=st.integers(-1, 3)))
    target = data.draw(st.integers(0, 3))
    found = judge(true, pred, Rule(target=target, ignore_id=-1))
    scored = true != -1
    said, there = pred == target, true == target
    assert (found == 1).sum() == (said & there & scored).sum()
    assert (found == 2).sum() == (said & ~there & scored).sum()
    assert (found == 3).sum() == (~said & there & scored).sum()


def test_large_arrays_are_judged_in_parts_alike(monkeypatch):
    monkeypatch.setattr(judged, "_PIXELS_AT_ONCE", 3)
    assert judge(TRUE, PRED, Rule()).tolist() == [[0, 2, 1, 3], [4, 1, 4, 0]]


class OnlySlices:
    """An array that can be read as `ArrayPart` can: by slices with start and stop."""

    def __init__(self, array):
        self.array, self.shape, self.read = array, array.shape, []

    def __getitem__(self, window):
        self.read.append(window)
        assert all(0 <= part.start <= part.stop for part in window)
        return self.array[window]


STACK = np.random.default_rng(1).integers(0, 3, (4, 5, 6))
OTHER = np.random.default_rng(2).integers(0, 3, (4, 5, 6))


@given(
    hnp.basic_indices(STACK.shape)
    | st.sampled_from([np.int64(2), 0, (slice(3, 99), slice(None, None, -2))])
)
def test_any_part_can_be_asked_for(key):
    lazy = JudgedArray(OnlySlices(STACK), OnlySlices(OTHER), Rule())
    assert np.array_equal(lazy[key], judge(STACK, OTHER, Rule())[key])


def test_only_the_slice_that_is_shown_is_read():
    truth = OnlySlices(STACK)
    lazy = JudgedArray(truth, OnlySlices(OTHER), Rule())
    assert lazy[2, :, :].shape == (5, 6)
    assert truth.read == [(slice(2, 3), slice(0, 5), slice(0, 6))]


def test_an_index_outside_is_an_error_as_with_numpy():
    with pytest.raises(IndexError):
        JudgedArray(STACK, OTHER, Rule())[4]


def test_all_of_it_as_a_plain_array():
    lazy = JudgedArray(STACK, OTHER, Rule())
    assert np.array_equal(np.asarray(lazy), judge(STACK, OTHER, Rule()))


def test_it_follows_the_arrays():
    pred = PRED.copy()
    lazy = JudgedArray(TRUE, pred, Rule())
    assert lazy[0, 0] == 0
    pred[0, 0] = 1
    assert lazy[0, 0] == 2
