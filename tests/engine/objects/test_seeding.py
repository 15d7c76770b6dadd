"""Where objects begin: slopes and levels, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.engine.objects.seeding import levels, slopes
from napari_segsuite.plan.objects import ObjectReadout

STEPS = 1 << 16


def test_the_slope_of_a_plane_is_its_own() -> None:
    y, x = np.indices((6, 7), np.float32)

    assert (slopes(0.03 * y + 0.04 * x) == round(0.05 * STEPS)).all()


def test_along_larger_pixels_slopes_are_smaller() -> None:
    z = np.indices((5, 4, 4), np.float32)[0]

    assert (slopes(0.1 * z, (2.0, 0.5, 0.5)) == round(0.025 * STEPS)).all()


def test_an_axis_of_one_pixel_has_no_slope() -> None:
    row = np.linspace(0, 1, 5, dtype=np.float32)[None]

    assert (slopes(row) == STEPS // 4).all()
    assert not slopes(np.ones((1, 1), np.float32)).any()


@pytest.mark.parametrize(
    ("width", "wanted"),
    [(25, 0.4), (12.5, 0.6), (50, 0.3), (6, 0.75), (1000, 0.204), (1e6, 0.2)],
)
def test_narrow_objects_begin_higher_and_wide_ones_lower(
    width: float, wanted: float
) -> None:
    readout = ObjectReadout(seed=0.4, seed_rise=0.2)
    area = 100
    # From 1 to 0 within half a width.
    slope = 2 / width

    found = levels(np.array([slope * STEPS * area]), np.array([area]), readout)

    assert found == pytest.approx([wanted], abs=0.002)


def test_without_a_rise_all_begin_at_the_seed_and_no_pixels_are_no_error() -> None:
    readout = ObjectReadout(seed=0.9)

    found = levels(np.array([0, 700, 10**6]), np.array([0, 3, 5]), readout)

    assert found == pytest.approx([0.9, 0.9, 0.9])
