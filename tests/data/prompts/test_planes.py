from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from napari_segsuite.data.prompts.planes import InputMap, PlaneRef
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError


def test_a_window_maps_to_black_and_white() -> None:
    plane = np.array([[[0, 10, 15, 20, 99]]], np.uint16)
    shown = InputMap(channels=(0,), windows=((10, 20),)).apply(plane)
    assert shown.tolist() == [[[0, 0, 0.5, 1, 1]]]
    assert shown.dtype == np.float32


def test_pixels_that_are_no_numbers_are_dark() -> None:
    plane = np.array([[[np.nan, np.inf, -np.inf, 1, 3]]])
    shown = InputMap(channels=(0,), windows=((1, 3),)).apply(plane)
    assert shown.tolist() == [[[0, 0, 0, 0, 1]]]
    assert InputMap().apply(np.full((1, 2, 2), np.nan)).tolist() == [[[0, 0], [0, 0]]]


def test_a_constant_plane_is_dark() -> None:
    assert not InputMap().apply(np.full((1, 4, 4), 7, np.uint8)).any()


def test_without_windows_hot_pixels_do_not_count() -> None:
    plane = np.linspace(0, 1, 10_000).reshape(1, 100, 100)
    plane[0, 0, 0] = 1e9
    shown = InputMap().apply(plane)
    assert shown[0, 50, 50] == pytest.approx(0.5, abs=0.01)


def test_colours_stay_three_and_two_channels_become_red_and_green() -> None:
    plane = np.stack([np.eye(4), np.eye(4)[::-1], np.ones((4, 4)), np.zeros((4, 4))])
    assert InputMap().apply(plane).shape == (3, 4, 4)
    window = (0.0, 1.0)
    two = InputMap(channels=(1, 0), windows=(window, window)).apply(plane)
    np.testing.assert_array_equal(two, [plane[1], plane[0], np.zeros((4, 4))])


def test_a_channel_that_is_missing_is_named() -> None:
    with pytest.raises(InputError, match="channel 2, but the image has 1"):
        InputMap(channels=(2,)).apply(np.zeros((1, 2, 2)))


@pytest.mark.parametrize(
    "windows", [((1, 1),), ((2, 1),), ((0, float("nan")),), ((0, 1), (0, 1))]
)
def test_windows_must_rise_and_be_as_many_as_channels(windows: object) -> None:
    with pytest.raises(ValidationError):
        InputMap(channels=(0,), windows=windows)


def test_settled_windows_suit_all_planes() -> None:
    dim = np.linspace(0, 10, 1000).reshape(1, 10, 100)
    bright = np.linspace(5, 100, 1000).reshape(1, 10, 100)
    settled = InputMap().settled([dim, bright])
    ((low, high),) = settled.windows
    assert (low, high) == pytest.approx((0.01, 99.905), rel=1e-3)
    assert settled.settled([dim]) == settled
    constant = np.ones((1, 3, 3))
    assert InputMap().settled([constant]) == InputMap()


@pytest.mark.parametrize(
    ("axes", "shape", "index"),
    [
        ("YX", (4, 5), ()),
        ("ZYX", (3, 4, 5), (1,)),
        ("TZYX", (2, 3, 4, 5), (1, 2)),
        ("CZYX", (2, 3, 4, 5), (1,)),
        ("ZYXC", (3, 4, 5, 2), (2,)),
    ],
)
def test_a_plane_is_read_channels_first(
    tmp_path: Path, axes: str, shape: tuple[int, ...], index: tuple[int, ...]
) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    np.save(tmp_path / "a.npy", array)
    image = ArrayRef(path=tmp_path / "a.npy", axes=axes)
    plane = PlaneRef(image=image, index=index).read()
    places = iter(index)
    where = tuple(slice(None) if letter in "YXC" else next(places) for letter in axes)
    expected = array[where]
    if axes.endswith("C"):
        expected = expected.transpose(2, 0, 1)
    elif "C" not in axes:
        expected = expected[np.newaxis]
    np.testing.assert_array_equal(plane, expected)


def test_a_plane_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 5)))
    image = ArrayRef(path=tmp_path / "a.npy", axes="ZYX")
    with pytest.raises(InputError, match="no plane 3 along Z, which has 3"):
        PlaneRef(image=image, index=(3,)).read()
    with pytest.raises(ValidationError, match="one index per axis"):
        PlaneRef(image=image)
