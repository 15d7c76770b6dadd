"""Patches that blocks cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from napari_segsuite.engine.memory_maps import ScratchArray
from napari_segsuite.engine.objects.patches import Patches
from napari_segsuite.engine.tiling import tiles


def number(mask: np.ndarray, size: tuple[int, ...], folder: Path) -> np.ndarray:
    numbers = ScratchArray(folder / "n.npy", np.dtype(np.int32), mask.shape)
    patches = Patches(numbers)
    for block in tiles(tuple(slice(0, n) for n in mask.shape), size):
        patches.add(block, mask[block])
    return patches.joined()[numbers.open()]


def test_a_ring_around_the_corner_of_four_blocks_is_one(tmp_path: Path) -> None:
    ring = np.zeros((6, 6), np.bool_)
    ring[1:5, 1:5] = True
    ring[2:4, 2:4] = False
    assert np.array_equal(number(ring, (3, 3), tmp_path), ring.astype(int))


def test_patches_that_touch_by_a_corner_are_two(tmp_path: Path) -> None:
    mask = np.array([[1, 0], [0, 1]], np.bool_)
    assert number(mask, (1, 1), tmp_path).tolist() == [[1, 0], [0, 2]]


def test_nothing_has_no_patches(tmp_path: Path) -> None:
    empty = np.zeros((4, 5), np.bool_)
    assert not number(empty, (2, 2), tmp_path).any()


@given(
    seed=st.integers(0, 2**20),
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    size=st.tuples(*[st.integers(1, 9)] * 3),
    density=st.floats(0.2, 0.8),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_blocks_number_what_the_whole_has(
    tmp_path: Path,
    seed: int,
    shape: tuple[int, ...],
    size: tuple[int, ...],
    density: float,
) -> None:
    mask = np.random.default_rng(seed).random(shape) < density
    found, (whole, count) = number(mask, size, tmp_path), ndimage.label(mask)
    pairs = {(a, b) for a, b in zip(found.flat, whole.flat, strict=True)}
    # The same patches, whatever they are called, without gaps.
    assert len(pairs) == count + (not mask.all())
    assert {a for a, _ in pairs} - {0} == set(range(1, count + 1))
