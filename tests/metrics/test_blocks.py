"""Lazy arrays are counted block by block, and exactly."""

from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import zarr

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import blocks
from napari_segsuite.metrics.blocks import (
    block_shape,
    count_blocks,
    count_slices,
    windows,
)
from napari_segsuite.metrics.contingency import empty_table
from napari_segsuite.metrics.tally import count


@pytest.fixture
def both() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 6, (2, 11, 13, 17)).astype(np.uint16)


class Watched:
    """An array that remembers how much of it was asked for at once."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.largest = 0

    def __getitem__(self, window: tuple[slice, ...]) -> np.ndarray:
        part = self.array[window]
        self.largest = max(self.largest, part.size)
        return part


def test_zarr_dask_and_memory_maps_count_like_numpy(
    both: np.ndarray, tmp_path: Path
) -> None:
    true, pred = both
    np.save(tmp_path / "true.npy", true)
    in_zarr = zarr.create_array(
        store=tmp_path / "a.zarr", shape=pred.shape, chunks=(4, 5, 6), dtype=pred.dtype
    )
    in_zarr[:] = pred
    in_dask = da.from_array(pred, chunks=((5, 6), (13,), (10, 7)))
    mapped = np.load(tmp_path / "true.npy", mmap_mode="r")

    assert count_blocks(mapped, in_zarr) == count(true, pred)
    assert count_blocks(true, in_dask) == count(true, pred)


def test_memory_stays_flat(both: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_AIM", 500)
    true, pred = Watched(both[0]), Watched(both[1])

    table = count_blocks(true, pred)

    assert table == count(*both)
    assert max(true.largest, pred.largest) <= 500


def test_progress_rises_to_one(
    both: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_AIM", 500)
    seen: list[float] = []

    count_blocks(*both, progress=seen.append)

    assert len(seen) > 3
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_what_progress_raises_ends_the_counting(both: np.ndarray) -> None:
    def stop(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        count_blocks(*both, progress=stop)


def test_empty_and_single_values() -> None:
    nothing = np.zeros((0, 4), int)

    assert count_blocks(nothing, nothing) == empty_table()
    assert count_blocks(np.array(3), np.array(3)) == count([3], [3])


def test_shapes_must_agree() -> None:
    with pytest.raises(InputError, match="same shape"):
        count_blocks(np.zeros((2, 2), int), np.zeros((2, 3), int))


def test_blocks_hold_whole_chunks_and_fill_the_last_axes() -> None:
    chunked = da.zeros((100, 4096, 4096), chunks=(2, 512, 512), dtype=np.uint8)

    assert block_shape(chunked.shape, chunked) == (2, 512, 4096)
    assert block_shape((100, 1024, 1024), np.empty(0)) == (4, 1024, 1024)
    assert block_shape((5, 0, 3), np.empty(0)) == (5, 1, 3)


def test_a_chunk_of_everything_is_cut() -> None:
    chunked = da.zeros((4096, 4096, 4096), chunks=(4096, 4096, 4096), dtype=np.uint8)

    assert np.prod(block_shape(chunked.shape, chunked)) <= 1 << 26


def test_windows_tile_the_array() -> None:
    seen = np.zeros((5, 7), int)
    for window in windows(seen.shape, (2, 3)):
        seen[window] += 1

    assert (seen == 1).all()


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_slices_are_counted_each_on_its_own(both: np.ndarray, axis: int) -> None:
    true, pred = (da.from_array(image, chunks=(4, 5, 6)) for image in both)

    whole, slices = count_slices(true, pred, axis=axis)

    assert whole == count(*both)
    assert slices == [
        count(both[0].take(i, axis), both[1].take(i, axis))
        for i in range(both[0].shape[axis])
    ]


def test_slices_along_no_axis_are_refused(both: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"from 0 to 2 .* got 3"):
        count_slices(*both, axis=3)


def test_no_slices_make_the_empty_table() -> None:
    nothing = np.zeros((0, 4), int)

    assert count_slices(nothing, nothing, axis=0) == (empty_table(), [])
