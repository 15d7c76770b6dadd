"""Distances between boundaries, against a full distance transform."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import binary_erosion, distance_transform_edt

from napari_segsuite.metrics.surfaces import SurfaceDistances, surface_distances
from napari_segsuite.metrics.surfaces.distances import pooled


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    shape = draw(array_shapes(max_dims=3, max_side=7))
    spacing = draw(st.tuples(*[st.floats(0.05, 20)] * len(shape)))
    return draw(arrays(bool, shape)), draw(arrays(bool, shape)), spacing


def directed(
    source: np.ndarray, target: np.ndarray, spacing: tuple[float, ...]
) -> np.ndarray:
    from_edge = source & ~binary_erosion(source)
    to_edge = target & ~binary_erosion(target)
    if not to_edge.any():
        return np.full(from_edge.sum(), np.inf)
    return np.sort(distance_transform_edt(~to_edge, sampling=spacing)[from_edge])


@given(pairs())
def test_distances_are_those_of_the_distance_transform(
    pair: tuple[np.ndarray, np.ndarray, tuple[float, ...]],
) -> None:
    true, pred, spacing = pair

    found = surface_distances(true, pred, spacing)

    for mine, expected in (
        (found.true_to_pred, directed(true, pred, spacing)),
        (found.pred_to_true, directed(pred, true, spacing)),
    ):
        np.testing.assert_allclose(np.sort(mine), expected, rtol=1e-9, atol=1e-9)


def test_distances_worked_by_hand() -> None:
    true = np.zeros((5, 6), bool)
    pred = np.zeros((5, 6), bool)
    true[0, 0] = True
    pred[3, 2] = pred[0, 0] = True

    found = surface_distances(true, pred, (1.0, 2.0))

    assert found.true_to_pred.tolist() == [0.0]
    assert sorted(found.pred_to_true.tolist()) == [0.0, 5.0]
    assert found.hausdorff == 5.0
    assert found.mean == pytest.approx(5 / 3)
    assert found.mean_true_to_pred == 0.0
    assert found.mean_pred_to_true == 2.5
    # Linear between the two: 0 + 0.95 × 5.
    assert found.hausdorff_95 == pytest.approx(4.75)
    assert found.surface_dice(1.0) == pytest.approx(2 / 3)
    # Precision 1/2, recall 1.
    assert found.boundary_f1(1.0) == pytest.approx(2 / 3)


def test_void_pixels_are_neither_measured_nor_reached() -> None:
    true = np.array([0, 1, 0, 0, 0, 0, 1, 0], bool)
    pred = np.array([0, 0, 0, 1, 0, 0, 1, 0], bool)
    void = np.array([0, 0, 0, 0, 0, 0, 1, 0], bool)

    found = surface_distances(true, pred, (1.0,), void)

    assert found.true_to_pred.tolist() == [2.0]
    assert found.pred_to_true.tolist() == [2.0]


def test_a_distance_that_equals_the_tolerance_is_within() -> None:
    # 3 × 0.1 is a little more than 0.3 in binary.
    found = SurfaceDistances(np.array([3 * 0.1]), np.array([3 * 0.1]))

    assert found.boundary_f1(0.3) == 1.0
    assert found.surface_dice(0.3) == 1.0
    assert found.surface_dice(0.2999) == 0.0


def test_percentiles_stand_among_infinite_distances() -> None:
    finite = np.zeros(20)

    # Of 21 values, number 19 from 0 is the 95th percentile, exactly.
    one = SurfaceDistances(np.append(finite, np.inf), finite)
    two = SurfaceDistances(np.append(finite, [np.inf, np.inf]), finite)

    assert one.hausdorff_95 == 0.0
    assert two.hausdorff_95 == math.inf
    assert one.hausdorff == math.inf


@given(
    arrays(float, st.integers(1, 50), elements=st.floats(0, 1e6)),
    arrays(float, st.integers(1, 50), elements=st.floats(0, 1e6)),
)
def test_percentiles_are_numpys(first: np.ndarray, second: np.ndarray) -> None:
    found = SurfaceDistances(first, second).hausdorff_95

    expected = max(np.percentile(first, 95), np.percentile(second, 95))
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_pairs_are_pooled() -> None:
    first = SurfaceDistances(np.array([1.0]), np.array([2.0]))
    second = SurfaceDistances(np.array([3.0]), np.array([]))

    both = pooled([first, second])

    assert both.mean == 2.0
    assert both.hausdorff == 3.0
    assert math.isnan(pooled([]).mean)
