"""Where masks end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import binary_erosion

from napari_segsuite.metrics.surfaces import boundary, inner_band

MASKS = arrays(bool, array_shapes(max_dims=3, max_side=7))


def drawn(*lines: str) -> np.ndarray:
    return np.array([[pixel == "x" for pixel in line] for line in lines])


def test_a_boundary_is_the_ring_of_pixels_with_a_neighbour_outside() -> None:
    mask = drawn(".....", ".xxx.", ".xxx.", ".xxx.", ".....")

    ring = drawn(".....", ".xxx.", ".x.x.", ".xxx.", ".....")

    np.testing.assert_array_equal(boundary(mask), ring)


def test_a_diagonal_neighbour_outside_makes_no_boundary() -> None:
    mask = drawn("xxxxx", "xxxxx", "xxxxx", "xxxx.", "xxx..")

    assert not boundary(mask)[2, 3]
    assert boundary(mask)[3, 3]


def test_a_mask_that_touches_the_rim_ends_there() -> None:
    full = np.ones((3, 4), bool)

    np.testing.assert_array_equal(boundary(full), drawn("xxxx", "x..x", "xxxx"))


def test_void_is_no_boundary_and_makes_none() -> None:
    mask = drawn("......", ".xxxx.", ".xxxx.", ".xxxx.", "......")
    void = drawn("......", "....xx", "....xx", "....xx", "......")

    edge = drawn("......", ".xxx..", ".x....", ".xxx..", "......")

    np.testing.assert_array_equal(boundary(mask, void), edge)


def test_void_hides_a_hole_that_it_covers() -> None:
    mask = np.ones((5, 5), bool)
    mask[2, 2] = False

    assert boundary(mask)[2, 1]
    assert not boundary(mask, void=~mask)[1:4, 1:4].any()


@pytest.mark.parametrize("shape", [(0,), (0, 4), (3, 0, 2)])
def test_an_empty_array_has_no_boundary(shape: tuple[int, ...]) -> None:
    nothing = np.zeros(shape, bool)

    assert boundary(nothing).shape == shape
    assert inner_band(nothing, (2,) * len(shape)).shape == shape


@given(MASKS)
def test_the_boundary_is_the_mask_less_its_erosion(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(boundary(mask), mask & ~binary_erosion(mask))


@given(MASKS, st.integers(1, 9))
def test_the_band_is_the_mask_less_its_erosion_by_squares(
    mask: np.ndarray, width: int
) -> None:
    square = np.ones((3,) * mask.ndim, bool)
    eroded = binary_erosion(mask, square, iterations=width)

    np.testing.assert_array_equal(
        inner_band(mask, (width,) * mask.ndim), mask & ~eroded
    )


def test_a_band_has_its_own_width_along_each_axis() -> None:
    mask = np.ones((7, 7), bool)

    core = ~inner_band(mask, (1, 3))

    np.testing.assert_array_equal(
        core,
        drawn(
            ".......", "...x...", "...x...", "...x...", "...x...", "...x...", "......."
        ),
    )


def test_void_makes_no_band() -> None:
    mask = drawn("xxxx....")
    void = drawn("....xxxx")

    row = inner_band(mask[0], (2,), void[0])

    np.testing.assert_array_equal(row, drawn("xx......")[0])
