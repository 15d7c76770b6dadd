from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.data.frames import Frames
from napari_segsuite.errors import InputError
from napari_segsuite.plan.intensities import sample_pixels


def test_a_small_image_is_read_whole() -> None:
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)  # C Y X
    sample = sample_pixels(Frames(image, "CYX", 2), "it")
    assert sample.dtype == np.float32
    assert sample.tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]


def test_a_large_image_is_sampled_everywhere() -> None:
    rows = np.repeat(np.arange(1000, dtype=np.uint16)[:, None], 900, axis=1)
    sample = sample_pixels(Frames(rows, "YX", 2), "it", pixels=50_000)
    assert 20_000 < sample.size < 100_000
    assert sample.min() == 0
    assert sample.max() == 999


def test_of_many_frames_a_few_are_read() -> None:
    stack = np.arange(100, dtype=np.uint8)[:, None, None] * np.ones((1, 8, 8), np.uint8)
    sample = sample_pixels(Frames(stack, "TYX", 2), "it")
    assert len(np.unique(sample)) == 16
    assert {0, 99} <= set(np.unique(sample).tolist())


def test_nan_is_refused_by_name() -> None:
    image = np.zeros((4, 4), np.float32)
    image[1, 2] = np.nan
    with pytest.raises(InputError, match=r"cells\.tif has pixels that are not finite"):
        sample_pixels(Frames(image, "YX", 2), "cells.tif")
