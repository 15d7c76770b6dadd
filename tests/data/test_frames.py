"""Frames: which slices a network sees."""

import numpy as np
import pytest

from napari_segsuite.data.frames import Frames
from napari_segsuite.errors import InputError


def count_up(*shape: int, dtype: str = "u2") -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize(
    ("axes", "shape", "ndim", "count", "channels", "spatial"),
    [
        ("YX", (5, 6), 2, 1, 1, (5, 6)),
        ("YXC", (5, 6, 3), 2, 1, 3, (5, 6)),
        ("CYX", (3, 5, 6), 2, 1, 3, (5, 6)),
        ("ZYX", (4, 5, 6), 2, 4, 1, (5, 6)),
        ("ZYX", (4, 5, 6), 3, 1, 1, (4, 5, 6)),
        ("TYX", (4, 5, 6), 2, 4, 1, (5, 6)),
        ("TZYX", (2, 4, 5, 6), 2, 8, 1, (5, 6)),
        ("TZYX", (2, 4, 5, 6), 3, 2, 1, (4, 5, 6)),
        ("TCZYX", (2, 3, 4, 5, 6), 2, 8, 3, (5, 6)),
        ("TCZYX", (2, 3, 4, 5, 6), 3, 2, 3, (4, 5, 6)),
        ("YX", (1, 1), 2, 1, 1, (1, 1)),
        ("YX", (61, 127), 2, 1, 1, (61, 127)),
    ],
)
def test_shapes(axes, shape, ndim, count, channels, spatial):
    frames = Frames(count_up(*shape), axes, ndim)
    assert (frames.count, frames.channels) == (count, channels)
    assert frames.spatial_shape == spatial
    assert frames.read(0).shape == (channels, *spatial)


def test_read_takes_the_right_pixels():
    array = count_up(2, 3, 4, 5, 6)
    frames = Frames(array, "TCZYX", 2)
    assert frames.leading(6) == (1, 2)
    assert frames.leading_axes == "TZ"
    np.testing.assert_array_equal(frames.read(6), array[1, :, 2])
    window = (slice(1, 3), slice(2, 6))
    np.testing.assert_array_equal(frames.read(6, window), array[1, :, 2, 1:3, 2:6])


@pytest.mark.parametrize("axes", ["YXC", "CYX", "YCX"])
def test_channels_come_first(axes):
    shape = [{"Y": 5, "X": 6, "C": 3}[letter] for letter in axes]
    array = count_up(*shape)
    expected = np.moveaxis(array, axes.index("C"), 0)
    np.testing.assert_array_equal(Frames(array, axes, 2).read(0), expected)


def test_channels_between_space_in_3d():
    array = count_up(4, 3, 5, 6)
    expected = np.moveaxis(array, 1, 0)
    np.testing.assert_array_equal(Frames(array, "ZCYX", 3).read(0), expected)


@pytest.mark.parametrize("dtype", [">u2", ">f4", ">i8", "<u2"])
def test_copies_are_native_and_contiguous(dtype):
    array = count_up(4, 6).astype(dtype)[:, ::-1]
    array.flags.writeable = False
    values = Frames(array, "YX", 2).read(0)
    assert values.dtype.isnative
    assert values.flags.c_contiguous
    assert values.flags.writeable
    np.testing.assert_array_equal(values[0], array)


def test_reading_copies():
    array = count_up(4, 6)
    frames = Frames(array, "YX", 2)
    frames.read(0)[:] = 0
    frames.read_labels(0)[:] = 0
    assert array.any()


def test_reads_no_more_than_asked():
    class Watched:
        shape, dtype = (9, 100, 100), np.dtype("u1")

        def __getitem__(self, key):
            self.key = key
            return np.zeros((10, 20), "u1")

    watched = Watched()
    Frames(watched, "ZYX", 2).read(3, (slice(10, 20), slice(30, 50)))
    assert watched.key == (3, slice(10, 20), slice(30, 50))


def test_labels_have_no_channel_axis():
    frames = Frames(count_up(3, 4, 5), "ZYX", 2)
    assert frames.read_labels(1).shape == (4, 5)
    with pytest.raises(InputError, match="one number per pixel"):
        Frames(count_up(3, 4, 5), "CYX", 2).read_labels(0)


@pytest.mark.parametrize("pixels", [1, 7, 30, 10_000])
@pytest.mark.parametrize("ndim", [2, 3])
def test_blocks_tile_a_frame(pixels, ndim):
    frames = Frames(count_up(3, 5, 7), "ZYX", ndim)
    seen = np.zeros(frames.spatial_shape, int)
    for window in frames.blocks(0, pixels):
        seen[window] += 1
        assert seen[window].size <= max(pixels, 1)
    assert (seen == 1).all()


@pytest.mark.parametrize(
    ("shape", "axes", "ndim", "sentence"),
    [
        ((0, 5), "YX", 2, "empty"),
        ((5, 5), "ZYX", 2, "one letter per dimension"),
        ((5, 5), "YX", 3, "needs a stack"),
        ((2, 5, 5), "TYX", 3, "needs a stack"),
        ((2, 5, 5), "QYX", 2, "cannot be used"),
        ((2, 5, 5), "ZZX", 2, "cannot be used"),
    ],
)
def test_refuses(shape, axes, ndim, sentence):
    with pytest.raises(InputError, match=sentence):
        Frames(np.zeros(shape), axes, ndim)


@pytest.mark.parametrize("dtype", ["O", "c8", "S3", "M8[s]"])
def test_refuses_what_is_no_number(dtype):
    with pytest.raises(InputError, match="plain numbers"):
        Frames(np.zeros((2, 2), dtype), "YX", 2)


@pytest.mark.parametrize(
    "window",
    [
        (slice(0, 5),),
        (slice(0, 6), slice(0, 2)),
        (slice(-1, 3), slice(0, 2)),
        (slice(2, 2), slice(0, 2)),
        (slice(None), slice(0, 2)),
        (slice(0, 4, 2), slice(0, 2)),
    ],
)
def test_windows_must_lie_inside(window):
    with pytest.raises(IndexError, match="does not lie inside"):
        Frames(count_up(5, 5), "YX", 2).read(0, window)


@pytest.mark.parametrize("index", [-1, 4])
def test_frames_must_exist(index):
    with pytest.raises(IndexError, match="frame"):
        Frames(count_up(4, 5, 5), "ZYX", 2).read(index)


def test_damage_is_a_sentence():
    class Damaged:
        shape, dtype = (4, 8, 8), np.dtype("u1")

        def __getitem__(self, key):
            raise RuntimeError("error -3 while decompressing")

    with pytest.raises(InputError, match=r"at Z=2 cannot be read.*damaged"):
        Frames(Damaged(), "ZYX", 2).read(2)


def test_dask_arrays_are_read_lazily():
    dask = pytest.importorskip("dask.array")
    array = count_up(4, 20, 30)
    frames = Frames(dask.from_array(array, chunks=(1, 7, 9)), "ZYX", 2)
    window = (slice(5, 15), slice(0, 30))
    np.testing.assert_array_equal(frames.read(2, window), array[2:3, 5:15])


def test_a_failing_dask_chunk_is_a_sentence():
    dask = pytest.importorskip("dask.array")

    def fail(block):
        raise OSError("the drive is gone")

    lazy = dask.ones((4, 20, 30), chunks=(1, 20, 30)).map_blocks(fail, dtype=float)
    with pytest.raises(InputError, match=r"at Z=3 cannot be read.*the drive is gone"):
        Frames(lazy, "ZYX", 2).read(3)
