from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.data.frames import Frames
from napari_segsuite.engine.intensity import measure


def test_percentiles_ignore_a_hot_pixel() -> None:
    image = np.tile(np.arange(101, dtype=np.uint16), (101, 1))
    image[0, 0] = 60_000
    scale = measure(Frames(image, "YX", 2), "percentile", "it")
    assert scale.zero[0] == pytest.approx(1, abs=0.1)
    assert scale.one[0] == pytest.approx(100, abs=0.3)
    assert scale.apply(image[None]).max() == 6


def test_channels_are_scaled_on_their_own() -> None:
    image = np.stack([np.arange(100), 10 * np.arange(100)]).reshape(2, 10, 10)
    scale = measure(Frames(image, "CYX", 2), "percentile", "it")
    assert scale.apply(image)[0] == pytest.approx(scale.apply(image)[1], abs=1e-5)


def test_a_black_sky_with_few_stars_still_has_a_scale() -> None:
    image = np.zeros((100, 100), np.uint8)
    image[5, 5] = 200
    scale = measure(Frames(image, "YX", 2), "percentile", "it")
    assert scale.apply(image[None])[0, 5, 5] == pytest.approx(1)


@pytest.mark.parametrize("rule", ["percentile", "zscore"])
def test_a_constant_image_becomes_zero(rule: str) -> None:
    image = np.full((4, 4), 7.0)
    scale = measure(Frames(image, "YX", 2), rule, "it")  # type: ignore[arg-type]
    assert (scale.apply(image[None]) == 0).all()


def test_zscore_by_hand() -> None:
    image = np.array([[0, 2], [4, 6]])
    scale = measure(Frames(image, "YX", 2), "zscore", "it")
    assert scale.zero[0] == 3
    assert scale.one[0] == pytest.approx(3 + 5**0.5)


def test_hounsfield_units_are_fixed() -> None:
    image = np.array([[-160, 240], [40, -1000]], np.int16)
    scale = measure(Frames(image, "YX", 2), "hounsfield", "it")
    assert scale.apply(image[None]).ravel() == pytest.approx([0, 1, 0.5, -2.1])


@pytest.mark.parametrize(
    ("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1), (bool, 1)]
)
def test_range_follows_the_dtype(dtype: type, top: float) -> None:
    image = np.array([[0, top]]).astype(dtype)
    scale = measure(Frames(image, "YX", 2), "range", "it")
    assert scale.apply(image[None]).ravel().tolist() == [0, 1]
