"""Colours as one channel, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segsuite.data.colours import GreyFrames, as_seen, is_colour
from napari_segsuite.data.frames import Frames


@pytest.mark.parametrize(
    ("axes", "channels", "expected"),
    [
        ("YXC", 3, True),
        ("ZYXC", 4, True),
        ("YXC", 2, False),
        ("YXC", 5, False),
        ("CYX", 3, False),
        ("YX", 1, False),
    ],
)
def test_colours_stand_last_and_are_three(
    axes: str, channels: int, expected: bool
) -> None:
    assert is_colour(axes, channels) is expected


def test_grey_is_the_mean_of_the_colours_rounded() -> None:
    pixels = [[10, 20, 30, 0], [0, 0, 1, 255], [255, 255, 254, 7], [0, 1, 1, 9]]
    image = np.array([pixels], np.uint8)

    seen = as_seen(Frames(image, "YXC", 2), 1)

    assert seen.channels == 1
    assert seen.read(0).tolist() == [[[20, 0, 255, 1]]]
    assert seen.read(0).dtype == np.uint8
    window = (slice(0, 1), slice(2, 4))
    assert seen.read(0, window).tolist() == [[[255, 1]]]


def test_frames_of_a_stack_are_read_one_by_one() -> None:
    image = np.arange(2 * 2 * 2 * 3, dtype=np.uint16).reshape(2, 2, 2, 3)

    seen = as_seen(Frames(image, "ZYXC", 2), 1)

    assert seen.count == 2
    assert seen.read(1).tolist() == [[[13, 16], [19, 22]]]


def test_what_fits_or_cannot_be_averaged_stays() -> None:
    colours = Frames(np.zeros((4, 4, 3), np.uint8), "YXC", 2)
    stains = Frames(np.zeros((3, 4, 4), np.uint8), "CYX", 2)

    assert as_seen(colours, 3) is colours
    assert as_seen(stains, 1) is stains


@given(
    st.sampled_from([np.uint8, np.uint32, np.int16, np.float16, np.float32, np.bool_])
    .map(np.dtype)
    .flatmap(lambda dtype: arrays(dtype, (2, 3, 3)))
)
def test_grey_lies_between_the_colours(image: Any) -> None:
    with np.errstate(all="ignore"):  # NaN and infinity pass through
        grey = GreyFrames(Frames(image, "YXC", 2)).read(0)[0]

    assert grey.dtype == image.dtype
    finite = np.isfinite(image.astype(np.float64)).all(-1)
    assert np.isfinite(grey.astype(np.float64)[finite]).all()
    assert (~np.isfinite(grey.astype(np.float64))[~finite]).all()
    room = 1e-3 * np.abs(image.astype(np.float64)).max(-1)
    low, high = (f(image.astype(np.float64), -1) for f in (np.min, np.max))
    values = grey.astype(np.float64)
    assert ((low - room <= values) & (values <= high + room))[finite].all()
