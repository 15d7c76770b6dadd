"""The surface scores of two masks: by hand, by MONAI, by the papers."""

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import binary_erosion

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import surfaces

SCORES = [
    surfaces.boundary_f1,
    surfaces.surface_dice,
    surfaces.boundary_iou,
    surfaces.hausdorff,
    surfaces.hausdorff_95,
    surfaces.average_surface_distance,
    surfaces.directed_surface_distance,
]
SHARES = SCORES[:3]
DISTANCES = SCORES[3:]
Score = Callable[..., float]


def drawn(*lines: str) -> np.ndarray:
    return np.array([[pixel == "x" for pixel in line] for line in lines])


SQUARE = drawn("......", ".xxx..", ".xxx..", ".xxx..", "......")
MOVED = drawn("......", "..xxx.", "..xxx.", "..xxx.", "......")


def test_scores_of_a_moved_square_worked_by_hand() -> None:
    # Rings of 8; the moved one shares (1, 2), (1, 3), (3, 2), (3, 3). Of the others
    # (1, 1), (2, 1), (3, 1) and (2, 3) all are one pixel from the moved ring.
    assert surfaces.hausdorff(SQUARE, MOVED) == 1.0
    assert surfaces.average_surface_distance(SQUARE, MOVED) == pytest.approx(0.5)
    assert surfaces.boundary_f1(SQUARE, MOVED, tolerance=0) == pytest.approx(0.5)
    assert surfaces.surface_dice(SQUARE, MOVED, tolerance=0) == pytest.approx(0.5)
    assert surfaces.boundary_f1(SQUARE, MOVED, tolerance=1) == 1.0
    # One pixel wide bands: 4 in both of 12 in either.
    assert surfaces.boundary_iou(SQUARE, MOVED, width=1) == pytest.approx(4 / 12)


def test_lengths_follow_the_spacing() -> None:
    wide = {"spacing": (9.0, 0.25)}

    assert surfaces.hausdorff(SQUARE, MOVED, **wide) == 0.25
    assert surfaces.boundary_f1(SQUARE, MOVED, tolerance=0.2, **wide) == 0.5
    assert surfaces.boundary_f1(SQUARE, MOVED, **wide) == 1.0


def test_boundary_f1_and_surface_dice_differ_where_lengths_do() -> None:
    true = drawn("x.....", "......")
    pred = drawn("xxx...", "xxx...")

    # 1 of 1 true and 1 of 6 predicted boundary pixels: 2 · 1/6 / (7/6), and 2 of 7.
    assert surfaces.boundary_f1(true, pred, tolerance=0) == pytest.approx(2 / 7)
    assert surfaces.surface_dice(true, pred, tolerance=0) == pytest.approx(2 / 7)
    # Within 1: 1 of 1 and 3 of 6: 2 · 1/2 / (3/2), and 4 of 7.
    assert surfaces.boundary_f1(true, pred, tolerance=1) == pytest.approx(2 / 3)
    assert surfaces.surface_dice(true, pred, tolerance=1) == pytest.approx(4 / 7)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("shape", [(0, 4), (4, 4), (1, 1), (), (2, 3, 4)])
def test_without_any_surface_every_score_is_nan(
    score: Score, shape: tuple[int, ...]
) -> None:
    nothing = np.zeros(shape, bool)

    assert math.isnan(score(nothing, nothing))


@pytest.mark.parametrize("score", SHARES)
def test_with_one_surface_only_shares_are_zero(score: Score) -> None:
    assert score(SQUARE, np.zeros_like(SQUARE)) == 0.0
    assert score(np.zeros_like(SQUARE), SQUARE) == 0.0


@pytest.mark.parametrize("score", DISTANCES[:3])
def test_with_one_surface_only_distances_are_infinite(score: Score) -> None:
    assert score(SQUARE, np.zeros_like(SQUARE)) == math.inf
    assert score(np.zeros_like(SQUARE), SQUARE) == math.inf


def test_a_directed_distance_from_nothing_is_nan() -> None:
    nothing = np.zeros_like(SQUARE)

    assert surfaces.directed_surface_distance(SQUARE, nothing) == math.inf
    assert math.isnan(surfaces.directed_surface_distance(nothing, SQUARE))


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (5,), (4, 4), (1, 4, 4)])
def test_equal_masks_score_best(score: Score, shape: tuple[int, ...]) -> None:
    full = np.ones(shape, np.uint8)

    assert score(full, full) == (1.0 if score in SHARES else 0.0)


@pytest.mark.parametrize("score", SCORES)
def test_a_stack_of_one_slice_scores_as_the_slice(score: Score) -> None:
    stack = score(SQUARE[None], MOVED[None], spacing=(5.0, 1.0, 1.0))

    assert stack == score(SQUARE, MOVED)


@pytest.mark.parametrize("score", SCORES)
def test_every_number_but_zero_is_in_the_mask(score: Score) -> None:
    assert score(SQUARE * 7, MOVED * -0.5) == score(SQUARE, MOVED)


@pytest.mark.parametrize("score", SCORES)
def test_bad_input_is_refused(score: Score) -> None:
    with pytest.raises(InputError, match="same shape"):
        score(SQUARE, MOVED[1:])
    with pytest.raises(InputError, match="spacing must be 2"):
        score(SQUARE, MOVED, spacing=(1.0, math.nan))
    with pytest.raises(InputError, match="some of its values are NaN"):
        score(SQUARE, np.where(MOVED, np.nan, 0.0))


def test_the_default_band_is_the_one_of_the_paper() -> None:
    y, x = np.ogrid[:300, :400]
    true = (y - 150) ** 2 + (x - 200) ** 2 < 90**2
    pred = (y - 154) ** 2 + (x - 203) ** 2 < 93**2

    def band(mask: np.ndarray) -> np.ndarray:
        # 2 % of a diagonal of 500 pixels.
        return mask & ~binary_erosion(mask, np.ones((3, 3)), iterations=10)

    both = (band(true) & band(pred)).sum() / (band(true) | band(pred)).sum()
    assert surfaces.boundary_iou(true, pred) == pytest.approx(both, rel=1e-12)


@st.composite
def monai_pairs(
    draw: st.DrawFn,
) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    # MONAI takes 2D and 3D, and a slice of one pixel for a sheet.
    shape = draw(array_shapes(min_dims=2, max_dims=3, min_side=2, max_side=9))
    spacing = draw(
        st.tuples(*[st.sampled_from([0.25, 0.325, 1.0, 2.5, 7.0])] * len(shape))
    )
    masks = arrays(bool, shape).filter(np.any)
    return draw(masks), draw(masks), spacing


@given(monai_pairs(), st.sampled_from([0.1, 0.4, 1.1, 3.3]))
def test_scores_are_those_of_monai(
    pair: tuple[np.ndarray, np.ndarray, tuple[float, ...]], tolerance: float
) -> None:
    import torch
    from monai.metrics import (
        compute_average_surface_distance,
        compute_hausdorff_distance,
        compute_surface_dice,
    )
    from monai.metrics.utils import get_edge_surface_distance

    true, pred, spacing = pair
    y, y_pred = (torch.from_numpy(mask)[None, None] for mask in (true, pred))
    terms = {"include_background": True, "spacing": list(spacing)}
    _, distances, _ = get_edge_surface_distance(
        y_pred[0, 0], y[0, 0], spacing=spacing, symmetric=True
    )
    expected = [
        compute_hausdorff_distance(y_pred, y, **terms),
        # Its own percentile finds its place in float32, off by some 1e-6 of a step.
        max(np.percentile(d, 95) for d in distances),
        compute_average_surface_distance(y_pred, y, symmetric=True, **terms),
        compute_average_surface_distance(y_pred, y, **terms),
        compute_surface_dice(y_pred, y, class_thresholds=[tolerance], **terms),
    ]

    found = [
        surfaces.hausdorff(true, pred, spacing=spacing),
        surfaces.hausdorff_95(true, pred, spacing=spacing),
        surfaces.average_surface_distance(true, pred, spacing=spacing),
        surfaces.directed_surface_distance(pred, true, spacing=spacing),
        surfaces.surface_dice(true, pred, spacing=spacing, tolerance=tolerance),
    ]

    # MONAI casts every distance to float32, whatever it is given.
    assert found == pytest.approx([float(e) for e in expected], rel=1e-6, abs=1e-6)


def test_monai_agrees_on_one_surface_only() -> None:
    import torch
    from monai.metrics import compute_hausdorff_distance

    y, nothing = (torch.zeros(1, 1, 4, 4) for _ in range(2))
    y[0, 0, 1, 1] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = compute_hausdorff_distance(nothing, y, include_background=True)

    assert float(theirs) == math.inf == surfaces.hausdorff(y[0, 0], nothing[0, 0])


@given(monai_pairs(), st.floats(0, 20))
def test_scores_lie_in_their_range_and_do_not_take_sides(
    pair: tuple[np.ndarray, np.ndarray, tuple[float, ...]], tolerance: float
) -> None:
    true, pred, spacing = pair
    lengths = {"spacing": spacing}

    for score in (surfaces.boundary_f1, surfaces.surface_dice):
        there = score(true, pred, tolerance=tolerance, **lengths)
        assert 0 <= there <= 1
        assert there == score(pred, true, tolerance=tolerance, **lengths)
    assert (
        surfaces.hausdorff(true, pred, **lengths)
        >= surfaces.hausdorff_95(true, pred, **lengths)
        >= 0
    )
