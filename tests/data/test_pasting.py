"""Which detections become objects, and who has which pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.detections import Detection, Detections, PasteOptions, runs_of
from napari_segsuite.data.pasting import paste

CLASSES = (ClassInfo(id=1, name="cell"), ClassInfo(id=7, name="nucleus"))


def row(start, stop, score, *, frame=0, class_id=1, y=0):
    """Return an object of one row."""
    mask = np.ones((1, stop - start), bool)
    box = (y, start, y + 1, stop)
    return Detection(frame, box, score, class_id, (y, start), mask.shape, runs_of(mask))


def rows(*found, shape=(1, 10), axes="YX"):
    return Detections.of(found, CLASSES, axes, shape)


def pasted(found, **options):
    options = {"min_area": 1, "covered": 1.0, **options}
    labels, segments = paste(found, PasteOptions(**options))
    return labels.tolist(), [(one.id, one.area) for one in segments]


def test_the_better_score_has_what_both_want():
    found = rows(row(0, 6, 0.6), row(4, 10, 0.9))

    assert pasted(found) == ([[2, 2, 2, 2, 1, 1, 1, 1, 1, 1]], [(1, 6), (2, 4)])


def test_the_smaller_one_has_what_both_want():
    found = rows(row(0, 4, 0.6), row(2, 10, 0.9))

    labels, segments = pasted(found, overlap="smaller")
    assert labels == [[2, 2, 2, 2, 1, 1, 1, 1, 1, 1]]
    assert segments == [(1, 6), (2, 4)]


def test_nobody_has_what_both_want():
    found = rows(row(0, 6, 0.6), row(4, 10, 0.9))

    labels, segments = pasted(found, overlap="none")
    assert labels == [[2, 2, 2, 2, 0, 0, 1, 1, 1, 1]]
    assert segments == [(1, 4), (2, 4)]


def test_the_score_decides_who_is_there():
    found = rows(row(0, 6, 0.6), row(4, 10, 0.9))

    assert pasted(found, min_score=0.7)[1] == [(1, 6)]
    assert pasted(found, min_score=0.95) == ([[0] * 10], [])


def test_one_that_is_mostly_covered_is_left_out_and_frees_its_pixels():
    # 0.8 loses 4 of 6 pixels to 0.9; so 0.7 loses nothing to 0.8.
    found = rows(row(0, 5, 0.9), row(1, 7, 0.8), row(5, 9, 0.7))

    labels, segments = pasted(found, covered=0.5)
    assert labels == [[1, 1, 1, 1, 1, 3, 3, 3, 3, 0]]
    assert segments == [(1, 5), (3, 4)]


def test_one_of_which_too_little_is_left_is_left_out():
    found = rows(row(0, 6, 0.9), row(3, 8, 0.8))

    assert pasted(found, min_area=3)[1] == [(1, 6)]
    assert pasted(found, min_area=2)[1] == [(1, 6), (2, 2)]


def test_twins_lose_nothing_to_each_other_where_one_is_covered():
    # The worse twin is left out before pixels are taken from both.
    found = rows(row(0, 6, 0.9), row(0, 6, 0.8))

    assert pasted(found, overlap="none", covered=0.5)[1] == [(1, 6)]


def test_an_object_of_one_pixel():
    assert pasted(rows(row(3, 4, 0.9)))[1] == [(1, 1)]
    assert pasted(rows(row(3, 4, 0.9)), min_area=2)[1] == []


def test_nothing_was_found():
    assert pasted(rows()) == ([[0] * 10], [])


def test_ids_are_those_of_the_whole_stack_and_boxes_have_every_axis():
    found = rows(
        row(0, 2, 0.6, frame=1, y=1, class_id=7),
        row(1, 4, 0.9),
        shape=(2, 2, 5),
        axes="TYX",
    )

    labels, segments = paste(found, PasteOptions(min_area=1))
    assert labels.dtype == np.int32
    assert labels.tolist() == [
        [[0, 1, 1, 1, 0], [0] * 5],
        [[0] * 5, [2, 2, 0, 0, 0]],
    ]
    assert [one.box for one in segments] == [
        ((0, 1), (0, 1), (1, 4)),
        ((1, 2), (1, 2), (0, 2)),
    ]
    assert [one.class_id for one in segments] == [1, 7]
    assert [one.score for one in segments] == pytest.approx([0.9, 0.6])


def test_axes_in_another_order():
    found = rows(row(1, 3, 0.9, frame=1, y=1), shape=(2, 4, 3), axes="YXZ")

    labels, segments = paste(found, PasteOptions(min_area=1))
    assert np.argwhere(labels).tolist() == [[1, 1, 1], [1, 2, 1]]
    assert segments[0].box == ((1, 2), (1, 3), (1, 2))


objects = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 5), st.sampled_from([0.5, 0.7, 0.9])),
    max_size=8,
)


@given(objects, st.sampled_from(["score", "smaller", "none"]), st.floats(0, 1))
def test_the_table_tells_what_the_labels_hold(found, overlap, covered):
    made = rows(*(row(s, s + n, score) for s, n, score in found), shape=(1, 13))
    options = PasteOptions(overlap=overlap, covered=covered, min_area=2)

    labels, segments = paste(made, options)
    ids, areas = np.unique(labels[labels > 0], return_counts=True)
    assert [(s.id, s.area) for s in segments] == list(
        zip(ids.tolist(), areas.tolist(), strict=True)
    )
    for one in segments:
        (_, (left, right)) = one.box
        there = np.flatnonzero(labels[0] == one.id)
        assert (left, right) == (there[0], there[-1] + 1)
        assert one.area >= 2
