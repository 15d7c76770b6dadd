import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import (
    check_image,
    check_same_place,
    class_colormap,
    image_axes,
    is_result,
    label_shape,
    labels_result,
    new_painting,
    probability_result,
    spacing,
)

CLASSES = (
    ClassInfo(id=1, name="background", color="#102030"),
    ClassInfo(id=7, name="nucleus", color="#ff0000"),
)


def result(image, axes, shape, offset):
    return labels_result(
        np.zeros(shape, np.int32),
        like=image,
        axes=axes,
        offset=offset,
        name="r",
        classes=CLASSES,
        provenance={"model": "m"},
    )


@pytest.mark.parametrize(
    ("shape", "rgb", "axes"),
    [
        ((20, 30), False, "YX"),
        ((5, 20, 30), False, "ZYX"),
        ((3, 20, 30), False, "CYX"),
        ((20, 30, 3), True, "YXC"),
        ((2, 20, 20, 30), False, "CZYX"),
        ((6, 5, 20, 30), False, "TZYX"),
    ],
)
def test_axes_are_guessed_from_shape(shape, rgb, axes):
    assert image_axes(Image(np.zeros(shape), rgb=rgb)) == axes


def test_axes_are_taken_from_the_layer_where_it_names_them():
    image = Image(np.zeros((3, 20, 30)), axis_labels=("t", "y", "x"))
    assert image_axes(image) == "TYX"


def test_axes_that_are_named_twice_are_guessed():
    image = Image(np.zeros((5, 20, 30)), axis_labels=("y", "y", "x"))
    assert image_axes(image) == "ZYX"


def test_spacing_is_in_micrometre_and_none_where_never_set():
    nanometre = Image(np.zeros((5, 8, 9)), scale=(1000, 250, 250), units="nm")
    assert spacing(nanometre, "ZYX") == pytest.approx((1.0, 0.25, 0.25))
    assert spacing(Image(np.zeros((8, 9))), "YX") is None
    assert spacing(Image(np.zeros((8, 9)), scale=(2, 3)), "YX") == (2.0, 3.0)


@pytest.mark.parametrize(
    ("shape", "axes", "message"),
    [
        ((4, 5, 2), "YXC", "must come first"),
        ((6, 3, 20, 30), "TCYX", "axis 2 of TCYX; they must come first"),
        ((4, 5, 6), "YX", "name 2 dimensions"),
        ((4, 5), "YQ", "cannot be used"),
    ],
)
def test_axes_that_do_not_suit_the_image_are_refused(shape, axes, message):
    with pytest.raises(InputError, match=message):
        check_image(Image(np.zeros(shape)), axes)


def test_labels_of_another_shape_are_refused_with_both_shapes():
    image, labels = Image(np.zeros((20, 30))), Labels(np.zeros((20, 31), int))
    with pytest.raises(InputError, match=r"20 × 31.*20 × 30"):
        check_same_place(image, "YX", labels)


@pytest.mark.parametrize(
    "moved", [{"translate": (0, 1)}, {"scale": (1, 2)}, {"rotate": 5}]
)
def test_labels_that_lie_elsewhere_are_refused(moved):
    image, labels = Image(np.zeros((20, 30))), Labels(np.zeros((20, 30), int), **moved)
    with pytest.raises(InputError, match="does not lie on"):
        check_same_place(image, "YX", labels)


def test_rounding_of_a_scale_is_no_difference():
    image = Image(np.zeros((20, 30)), scale=(0.1, 0.1))
    labels = Labels(np.zeros((20, 30), int), scale=(0.1000001, 0.1))
    check_same_place(image, "YX", labels)


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [((20, 30), "YX", (20, 30)), ((3, 5, 20, 30), "CZYX", (5, 20, 30))],
)
def test_a_new_painting_fits_its_image(shape, axes, expected):
    scale = np.arange(2, 2 + len(shape), dtype=float)
    image = Image(np.zeros(shape), scale=scale, translate=scale, units="um")
    painting = new_painting(image, axes)
    assert painting.data.shape == expected
    check_same_place(image, axes, painting)
    assert [str(unit) for unit in painting.units] == ["micrometer"] * len(expected)


def test_a_result_lies_on_the_pixels_it_was_predicted_from():
    image = Image(
        np.zeros((5, 20, 30)),
        scale=(3, 2, 2),
        translate=(10, 20, 30),
        rotate=(10, 20, 30),
        shear=(0.1, 0.2, 0.3),
        affine=np.array([[1, 0, 0, 4], [0, 2, 0.5, 5], [0, 0, 1, 6], [0, 0, 0, 1.0]]),
        units="um",
        axis_labels=("z", "y", "x"),
    )
    layer = result(image, "ZYX", (1, 4, 5), (2, 3, 4))
    for pixel in ((0, 0, 0), (0, 3, 4)):
        there = image.data_to_world(np.add(pixel, (2, 3, 4)))
        np.testing.assert_allclose(layer.data_to_world(pixel), there)
    assert tuple(layer.axis_labels) == ("z", "y", "x")
    np.testing.assert_allclose(layer.scale, (3, 2, 2))


def test_a_result_of_channels_first_has_the_place_of_the_other_axes():
    image = Image(np.zeros((3, 20, 30)), scale=(1, 2, 4), translate=(0, 5, 6))
    layer = result(image, "CYX", (20, 30), (0, 0))
    np.testing.assert_allclose(layer.scale, (2, 4))
    np.testing.assert_allclose(layer.translate, (5, 6))


def test_a_result_has_the_colours_and_names_of_its_classes():
    layer = result(Image(np.zeros((4, 5))), "YX", (4, 5), (0, 0))
    np.testing.assert_allclose(layer.get_color(7), (1, 0, 0, 1))
    assert list(layer.features["class"]) == ["background", "nucleus"]
    assert layer.metadata["segsuite"]["model"] == "m"
    assert is_result(layer)
    assert not is_result(Image(np.zeros((4, 5))))


def test_ids_of_any_size_have_their_colours():
    far = (ClassInfo(id=3, name="a", color="#00ff00"), ClassInfo(id=5000, name="b"))
    colormap = class_colormap(far)
    np.testing.assert_allclose(colormap.map(3), (0, 1, 0, 1))
    np.testing.assert_allclose(colormap.map(0), (0, 0, 0, 0))


def test_probabilities_lie_on_the_image_and_count_as_results():
    image = Image(np.zeros((4, 5)), scale=(2, 3))
    layer = probability_result(
        np.zeros((4, 5), np.float16),
        like=image,
        axes="YX",
        offset=(0, 0),
        name="p",
        provenance={"model": "m"},
    )
    np.testing.assert_allclose(layer.scale, (2, 3))
    assert is_result(layer)


def test_a_multiscale_image_counts_by_its_largest_level():
    image = Image([np.zeros((40, 60)), np.zeros((20, 30))], multiscale=True)
    assert label_shape(image, "YX") == (40, 60)
