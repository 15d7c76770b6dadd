"""Spacing, and the lengths that follow from it."""

import math

import numpy as np
import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.surfaces.extent import Extent


def test_axes_of_length_one_are_left_out_with_their_spacing() -> None:
    extent = Extent.of((1, 5, 4), (9.0, 0.5, 0.25))

    assert extent == Extent((5, 4), (0.5, 0.25))


def test_a_single_pixel_keeps_one_axis() -> None:
    assert Extent.of((1, 1), (2.0, 3.0)) == Extent((1,), (3.0,))
    assert Extent.of((), None) == Extent((1,), (1.0,))


@pytest.mark.parametrize(
    "spacing",
    [
        (1.0,),
        (1.0, 1.0, 1.0),
        (1.0, math.nan),
        (0.0, 1.0),
        (-0.5, 1.0),
        (math.inf, 1.0),
        (1.0, None),
        ("a", 1.0),
        0.5,
        (),
    ],
)
def test_a_spacing_that_is_none_is_refused(spacing: object) -> None:
    with pytest.raises(InputError, match=r"spacing must be 2 positive.*but it is \("):
        Extent.of((4, 5), spacing)  # type: ignore[arg-type]


def test_a_spacing_may_be_an_array() -> None:
    assert Extent.of((4, 5), np.array([2, 3])).spacing == (2.0, 3.0)  # type: ignore[arg-type]


def test_default_tolerance_is_two_of_the_finest_pixels() -> None:
    assert Extent.of((4, 5), (2.0, 0.5)).tolerance(None) == 1.0


@pytest.mark.parametrize("tolerance", [-1.0, math.nan, math.inf, "far"])
def test_a_tolerance_that_is_no_length_is_refused(tolerance: object) -> None:
    with pytest.raises(InputError, match="tolerance must be a finite length"):
        Extent.of((4, 5), None).tolerance(tolerance)  # type: ignore[arg-type]


def test_default_width_is_two_per_cent_of_the_diagonal() -> None:
    extent = Extent.of((600, 400), (0.5, 1.0))

    assert extent.width(None) == pytest.approx(0.02 * 500)
    assert extent.pixels(extent.width(None)) == (20, 10)


def test_a_band_is_at_least_a_pixel_and_at_most_the_axis() -> None:
    extent = Extent.of((4, 5), (10.0, 0.01))

    assert extent.pixels(1.0) == (1, 5)


@pytest.mark.parametrize("width", [0.0, -1.0, math.nan, math.inf])
def test_a_width_that_is_no_length_is_refused(width: float) -> None:
    with pytest.raises(InputError, match="width of the boundary's band"):
        Extent.of((4, 5), None).width(width)
