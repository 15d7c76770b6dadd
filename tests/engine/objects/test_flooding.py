"""A watershed whose parts agree with the whole."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_segsuite.engine.objects.flooding import flood, reach, smoothed

#                  seed          saddle        seed
HEIGHTS = np.array([[9, 8, 5, 3, 1, 2, 4, 6, 9]], np.float32)
SEEDS = np.array([[1, 0, 0, 0, 0, 0, 0, 0, 2]], np.int32)
EVERYWHERE = np.ones((1, 9), np.bool_)


def test_floods_meet_in_the_valley() -> None:
    flooded = flood(HEIGHTS, SEEDS, EVERYWHERE)
    # From both sides the water comes to the lowest pixel; the right side stands
    # higher one pixel before it.
    assert flooded.tolist() == [[1, 1, 1, 1, 1, 2, 2, 2, 2]]


def test_only_the_mask_is_flooded() -> None:
    mask = EVERYWHERE.copy()
    mask[0, 2] = False
    assert flood(HEIGHTS, SEEDS, mask).tolist() == [[1, 1, 0, 2, 2, 2, 2, 2, 2]]


def test_a_part_knows_what_it_cannot_know() -> None:
    # The right seed is not in this part.
    part = (slice(None), slice(0, 7))
    unknown = np.zeros((1, 7), np.bool_)
    unknown[0, -1] = True
    flooded = flood(HEIGHTS[part], SEEDS[part], EVERYWHERE[part], unknown)
    assert flooded.tolist() == [[1, 1, 1, 1, 1, -1, -1]]


def test_a_seed_on_the_cut_is_known() -> None:
    part = (slice(None), slice(4, 9))
    unknown = np.zeros((1, 5), np.bool_)
    unknown[0, [0, -1]] = True
    flooded = flood(HEIGHTS[part], SEEDS[part], EVERYWHERE[part], unknown)
    assert flooded.tolist() == [[-1, 2, 2, 2, 2]]


@pytest.mark.parametrize("seed", range(8))
def test_on_a_plain_parts_agree_with_the_whole_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    heights = rng.integers(0, 3, (24, 24)).astype(np.float32)
    mask = rng.random(heights.shape) < 0.9
    seeds = np.where(mask & (rng.random(heights.shape) < 0.02), 1, 0)
    seeds[seeds > 0] = np.arange(1, seeds.sum() + 1)
    heights[seeds > 0] = 5
    whole = flood(heights, seeds, mask)
    part = (slice(3, 20), slice(0, 17))
    unknown = np.zeros((17, 17), np.bool_)
    unknown[[0, -1]] = unknown[:, -1] = True
    some = flood(heights[part], seeds[part], mask[part], unknown)

    assert (some > 0).mean() > 0.2
    assert np.array_equal(some[some > 0], whole[part][some > 0])


@pytest.mark.parametrize("spacing", [None, (2.0, 1.0)])
def test_smoothing_looks_no_further_than_its_reach(
    spacing: tuple[float, ...] | None,
) -> None:
    far = reach(1.5, spacing, 2)
    assert far == ((5, 5) if spacing is None else (2, 5))
    point = np.zeros((21, 21), np.float32)
    point[10, 10] = 1
    there = ndimage.find_objects((smoothed(point, 1.5, spacing) > 0).astype(int))[0]
    assert there == tuple(slice(10 - n, 11 + n) for n in far)


def test_without_smoothing_nothing_changes() -> None:
    assert smoothed(HEIGHTS, 0, None) is HEIGHTS
    assert reach(0, None, 3) == (0, 0, 0)
