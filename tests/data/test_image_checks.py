"""Images must be finite, complete, and lie where their labels lie."""

from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.data.frames import Frames
from napari_segsuite.data.image_checks import (
    check_complete,
    check_finite,
    check_pair,
    require_finite,
)
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f2", "f4", ">f4", "f8"])
def test_bad_pixels_are_counted_and_placed(dtype, bad):
    image = np.zeros((2, 3, 4, 5), dtype)
    image[1, 2, 3, 4] = image[1, 2, 3, 3] = bad
    for ndim in (2, 3):
        with pytest.raises(InputError, match=r"cells has 2 .*T=1, Z=2, Y=3, X=3\."):
            check_finite(Frames(image, "TZYX", ndim), "cells")


def test_bad_pixels_are_placed_in_later_blocks_and_channels(monkeypatch):
    monkeypatch.setattr(Frames.blocks, "__defaults__", (6,))
    image = np.zeros((40, 3, 2), np.float32)
    image[37, 1, 1] = np.nan
    with pytest.raises(InputError, match=r"has 1 .*first at Y=37, X=1\."):
        check_finite(Frames(image, "YXC", 2), "cells")


@given(st.data())
def test_a_bad_pixel_at_any_place_is_found(data):
    axes = data.draw(st.sampled_from(["YX", "ZYX", "TYX", "CYX", "TZYX"]))
    shape = data.draw(st.tuples(*[st.integers(1, 9)] * len(axes)))
    place = tuple(data.draw(st.integers(0, size - 1)) for size in shape)
    image = np.zeros(shape, data.draw(st.sampled_from(["f2", "f4", "f8"])))
    image[place] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    named = ", ".join(
        f"{letter}={index}"
        for letter, index in zip(axes, place, strict=True)
        if letter != "C"
    )
    with pytest.raises(InputError, match=rf"cells has 1 .*{named}\."):
        check_finite(Frames(image, axes, 2), "cells")


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", ">u4", "f4", "f8"])
def test_finite_images_pass(dtype):
    check_finite(Frames(np.ones((3, 4), dtype), "YX", 2), "cells")
    require_finite(np.ones((3, 4), dtype), "cells")


def test_one_window_is_checked():
    values = np.zeros((1, 3, 3))
    values[0, 1] = np.inf
    with pytest.raises(InputError, match=r"cells has pixels .* 3 in one place"):
        require_finite(values, "cells")


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_missing_chunk_is_refused(tmp_path, zarr_format):
    image = zarr.create_array(
        tmp_path / "i.zarr",
        shape=(8, 8),
        chunks=(4, 4),
        dtype="u1",
        zarr_format=zarr_format,
    )
    image[...] = 7
    check_complete(image, "cells")
    chunks = [p for p in (tmp_path / "i.zarr").rglob("*[0-9]") if p.is_file()]
    chunks[-1].unlink()
    with pytest.raises(InputError, match="1 of its 4 chunks"):
        check_complete(zarr.open_array(tmp_path / "i.zarr", mode="r"), "cells")


def test_arrays_without_chunks_are_complete():
    check_complete(np.zeros((3, 3)), "cells")


def ref(name, axes, spacing=None):
    return ArrayRef(path=Path(name), axes=axes, spacing=spacing)


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        (("YX", (5, 6)), ("YX", (5, 6))),
        (("YXC", (5, 6, 3)), ("YX", (5, 6))),
        (("TCZYX", (2, 3, 4, 5, 6)), ("TZYX", (2, 4, 5, 6))),
    ],
)
def test_pairs_that_fit(image, labels):
    check_pair(ref("i.tif", image[0]), ref("l.tif", labels[0]), (image[1], labels[1]))


@pytest.mark.parametrize(
    ("image", "labels", "shown"),
    [
        (("YX", (5, 6)), ("YX", (6, 5)), r"i.tif is 5 × 6 .* l.tif is 6 × 5"),
        (("ZYX", (4, 5, 6)), ("YX", (5, 6)), r"4 × 5 × 6 \(ZYX.*5 × 6 \(YX\)"),
        (("ZYX", (4, 5, 6)), ("TYX", (4, 5, 6)), r"\(ZYX.*\(TYX\)"),
        (("YXC", (5, 6, 3)), ("YX", (5, 3)), r"5 × 6 \(YX.*5 × 3"),
    ],
)
def test_pairs_that_do_not_fit(image, labels, shown):
    with pytest.raises(InputError, match=shown):
        check_pair(
            ref("i.tif", image[0]), ref("l.tif", labels[0]), (image[1], labels[1])
        )


def test_pairs_of_another_spacing():
    image, labels = ref("i.tif", "YX", (0.5, 0.5)), ref("l.tif", "YX", (0.5, 0.25))
    with pytest.raises(InputError, match=r"0\.5 µm in x, l.tif .* 0\.25 µm in x"):
        check_pair(image, labels, ((5, 5), (5, 5)))


@pytest.mark.parametrize("spacing", [None, (0.5, 0.5), (0.5001, 0.5)])
def test_spacing_that_agrees_or_is_unknown(spacing):
    image, labels = ref("i.tif", "YX", (0.5, 0.5)), ref("l.npy", "YX", spacing)
    check_pair(image, labels, ((5, 5), (5, 5)))
