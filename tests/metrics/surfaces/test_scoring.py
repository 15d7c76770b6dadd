"""Scoring all classes of two label arrays."""

import math
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import surfaces
from napari_segsuite.metrics.surfaces import score_surfaces

TRUE = np.array([[1, 1, 0, 0], [1, 1, 0, 2], [0, 0, 0, 2]])
PRED = np.array([[1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    shape = draw(array_shapes(max_dims=3, max_side=7))
    labels = arrays(np.int16, shape, elements=st.integers(-1, 2))
    spacing = draw(st.tuples(*[st.floats(0.1, 9)] * len(shape)))
    return draw(labels), draw(labels), spacing


def assert_same_score(
    entry: surfaces.SurfaceScore,
    true: np.ndarray,
    pred: np.ndarray,
    spacing: tuple[float, ...],
) -> None:
    lengths = {"spacing": spacing}
    expected = (
        surfaces.boundary_f1(true, pred, **lengths),
        surfaces.boundary_iou(true, pred, **lengths),
        surfaces.hausdorff(true, pred, **lengths),
        surfaces.hausdorff_95(true, pred, **lengths),
        surfaces.average_surface_distance(true, pred, **lengths),
        surfaces.surface_dice(true, pred, **lengths),
    )
    assert astuple(entry)[1:] == pytest.approx(
        expected, rel=1e-9, abs=1e-9, nan_ok=True
    )


@given(pairs())
def test_each_class_scores_as_its_masks_do(
    pair: tuple[np.ndarray, np.ndarray, tuple[float, ...]],
) -> None:
    true, pred, spacing = pair

    report = score_surfaces(true, pred, spacing=spacing, background_id=None)

    assert [c.id for c in report.classes] == np.union1d(true, pred).tolist()
    for entry in report.classes:
        assert_same_score(entry, true == entry.id, pred == entry.id, spacing)


def test_the_background_is_scored_only_by_name() -> None:
    assert [c.id for c in score_surfaces(TRUE, PRED).classes] == [1, 2]
    assert [c.id for c in score_surfaces(TRUE, PRED, ids=[0, 2]).classes] == [0, 2]


def test_a_class_in_neither_array_scores_nan() -> None:
    report = score_surfaces(TRUE, PRED, ids=[1, 8])

    assert report.classes[1].id == 8
    assert math.isnan(report.classes[1].boundary_f1)
    assert math.isnan(report.classes[1].hausdorff)
    assert report.mean("boundary_f1") == report.classes[0].boundary_f1


def test_a_class_in_one_array_only_scores_worst() -> None:
    missed = score_surfaces(TRUE, PRED).classes[1]

    assert (missed.boundary_f1, missed.boundary_iou, missed.surface_dice) == (0, 0, 0)
    assert missed.hausdorff == missed.hausdorff_95 == missed.mean_distance == math.inf


def test_the_report_states_its_terms() -> None:
    report = score_surfaces(TRUE, PRED, spacing=(4.0, 3.0), ignore_id=2)

    assert report.spacing == (4.0, 3.0)
    assert report.tolerance == 6.0
    assert report.width == pytest.approx(0.02 * math.hypot(12, 12))
    assert report.ignore_id == 2
    assert [c.id for c in report.classes] == [1]


def test_what_is_predicted_on_void_is_not_scored() -> None:
    true = np.array([[9, 9, 1, 1, 1, 0, 0, 9]])
    right = np.array([[0, 1, 1, 1, 1, 0, 0, 1]])
    left = np.array([[1, 1, 1, 1, 1, 0, 0, 0]])

    for pred in (right, left):
        (entry,) = score_surfaces(true, pred, ignore_id=9).classes
        assert entry.hausdorff == 0.0
        assert entry.boundary_f1 == entry.boundary_iou == 1.0


def test_void_far_from_a_box_changes_nothing_and_near_it_hides_a_surface() -> None:
    true = np.zeros(40, int)
    true[10:14] = 1
    pred = np.roll(true, 1)
    plain = score_surfaces(true, pred, tolerance=0)
    true[30:] = 9
    assert score_surfaces(true, pred, tolerance=0, ignore_id=9).classes == plain.classes

    true[14:] = 9
    (entry,) = score_surfaces(true, pred, tolerance=0, ignore_id=9).classes
    # Left are the first pixels of both, at 10 and 11.
    assert (entry.hausdorff, entry.boundary_f1) == (1.0, 0.0)


def test_a_class_between_void_has_no_surface() -> None:
    true = np.array([9, 1, 1, 9])

    (entry,) = score_surfaces(true, [1, 1, 1, 1], ignore_id=9).classes

    assert math.isnan(entry.boundary_f1)
    assert math.isnan(entry.hausdorff)


def test_void_everywhere_leaves_predicted_classes_without_a_surface() -> None:
    report = score_surfaces(np.full((3, 3), 9), np.ones((3, 3), int), ignore_id=9)

    assert [c.id for c in report.classes] == [1]
    assert math.isnan(report.mean("boundary_f1"))


FRAMES = arrays(np.uint8, (2, 4, 5), elements=st.integers(0, 1)).filter(
    lambda labels: labels[0].any() and labels[1].any()
)


@given(FRAMES, FRAMES)
def test_frames_score_as_if_they_lay_far_apart_in_one_picture(
    true: np.ndarray, pred: np.ndarray
) -> None:
    (entry,) = score_surfaces(true, pred, n_frame_axes=1, width=1.0).classes

    room = np.zeros((4, 20), np.uint8)
    # Zeros all around, so that bands end at a frame's rim in both.
    true, pred = (np.pad(np.hstack([a[0], room, a[1]]), 1) for a in (true, pred))
    (together,) = score_surfaces(true, pred, width=1.0).classes

    assert astuple(entry) == pytest.approx(astuple(together), rel=1e-12)


def test_a_class_missed_in_one_frame_is_infinitely_far() -> None:
    true = np.array([[0, 1, 0], [0, 1, 0]])
    pred = np.array([[0, 1, 0], [0, 0, 0]])

    (entry,) = score_surfaces(true, pred, n_frame_axes=1).classes

    assert entry.hausdorff == math.inf
    # Recall 1/2, precision 1; 2 of 3 boundary pixels.
    assert entry.boundary_f1 == pytest.approx(2 / 3)
    assert entry.surface_dice == pytest.approx(2 / 3)
    assert entry.boundary_iou == pytest.approx(1 / 2)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (0, 3, 3)])
def test_empty_arrays_have_no_classes(shape: tuple[int, ...]) -> None:
    nothing = np.zeros(shape, int)

    assert score_surfaces(nothing, nothing).classes == ()
    assert score_surfaces(nothing, nothing, n_frame_axes=len(shape)).classes == ()


@pytest.mark.parametrize(
    "dtype", [bool, np.uint8, np.int64, np.uint64, np.float32, np.dtype(">i2")]
)
def test_any_dtype_of_ids_will_do(dtype: type) -> None:
    true = (TRUE == 1).astype(dtype)

    (entry,) = score_surfaces(true, PRED).classes

    assert entry == score_surfaces(TRUE, PRED).classes[0]


def test_large_and_negative_ids_are_scored() -> None:
    true = np.where(TRUE == 1, 2**62, -3)

    assert [c.id for c in score_surfaces(true, true).classes] == [-3, 2**62]


def test_arrays_that_are_not_contiguous_are_scored() -> None:
    found = score_surfaces(TRUE.T[::-1], PRED.T[::-1])

    assert found.classes == score_surfaces(TRUE, PRED).classes


def test_progress_goes_to_the_end() -> None:
    seen: list[float] = []

    score_surfaces([TRUE, TRUE], [PRED, PRED], n_frame_axes=1, progress=seen.append)

    assert seen == [0.25, 0.5, 0.75, 1.0]


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="same shape"):
        score_surfaces(TRUE, PRED[1:])
    with pytest.raises(InputError, match=r"whole numbers .*0\.5"):
        score_surfaces(TRUE, PRED * 0.5)
    with pytest.raises(InputError, match="spacing must be 1 positive"):
        score_surfaces(TRUE, PRED, spacing=(1.0, 1.0), n_frame_axes=1)
    with pytest.raises(InputError, match="frame axes must be 0 to 2"):
        score_surfaces(TRUE, PRED, n_frame_axes=3)
    with pytest.raises(InputError, match="tolerance"):
        score_surfaces(TRUE, PRED, tolerance=-1)
