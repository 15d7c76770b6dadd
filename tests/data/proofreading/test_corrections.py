"""Corrections by hand-worked arrays and by laws that hold for any labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from napari_segsuite.data.proofreading import objects
from napari_segsuite.data.proofreading.change import change_to
from napari_segsuite.data.proofreading.shapes import fill_holes, smooth
from napari_segsuite.data.proofreading.splitting import split
from napari_segsuite.data.proofreading.strokes import stroke_pixels
from napari_segsuite.errors import InputError

ANY_LABELS = st.sampled_from([(6, 7), (3, 4, 5)]).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 3))
)


def after(labels, change):
    """Return labels with a change made, once it is checked to be one."""
    assert change.before.dtype == change.after.dtype == labels.dtype
    assert np.array_equal(labels[change.indices], change.before)
    assert np.all(change.before != change.after)
    new = labels.copy()
    new[change.indices] = change.after
    return new


def drawn(shape, *path):
    pixels = stroke_pixels(np.array(path, float), shape)
    cut = np.zeros(shape, bool)
    cut[tuple(pixels.T)] = True
    return cut


def test_a_stroke_goes_from_side_to_side():
    pixels = stroke_pixels(np.array([[0.0, 0], [2, 2]]), (3, 3))
    assert np.abs(np.diff(pixels, axis=0)).sum(1).tolist() == [1, 1, 1, 1]
    assert stroke_pixels(np.array([[1.2, 0.8]]), (3, 3)).tolist() == [[1, 1]]
    assert stroke_pixels(np.array([[-9.0, 1], [9, 1]]), (3, 3)).tolist() == [
        [0, 1],
        [1, 1],
        [2, 1],
    ]


@settings(deadline=None, max_examples=50)
@given(arrays(float, (3, 2), elements=st.floats(-3, 12)))
def test_nothing_touches_across_a_stroke(path):
    pixels = stroke_pixels(path, (10, 10))
    everywhere = stroke_pixels(path + 20, (60, 60))
    assert np.all(np.abs(np.diff(everywhere, axis=0)).sum(1) <= 1)
    assert np.all((pixels >= 0) & (pixels < 10))


def test_merging_takes_the_first_id():
    labels = np.array([[4, 4, 0, 2], [9, 0, 0, 2]], np.uint8)
    ids = objects.ids_along(labels, np.array([[0, 3], [0, 2], [0, 1], [0, 0]]))
    assert ids == (2, 4)
    assert after(labels, objects.merge(labels, ids)).tolist() == [
        [2, 2, 0, 2],
        [9, 0, 0, 2],
    ]
    with pytest.raises(InputError, match="met one"):
        objects.merge(labels, ids[:1])
    with pytest.raises(InputError, match="met none"):
        objects.merge(labels, ())


def test_deleting():
    labels = np.array([[4, 0, 2]], np.int32)
    assert after(labels, objects.delete(labels, (2,))).tolist() == [[4, 0, 0]]
    with pytest.raises(InputError, match="no object"):
        objects.delete(labels, ())


def test_a_line_splits_and_the_larger_part_keeps_the_id():
    labels = np.zeros((5, 7), np.uint8)
    labels[1:4, 1:6] = 3
    new = after(labels, split(labels, [3], drawn((5, 7), (0, 2), (4, 2)), next_id=8))
    # Of the pixels on the line, each goes to one of its two neighbours.
    assert new[2].tolist() == [0, 8, 8, 3, 3, 3, 0]
    assert np.array_equal(new > 0, labels > 0)


def test_other_pieces_of_an_object_and_other_objects_stay():
    labels = np.zeros((5, 9), np.uint8)
    labels[1:4, 1:4] = 3
    labels[1:4, 6:8] = 3  # a piece apart, into which the line reaches
    labels[4, :] = 5
    cut = drawn((5, 9), (2, 0), (2, 6))
    new = after(labels, split(labels, [3], cut, next_id=6))
    assert np.all(new[1:4, 6:8] == 3)
    assert np.all(new[4] == 5)
    assert new[1:4, 2].tolist() == [3, 3, 6]


def test_a_plane_splits_a_volume():
    labels = np.zeros((4, 6, 6), np.int16)
    labels[1:, 1:5, 1:5] = 2
    cut = drawn((6, 6), (0, 3), (5, 3))[None]
    new = after(labels, split(labels, [2], cut, next_id=3))
    assert np.array_equal(new > 0, labels > 0)
    for plane in new[1:]:
        assert np.array_equal(plane, new[1])
    assert set(new[1].ravel()) == {0, 2, 3}


def test_a_split_that_cannot_be_is_told():
    labels = np.full((3, 3), 255, np.uint8)
    with pytest.raises(InputError, match="uint8"):
        split(labels, [255], drawn((3, 3), (1, -1), (1, 3)), next_id=256)
    with pytest.raises(InputError, match="divides no object"):
        split(labels, [255], drawn((3, 3), (1, -1), (1, 1)), next_id=2)


@settings(deadline=None, max_examples=50)
@given(
    arrays(np.int32, (9, 9), elements=st.integers(0, 1)),
    arrays(float, (2, 2), elements=st.floats(-2, 11)),
)
def test_laws_of_splitting(labels, path):
    cut = drawn((9, 9), *path)
    try:
        new = after(labels, split(labels, [1], cut, next_id=2))
    except InputError:
        return
    assert np.array_equal(new > 0, labels > 0)
    sizes = np.bincount(new.ravel())[1:]
    assert np.all(sizes > 0), "ids are used without gaps"
    # New objects are in one piece each.
    for id_ in range(2, sizes.size + 1):
        assert ndimage.label(new == id_, np.ones((3, 3)))[1] == 1


def test_filling_leaves_other_objects_and_open_bays():
    labels = np.array(
        [
            [1, 1, 1, 1, 1],
            [1, 0, 2, 0, 1],
            [1, 1, 1, 1, 1],
            [1, 0, 1, 0, 0],
            [1, 1, 1, 1, 0],
        ],
        np.uint8,
    )
    wanted = labels.copy()
    wanted[1, 1] = wanted[1, 3] = wanted[3, 1] = 1
    assert np.array_equal(after(labels, fill_holes(labels)), wanted)
    assert np.array_equal(after(labels, fill_holes(labels, 1)), wanted)
    assert fill_holes(labels, 2).size == 0


def test_a_hole_in_space_is_closed_on_all_sides():
    labels = np.ones((3, 3, 3), np.uint8)
    labels[1, 1, 1] = 0
    assert after(labels, fill_holes(labels)).all()
    labels[0, 1, 1] = 0
    assert fill_holes(labels).size == 0


def test_smoothing_takes_thorns_and_fills_dents():
    labels = np.zeros((7, 9), np.uint8)
    labels[2:, 1:5], labels[2:, 5:8] = 1, 2
    labels[1, 3] = 1  # a thorn
    labels[4, 4] = 2  # a tooth of the neighbour
    wanted = np.zeros((7, 9), np.uint8)
    wanted[2:, 1:5], wanted[2:, 5:8] = 1, 2
    assert np.array_equal(after(labels, smooth(labels, 1)), wanted)


def test_smoothing_one_object_leaves_the_others():
    labels = np.array([[1, 1, 1, 2], [1, 2, 1, 2], [1, 1, 1, 2]], np.uint8)
    new = after(labels, smooth(labels, 1, only=1))
    assert np.array_equal(new == 2, labels == 2)


@settings(deadline=None, max_examples=40)
@given(ANY_LABELS, st.integers(0, 2))
def test_laws_of_smoothing(labels, radius):
    change = smooth(labels, radius)
    new = after(labels, change)
    assert set(np.unique(new)) | {0} == set(np.unique(labels)) | {0}
    if radius == 0:
        assert change.size == 0


@settings(deadline=None, max_examples=40)
@given(ANY_LABELS, st.integers(1, 20))
def test_small_objects_go_and_others_stay(labels, least):
    new = after(labels, objects.remove_small(labels, least))
    for id_ in (1, 2, 3):
        kept = np.count_nonzero(labels == id_) >= least
        assert np.array_equal(new == id_, (labels == id_) & kept)


@settings(deadline=None, max_examples=40)
@given(ANY_LABELS, st.sampled_from([1, 60]))
def test_relabelling_keeps_objects_and_order(labels, factor):
    labels = labels * np.uint8(factor)
    new = after(labels, objects.relabel(labels))
    ids = np.unique(labels[labels > 0])
    assert np.array_equal(np.unique(new[new > 0]), np.arange(1, ids.size + 1))
    for number, id_ in enumerate(ids, start=1):
        assert np.array_equal(new == number, labels == id_)


def test_relabelling_into_a_small_dtype_is_refused():
    labels = np.arange(-100, 101, dtype=np.int8).reshape(3, -1)
    with pytest.raises(InputError, match="int8"):
        objects.relabel(labels)


def test_objects_by_half_in_the_region_stay():
    labels = np.array([[1, 1, 2, 2, 2, 3]], np.uint8)
    region = np.array([False, True, True, False, False, True])
    new = after(labels, objects.keep_in_region(labels, region))
    assert new.tolist() == [[1, 1, 0, 0, 0, 3]]


def test_a_change_leaves_what_was_painted_meanwhile_and_finds_its_slice():
    labels = np.zeros((2, 3), np.uint8)
    change = change_to(labels, np.array([[1, 1, 0], [0, 0, 0]], np.uint8))
    labels[0, 1] = 9
    valid = change.still_valid(labels)
    assert (valid.size, valid.after.tolist()) == (1, [1])
    placed = valid.placed({1: 4}, 3)
    assert [index.tolist() for index in placed.indices] == [[0], [4], [0]]
