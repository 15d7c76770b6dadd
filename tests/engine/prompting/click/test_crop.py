"""Windows and crops: geometry that is exact, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.engine.prompting.click.crop import Window, normalised
from napari_segsuite.engine.prompting.click.network import EDGE


def test_a_window_of_the_crops_size_shows_pixel_by_pixel() -> None:
    plane = np.random.default_rng(0).random((1, 300, 300), dtype=np.float32)

    crop = Window(50, 60, EDGE).take(plane)

    expected = normalised(torch.from_numpy(plane[:, 50:178, 60:188]))
    torch.testing.assert_close(crop, expected.expand(3, -1, -1))


def test_a_window_twice_the_size_averages_and_half_the_size_repeats() -> None:
    checks = np.indices((512, 512)).sum(0) % 2
    ramp = torch.arange(64, dtype=torch.float32).expand(64, 64)

    mean = Window(0, 0, 2 * EDGE).place(torch.from_numpy(checks).float(), (0, 0))
    fine = Window(0, 0, 64).place(ramp, (0, 0))

    torch.testing.assert_close(mean[2:-2, 2:-2], torch.full((124, 124), 0.5))
    # Pixel 10 of the ramp becomes the pixels at 9.75 and 10.25 of it.
    torch.testing.assert_close(fine[5, 20:22], torch.tensor([9.75, 10.25]))


def test_the_middle_of_the_window_is_the_click() -> None:
    assert Window.around(10.0, 20.0, 3) == Window(9, 19, 3)
    assert Window.around(10.5, 20.5, 4) == Window(9, 19, 4)
    assert Window(0, 0, 64).to_crop(0.0, 0.0) == (0.5, 0.5)
    assert Window(10, 20, 256).to_crop(10.5, 20.5) == (0.0, 0.0)


@given(
    st.integers(-500, 500),
    st.integers(-500, 500),
    st.integers(1, 3000),
    st.floats(-600, 600),
    st.floats(-600, 600),
)
def test_places_go_to_the_crop_and_back(
    top: int, left: int, side: int, y: float, x: float
) -> None:
    window = Window(top, left, side)

    assert window.to_plane(*window.to_crop(y, x)) == pytest.approx((y, x), abs=1e-6)


@pytest.mark.parametrize("side", [37, 64, 128, 200, 512])
def test_a_mask_goes_to_the_crop_and_back(side: int) -> None:
    y, x = np.indices((600, 600))
    window = Window(40, 25, side)
    middle = np.array([40, 25]) + side / 2
    disc = np.hypot(y - middle[0], x - middle[1]) < side / 4

    crop = window.place(torch.from_numpy(disc).float(), (0, 0))
    values, (top, left) = window.back(crop - 0.5, disc.shape)

    back = np.zeros_like(disc)
    back[top : top + values.shape[0], left : left + values.shape[1]] = values > 0
    assert (back ^ disc).sum() <= 0.04 * disc.sum()
    if side == EDGE:
        assert np.array_equal(back, disc)


def test_the_rim_goes_on_beyond_the_plane_where_nothing_is_covered() -> None:
    plane = np.zeros((1, 10, 12), np.float32)
    plane[0, :, 6:] = 1  # evened out: -1 and 1
    window = Window(-5, -7, EDGE)

    crop, covered = window.take(plane), window.covered((10, 12))

    assert covered.sum() == 120
    assert covered[5:15, 7:19].all()
    # Columns 0 … 5 of the plane are dark; column 6 is the 13th of the crop.
    assert (crop[..., :13] == -1).all()
    assert (crop[..., 13:] == 1).all()


def test_a_mask_beside_the_plane_is_zero_and_a_window_without_pixels_too() -> None:
    window = Window(-5, -7, EDGE)

    placed = window.place(torch.ones(10, 12), (0, 0))
    nothing = Window(-EDGE, 0, EDGE).take(np.ones((1, 10, 12), np.float32))

    assert (placed == 1).equal(window.covered((10, 12)))
    assert placed.sum() == 120
    assert (nothing == 0).all()


def test_another_windows_crop_is_carried_to_its_place() -> None:
    crop = torch.zeros(EDGE, EDGE)
    crop[32:64, 32:96] = 1  # pixels 16..32 × 16..48 of the plane
    narrow, wide = Window(0, 0, 64), Window(-10, -20, EDGE)

    carried = wide.carry(crop, narrow)

    expected = torch.zeros(EDGE, EDGE)
    expected[26:42, 36:68] = 1
    assert (carried > 0.5).equal(expected > 0.5)
    assert narrow.carry(crop, narrow) is crop


def test_contrast_is_evened_out_and_nothing_stays_nothing() -> None:
    part = torch.tensor([[[0.2, 0.4], [0.2, 0.4]]])

    torch.testing.assert_close(
        normalised(part), torch.tensor([[[-1.0, 1.0], [-1.0, 1.0]]])
    )
    assert normalised(torch.full((1, 3, 3), 0.7)).abs().max() < 1e-3
    assert normalised(torch.zeros(1, 0, 5)).shape == (1, 0, 5)


def test_nothing_positive_gives_an_empty_part() -> None:
    values, _ = Window(0, 0, 64).back(torch.full((EDGE, EDGE), -1.0), (64, 64))

    assert values.numel() == 0


def test_a_very_wide_window_shows_the_same_in_the_same_place() -> None:
    plane = np.zeros((1, 2000, 2000), np.float32)
    plane[0, 512:1024, 256:768] = 1
    window = Window(-24, -24, 2048)

    crop = window.take(plane)[0]

    inside = crop > 0
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    # Pixel 512 of the plane lies at (512 + 24) / 16 = 33.5 in the crop.
    assert (rows[0], rows[-1]) == (33, 65)
    assert (columns[0], columns[-1]) == (17, 49)
