import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.data.journal.tiles import Tiling

TILING = Tiling((2, 300, 520), np.dtype("<u2"))


def test_planes_are_cut_into_tiles_of_256():
    assert TILING.grid == (2, 2, 3)
    assert TILING.count == 12
    assert TILING.window(0) == (slice(0, 1), slice(0, 256), slice(0, 256))
    assert TILING.window(11) == (slice(1, 2), slice(256, 300), slice(512, 520))


@pytest.mark.parametrize("index", [-1, 12])
def test_there_are_no_other_tiles(index):
    with pytest.raises(IndexError, match="of 12"):
        TILING.window(index)


@pytest.mark.parametrize(
    ("box", "tiles"),
    [
        (((0, 1), (0, 1), (0, 1)), [0]),
        (((0, 1), (255, 257), (0, 1)), [0, 3]),
        (((1, 2), (0, 9), (250, 600)), [6, 7, 8]),
        (((0, 2**62),) * 3, list(range(12))),
        (((0, 1), (5, 5), (0, 9)), []),
        (((-9, 0), (0, 9), (0, 9)), []),
    ],
)
def test_a_box_touches_the_tiles_it_meets(box, tiles):
    assert list(TILING.touched(box)) == tiles
    assert TILING.touched_count(box) == len(tiles)


@pytest.mark.parametrize("shape", [(0, 5), (3, 0, 4), (0,)])
def test_an_array_without_pixels_has_no_tiles(shape):
    assert Tiling(shape, np.dtype("|u1")).count == 0


@given(
    shape=st.lists(st.integers(1, 600), min_size=1, max_size=2).flatmap(
        lambda inner: st.just((2, *inner)) | st.just(tuple(inner))
    ),
    name=st.sampled_from(["|b1", "|i1", "<u2", "<i4", "<u8"]),
    seed=st.integers(0, 99),
)
def test_all_tiles_together_are_the_array(shape, name, seed):
    tiling = Tiling(shape, np.dtype(name))
    rng = np.random.default_rng(seed)
    array = rng.integers(0, 2, shape).astype(name)
    rebuilt = np.zeros_like(array)
    for index in range(tiling.count):
        packed = tiling.pack(tiling.read(array, index))
        rebuilt[tiling.window(index)] = tiling.unpack(index, packed)
    np.testing.assert_array_equal(rebuilt, array)


def test_big_endian_ids_are_kept():
    array = np.full((2, 3), 258, ">u2")
    tiling = Tiling((2, 3), np.dtype("<u2"))
    tile = tiling.unpack(0, tiling.pack(tiling.read(array, 0)))
    assert tile.tolist() == [[258] * 3] * 2


def test_a_tile_that_was_read_does_not_change_with_the_array():
    array = np.zeros((2, 3), np.uint8)
    tile = Tiling((2, 3), np.dtype("|u1")).read(array, 0)
    array[:] = 9
    assert not tile.any()


@pytest.mark.parametrize("change", [b"", b"x", b"x\x9c"])
def test_what_is_no_packed_tile_is_refused(change):
    with pytest.raises(ValueError, match="tile 0"):
        TILING.unpack(0, change)


@pytest.mark.parametrize("size", [0, 256 * 256 * 2 - 1, 256 * 256 * 2 + 1, 10**8])
def test_a_tile_of_another_size_is_refused(size):
    packed = TILING.pack(np.zeros(size, np.uint8))
    with pytest.raises(ValueError, match="bytes it should have"):
        TILING.unpack(0, packed)
