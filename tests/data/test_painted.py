"""Painted labels: counting, checking, mapping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.painted import (
    IGNORED,
    check_painting,
    free_id,
    merge,
    survey,
    to_target,
)
from napari_segsuite.errors import InputError

PAINTED = np.array(
    [
        [0, 0, 0, 0],
        [0, 1, 1, 0],
        [0, 0, 7, 0],
    ]
)


def survey_of(labels, axes="YX", ndim=2):
    return survey(Frames(np.asarray(labels), axes, ndim))


def test_survey_counts():
    found = survey_of(PAINTED)
    assert found.counts == {1: 2, 7: 1}
    assert found.pixels == 12
    assert found.painted == 3
    assert found.share == 0.25
    assert found.boxes == ((slice(1, 3), slice(1, 3)),)


def test_survey_of_a_stack_knows_the_painted_slices():
    stack = np.stack([np.zeros_like(PAINTED), PAINTED, np.zeros_like(PAINTED)])
    assert survey_of(stack, "ZYX").frames_painted == (False, True, False)
    found = survey_of(stack, "ZYX", ndim=3)
    assert found.boxes == ((slice(1, 2), slice(1, 3), slice(1, 3)),)


def test_survey_joins_blocks(monkeypatch):
    monkeypatch.setattr(Frames.blocks, "__defaults__", (1,))
    assert survey_of(PAINTED).counts == {1: 2, 7: 1}
    assert survey_of(PAINTED).boxes == ((slice(1, 3), slice(1, 3)),)


def test_survey_of_nothing():
    found = survey_of(np.zeros((2, 2), "u1"))
    assert (found.counts, found.boxes, found.share) == ({}, (None,), 0.0)


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", ">i2", "u2", ">u4", "i8", "u8"])
def test_every_integer_dtype_counts_alike(dtype):
    labels = np.array([[0, 1], [1, 0]]).astype(dtype)
    assert survey_of(labels).counts == {1: 2}


def test_large_ids_stay_exact():
    ids = [2**53 + 1, 2**63 + 1, 2**64 - 1]
    assert survey_of(np.array([ids], dtype="u8")).counts == dict.fromkeys(ids, 1)


def test_float_labels_are_refused():
    with pytest.raises(InputError, match=r"whole numbers.*float32"):
        survey_of(np.ones((2, 2), "f4"))


def test_merge_adds():
    found = merge([survey_of(PAINTED), survey_of(PAINTED * 2)])
    assert found.counts == {1: 2, 2: 2, 7: 1, 14: 1}
    assert found.pixels == 24
    assert len(found.boxes) == 2


def test_two_classes_are_accepted_with_gaps():
    classes = check_painting(survey_of(PAINTED))
    assert classes.ids == (1, 7)
    assert classes.background_id is None
    assert [info.name for info in classes.table] == ["background", "class 7"]


def test_known_names_are_kept_and_unpainted_ones_left_out():
    known = (ClassInfo(id=7, name="nucleus"), ClassInfo(id=9, name="debris"))
    classes = check_painting(survey_of(PAINTED), known=known)
    assert [info.name for info in classes.table] == ["background", "nucleus"]


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (np.zeros((2, 2), "u1"), "Nothing is painted"),
        (np.eye(2, dtype=bool), "Only one class.*unpainted is background"),
        (np.array([[1, -3]]), "negative ids .-3."),
        (np.array([[1, 2**31]], dtype="u4"), "above 2147483647"),
        (np.array([[1, 2**64 - 1]], dtype="u8"), "above 2147483647"),
        (np.arange(400).reshape(20, 20), "399 different ids"),
    ],
)
def test_what_cannot_be_learned_from(labels, sentence):
    with pytest.raises(InputError, match=sentence):
        check_painting(survey_of(labels))


def test_unpainted_as_background_makes_a_class_of_one():
    found = survey_of(np.eye(2, dtype=bool))
    classes = check_painting(found, unpainted_is_background=True)
    assert classes.ids == (1, 2)
    assert classes.background_id == 2
    assert [info.name for info in classes.table] == ["class 1", "background"]
    assert [info.thing for info in classes.table] == [True, False]


def test_unpainted_as_background_needs_unpainted_pixels():
    with pytest.raises(InputError, match="Every pixel is painted"):
        check_painting(survey_of(np.ones((2, 2), "u1")), unpainted_is_background=True)


def test_nothing_painted_is_refused_with_background_too():
    with pytest.raises(InputError, match="Nothing is painted"):
        check_painting(survey_of(np.zeros((2, 2), int)), unpainted_is_background=True)


@pytest.mark.parametrize(
    ("ids", "free"), [((), 1), ((1,), 2), ((2, 3), 1), ((1, 2, 4), 3)]
)
def test_free_id(ids, free):
    assert free_id(ids) == free


def test_target_by_hand():
    target = to_target(PAINTED, (1, 7))
    assert target.dtype == np.int64
    np.testing.assert_array_equal(
        target, [[-1, -1, -1, -1], [-1, 0, 0, -1], [-1, -1, 1, -1]]
    )


def test_target_with_background():
    target = to_target(np.array([[0, 5]]), (2, 5), background_id=2)
    np.testing.assert_array_equal(target, [[0, 1]])


def test_target_keeps_the_order_of_the_table():
    np.testing.assert_array_equal(to_target(np.array([[1, 7]]), (7, 1)), [[1, 0]])


@pytest.mark.parametrize("unknown", [3, -1, 2**40])
def test_ids_beyond_the_table_are_refused(unknown):
    with pytest.raises(InputError, match=f"does not know: {unknown}"):
        to_target(np.array([[0, 1, unknown]]), (1, 2))


def test_target_of_bool_and_of_nothing():
    np.testing.assert_array_equal(to_target(np.array([[True, False]]), (1,)), [[0, -1]])
    assert to_target(np.zeros((0, 4), "u1"), (1,)).shape == (0, 4)


@given(
    ids=st.lists(st.integers(1, 2**31 - 1), min_size=1, max_size=6, unique=True),
    dtype=st.sampled_from(["u4", "i4", "u8", "i8", ">u4", ">i8"]),
    data=st.data(),
)
def test_target_maps_back(ids, dtype, data):
    table = sorted(ids)
    values = data.draw(st.lists(st.sampled_from([0, *ids]), min_size=1, max_size=30))
    if np.dtype(dtype).kind == "i":
        values = [min(v, np.iinfo(dtype).max) for v in values]
    labels = np.array(values, dtype=dtype)
    target = to_target(labels, table)
    back = np.array([0, *table])[target + 1]
    assert IGNORED == -1
    np.testing.assert_array_equal(back, labels)
