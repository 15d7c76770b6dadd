"""Axes of size 1 come and go without the array being read."""

import numpy as np
import pytest

from napari_segsuite.data.aligned import align
from napari_segsuite.errors import InputError


class Lazy:
    """Answers like an array, and is none."""

    def __init__(self, array):
        self.array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.read = 0

    def __getitem__(self, key):
        values = self.array[key]
        self.read += values.size
        return values


ARRAY = np.arange(24).reshape(1, 4, 6)


@pytest.mark.parametrize(
    ("have", "want", "shape"),
    [
        ("ZYX", "TYX", (1, 4, 6)),
        ("ZYX", "YX", (4, 6)),
        ("ZYX", "TZYX", (1, 1, 4, 6)),
        ("ZYX", "ZYXC"[:4], (1, 4, 6, 1)),
        ("ZYX", "CYX", (1, 4, 6)),
        (None, "YX", (4, 6)),
        (None, "TCZYX", (1, 1, 1, 4, 6)),
    ],
)
def test_lazy_views_read_what_numpy_reads(have, want, shape):
    view = align(Lazy(ARRAY), have, want)
    assert view.shape == shape
    expected = ARRAY.reshape(shape)
    np.testing.assert_array_equal(np.asarray(align(ARRAY, have, want)), expected)
    keys = [
        tuple(slice(None) for _ in want),
        tuple(0 if n == 1 else slice(1, 3) for n in shape),
        tuple(slice(0, 1) if n == 1 else 2 for n in shape),
        (slice(None),),
        (0,),
    ]
    for key in keys:
        np.testing.assert_array_equal(view[key], expected[key])


def test_no_more_is_read_than_asked():
    lazy = Lazy(ARRAY)
    align(lazy, "ZYX", "TZYX")[0, 0, 1:3, 2:4]
    assert lazy.read == 4


@pytest.mark.parametrize(
    ("shape", "have", "want"),
    [
        ((3, 4, 6), "ZYX", "YX"),
        ((1, 4, 6), "ZXY", "YX"),
        ((4, 4, 6), None, "YX"),
        ((6,), None, "YX"),
    ],
)
def test_what_cannot_be_aligned(shape, have, want):
    with pytest.raises(InputError, match=f"axes {want} were asked for"):
        align(np.zeros(shape), have, want)
