"""Detections as flat arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.detections import Detection, Detections, mask_of, runs_of
from napari_segsuite.errors import InputError

CLASSES = (ClassInfo(id=1, name="cell"), ClassInfo(id=7, name="nucleus"))


def detection(frame, start, mask, score=0.9, class_id=1):
    mask = np.array(mask, bool)
    y, x = start
    box = (y, x, y + mask.shape[0], x + mask.shape[1])
    return Detection(frame, box, score, class_id, start, mask.shape, runs_of(mask))


@pytest.fixture
def found():
    return Detections.of(
        [
            detection(1, (0, 0), [[1]], 0.5, 7),
            detection(0, (1, 2), [[0, 1], [1, 1]], 0.6),
            detection(0, (0, 0), [[1, 1, 0]], 0.8),
        ],
        CLASSES,
        "ZYX",
        (2, 4, 5),
    )


def test_they_are_sorted_by_plane_then_score(found):
    assert found.frames.tolist() == [0, 0, 1]
    assert np.allclose(found.scores, [0.8, 0.6, 0.5])
    assert found.class_ids.tolist() == [1, 1, 7]
    assert found.boxes[1].tolist() == [1, 2, 3, 4]
    assert [list(found.of_frame(frame)) for frame in (0, 1)] == [[0, 1], [2]]


def test_masks_and_areas_come_back(found):
    assert found.runs.tolist() == [0, 2, 1, 1, 3, 0, 1]
    assert found.mask(1).tolist() == [[False, True], [True, True]]
    assert found.areas(range(0, 3)).tolist() == [2, 3, 1]
    assert found.areas(range(1, 2)).tolist() == [3]
    assert found.areas(range(2, 2)).tolist() == []


def test_planes_of_axes_in_any_order():
    found = Detections.of([], CLASSES, "XTYZ", (3, 4, 5, 6))

    assert found.plane_shape == (3, 5)
    assert found.leading_shape == (4, 6)
    assert len(found) == 0


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"scores": np.array([0.8, np.nan, 0.5], np.float32)}, "scores"),
        ({"scores": np.array([0.8, 0.6, 1.5], np.float32)}, "scores"),
        ({"scores": np.array([0.8, 0.6, 0.5])}, "scores are float64"),
        ({"frames": np.array([0, 1, 0], np.int32)}, "order"),
        ({"frames": np.array([0, 0, 2], np.int32)}, "planes that there are not"),
        ({"class_ids": np.array([1, 2, 7], np.int32)}, "class"),
        ({"starts": np.array([[0, 0], [1, 4], [0, 0]], np.int32)}, "outside"),
        ({"starts": np.array([[0, 0], [-1, 2], [0, 0]], np.int32)}, "outside"),
        ({"sizes": np.array([[1, 3], [2, 1], [1, 1]], np.int32)}, "pixels"),
        ({"bounds": np.array([0, 3, 9, 7], np.int64)}, "order"),
        ({"runs": np.array([0, 2, 1, 1, 3, 0], np.int32)}, "order"),
        ({"runs": np.array([0, 4, -1, 1, 3, 0, 1], np.int32)}, "pixels"),
        ({"boxes": np.full((3, 4), np.inf, np.float32)}, "boxes"),
        ({"shape": (2, 0, 5)}, "shape"),
        ({"shape": (4, 5), "axes": "YX"}, "planes"),
    ],
)
def test_what_does_not_fit_is_refused(found, changes, fault):
    with pytest.raises(InputError, match=fault):
        replace(found, **changes)


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_any_mask_survives_its_runs(mask):
    runs = runs_of(mask)

    assert runs.sum() == mask.size
    assert np.all(runs[1:] > 0)
    np.testing.assert_array_equal(mask_of(runs, mask.shape), mask)
