"""Axes: one letter per dimension."""

import pytest

from napari_segsuite.data.axes import (
    check_axes,
    guess_axes,
    spatial,
    without_channels,
)
from napari_segsuite.errors import InputError


@pytest.mark.parametrize("axes", ["YX", "ZYX", "YXC", "TCZYX", "CYX", "TYX"])
def test_good_axes(axes):
    assert check_axes(axes, len(axes)) == axes


@pytest.mark.parametrize(
    ("axes", "ndim", "sentence"),
    [
        ("YX", 3, "name 2 dimensions, but the array has 3"),
        ("YXY", 3, "cannot be used"),
        ("ZY", 2, "cannot be used"),
        ("QYX", 3, "cannot be used"),
        ("yx", 2, "cannot be used"),
    ],
)
def test_bad_axes(axes, ndim, sentence):
    with pytest.raises(InputError, match=sentence):
        check_axes(axes, ndim)


def test_parts_of_axes():
    assert spatial("TCZYX") == "ZYX"
    assert spatial("YXC") == "YX"
    assert without_channels("TCZYX") == "TZYX"


@pytest.mark.parametrize(
    ("shape", "options", "axes"),
    [
        ((1, 1), {}, "YX"),
        ((50, 60), {}, "YX"),
        ((30, 50, 60), {}, "ZYX"),
        ((3, 50, 60), {}, "CYX"),
        ((3, 50, 60), {"labels": True}, "ZYX"),
        ((3, 16, 60), {}, "ZYX"),
        ((2, 30, 50, 60), {}, "CZYX"),
        ((9, 30, 50, 60), {}, "TZYX"),
        ((2, 3, 30, 50, 60), {}, "TCZYX"),
        ((50, 60, 3), {"rgb": True}, "YXC"),
        ((9, 50, 60, 3), {"rgb": True}, "ZYXC"),
        ((0, 0), {}, "YX"),
    ],
)
def test_guesses(shape, options, axes):
    assert guess_axes(shape, **options) == axes


@pytest.mark.parametrize("shape", [(), (5,), (1, 1, 1, 1, 1, 1)])
def test_no_guess(shape):
    with pytest.raises(InputError, match="dimensions"):
        guess_axes(shape)


def test_labels_have_no_five_dimensions():
    with pytest.raises(InputError, match="5 dimensions"):
        guess_axes((2, 2, 2, 2, 2), labels=True)
