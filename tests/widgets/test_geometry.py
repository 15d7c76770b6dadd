"""What is made for an image lies on it, however it is turned, and keeps its ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.layers import Image, Labels

from napari_segsuite.data.formats import describe, open_array, write_labels
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import (
    check_same_place,
    label_dims,
    labels_result,
    new_objects,
    new_painting,
)

SHAPES = {
    "YX": (9, 7),
    "ZYX": (5, 9, 7),
    "TYX": (5, 9, 7),
    "TZYX": (3, 5, 9, 7),
    "CYX": (2, 9, 7),
    "ZCYX": (5, 2, 9, 7),
}
steps = st.floats(0.05, 20)
places = st.floats(-1000, 1000)
angles = st.floats(-180, 180)
shears = st.floats(-1, 1)


@st.composite
def images(draw):
    """Return an image under a random transform, and its axes."""
    axes = draw(st.sampled_from(list(SHAPES)))
    shape = SHAPES[axes]
    ndim = len(shape)
    where = {
        "scale": [draw(steps) for _ in shape],
        "translate": [draw(places) for _ in shape],
    }
    if "C" not in axes:
        # Channels that are turned into space have no place that labels could take.
        turned = draw(st.lists(shears, min_size=ndim**2, max_size=ndim**2))
        linear = np.eye(ndim) * 3 + np.reshape(turned, (ndim, ndim))
        affine = np.eye(ndim + 1)
        affine[:-1, :-1] = linear
        affine[:-1, -1] = [draw(places) for _ in shape]
        where["affine"] = affine
        if ndim == 2:
            where |= {"rotate": draw(angles), "shear": [draw(shears)]}
        elif ndim == 3:
            where |= {
                "rotate": [draw(angles) for _ in shape],
                "shear": [draw(shears) for _ in shape],
            }
    return Image(np.zeros(shape), **where), axes


@st.composite
def pixels(draw):
    """Return an image, its axes, and a pixel of its labels."""
    image, axes = draw(images())
    shape = [image.data.shape[dim] for dim in label_dims(axes)]
    return image, axes, [draw(st.integers(0, size - 1)) for size in shape]


def in_world(image, axes, pixel):
    """Return where a pixel of an image's labels is seen."""
    dims = label_dims(axes)
    whole = np.zeros(image.ndim)
    whole[dims] = pixel
    return np.asarray(image.data_to_world(whole))[dims]


@given(pixels())
def test_what_is_painted_lies_where_it_is_seen(drawn):
    image, axes, pixel = drawn
    there = in_world(image, axes, pixel)
    for layer in (new_painting(image, axes), new_objects(image, axes)):
        np.testing.assert_allclose(layer.data_to_world(pixel), there, atol=1e-6)
        np.testing.assert_allclose(layer.world_to_data(there), pixel, atol=1e-4)
        check_same_place(image, axes, layer)
    # A result that begins at the pixel has its first one there.
    part = result(np.zeros((1,) * len(pixel), int), image, axes, pixel)
    first = part.data_to_world((0,) * len(pixel))
    np.testing.assert_allclose(first, there, atol=1e-6)


@given(pixels(), st.data())
def test_labels_a_pixel_away_are_refused(drawn, data):
    image, axes, pixel = drawn
    offset = [0] * len(pixel)
    axis = data.draw(st.integers(0, len(pixel) - 1))
    offset[axis] = data.draw(st.sampled_from([-1, 1]))
    shape = [image.data.shape[dim] for dim in label_dims(axes)]
    moved = result(np.zeros(shape, int), image, axes, offset)
    with pytest.raises(InputError, match="does not lie on"):
        check_same_place(image, axes, moved)


@pytest.mark.parametrize(
    ("most", "dtype"), [(300, "u2"), (70_000, "u4"), (2**31 - 1, "i4")]
)
@pytest.mark.parametrize("suffix", [".tif", ".zarr", ".npy"])
def test_many_objects_keep_their_ids(tmp_path, most, dtype, suffix):
    ids = np.arange(most - 299, most + 1).reshape(15, 20).astype(dtype)
    image = Image(np.zeros((15, 20)))
    layer = result(ids, image, "YX", (0, 0))
    assert layer.data.dtype == ids.dtype
    objects = new_objects(image, "YX")
    objects.data_setitem(tuple(np.indices(ids.shape).reshape(2, -1)), ids.ravel())
    np.testing.assert_array_equal(objects.data, ids)
    path = tmp_path / f"labels{suffix}"
    write_labels(path, layer.data, "YX")
    np.testing.assert_array_equal(open_array(describe(path, labels=True)), ids)


def result(array, image, axes, offset) -> Labels:
    return labels_result(
        array,
        like=image,
        axes=axes,
        offset=offset,
        name="r",
        classes=(),
        provenance={"model": "m"},
    )
