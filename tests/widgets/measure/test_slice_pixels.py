import numpy as np
import pytest

from napari_segsuite.widgets.measure.slice_pixels import image_slice, shown_image

STACK = np.arange(24).reshape(2, 3, 4)


def test_the_topmost_visible_image_below_the_labels(viewer):
    low = viewer.add_image(STACK, scale=(2, 1, 1))
    high = viewer.add_image(STACK, scale=(2, 1, 1))
    viewer.add_image(STACK)
    labels = viewer.add_labels(STACK, scale=(2, 1, 1))
    assert shown_image(viewer.layers, labels) is high
    high.visible = False
    assert shown_image(viewer.layers, labels) is low
    low.visible = False
    assert shown_image(viewer.layers, labels) is None


def test_a_slice_of_a_stack(viewer):
    image = viewer.add_image(STACK)
    assert np.array_equal(
        image_slice(image, (1, slice(0, 3), slice(1, 4))), STACK[1, :, 1:]
    )


def test_a_slice_across(viewer):
    image = viewer.add_image(STACK)
    part = image_slice(image, (slice(0, 2), 2, slice(0, 4)))
    assert np.array_equal(part, STACK[:, 2])


def test_colours_stay(viewer):
    rgb = np.zeros((5, 6, 3), np.uint8)
    image = viewer.add_image(rgb, rgb=True)
    labels = viewer.add_labels(np.zeros((5, 6), int))
    assert shown_image(viewer.layers, labels) is image
    assert image_slice(image, (slice(0, 5), slice(0, 2))).shape == (5, 2, 3)


@pytest.mark.parametrize("index", [(0, slice(0, 3), slice(0, 4))])
def test_channels_are_averaged(viewer, index):
    both = np.stack([STACK, STACK + 2])
    image = viewer.add_image(both, axis_labels=("c", "z", "y", "x"))
    assert np.array_equal(image_slice(image, index), STACK[0] + 1)
