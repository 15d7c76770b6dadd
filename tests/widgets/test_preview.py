"""The preview layer on a viewer without a window."""

import numpy as np
import pytest
from napari.layers import Labels

from napari_segsuite.data.classes import table_of
from napari_segsuite.widgets.preview import PreviewLayer

CLASSES = table_of((1, 2))


def opened(viewer, shape, axes, **placement):
    image = viewer.add_image(np.zeros(shape, np.uint8), name="it", **placement)
    painting = viewer.add_layer(Labels(np.zeros(shape, np.uint8), name="painting"))
    preview = PreviewLayer(viewer, image, axes, painting, CLASSES)
    preview.open()
    return preview


def test_a_part_lies_at_its_place_in_the_image(viewer):
    preview = opened(viewer, (40, 40), "YX", scale=(0.5, 2.0), translate=(10.0, 20.0))
    preview.show(np.full((4, 6), 2), (), (8, 10))
    layer = preview.layer
    assert layer.data.shape == (4, 6)
    assert tuple(layer.data_to_world((0, 0))) == (14.0, 40.0)
    assert tuple(layer.scale) == (0.5, 2.0)


def test_parts_of_other_slices_stay_until_the_part_moves(viewer):
    preview = opened(viewer, (3, 40, 40), "ZYX")
    preview.show(np.full((4, 6), 1), (0,), (8, 10))
    preview.show(np.full((4, 6), 2), (2,), (8, 10))
    assert preview.layer.data[:, 0, 0].tolist() == [1, 0, 2]
    preview.show(np.full((4, 6), 2), (2,), (9, 10))
    assert preview.layer.data[:, 0, 0].tolist() == [0, 0, 2]
    assert tuple(preview.layer.translate) == (0.0, 9.0, 10.0)


def test_volumes_lie_behind_the_time_axis(viewer):
    preview = opened(viewer, (2, 5, 6, 7), "TZYX")
    preview.show(np.full((5, 6, 7), 1), (1,), (0, 0, 0))
    assert preview.layer.data.shape == (2, 5, 6, 7)
    assert preview.layer.data.sum(axis=(1, 2, 3)).tolist() == [0, 210]


@pytest.mark.parametrize("names", [(), ("it",), ("painting",), ("it", "painting")])
def test_the_selection_stays(viewer, names):
    image = viewer.add_image(np.zeros((8, 9)), name="it")
    painting = viewer.add_labels(np.zeros((8, 9), int), name="painting")
    chosen = {viewer.layers[name] for name in names}
    viewer.layers.selection = chosen
    active = viewer.layers.selection.active
    PreviewLayer(viewer, image, "YX", painting, CLASSES).open()
    assert [layer.name for layer in viewer.layers] == ["it", "it preview", "painting"]
    assert viewer.layers.selection == chosen
    assert viewer.layers.selection.active is active


@pytest.mark.parametrize(("shape", "frame"), [((4,), ()), ((4, 6), (1,))])
def test_what_does_not_fit_the_axes_is_not_shown(viewer, shape, frame):
    preview = opened(viewer, (40, 40), "YX")
    preview.show(np.ones(shape, int), frame, (0,) * len(shape))
    assert preview.empty
    assert not preview.layer.data.any()


def test_what_the_user_painted_in_it_stays(viewer):
    preview = opened(viewer, (8, 9), "YX")
    preview.show(np.ones((8, 9), int), (), (0, 0))
    preview.layer.data_setitem((np.array([3]), np.array([4])), 2)
    preview.show(np.ones((8, 9), int), (), (0, 0))
    assert preview.layer.data[3, 4] == 2


def test_a_preview_that_the_user_hides_stays_hidden(viewer):
    preview = opened(viewer, (8, 9), "YX")
    preview.show(np.ones((8, 9), int), (), (0, 0))
    preview.layer.visible = False
    preview.show(np.full((8, 9), 2), (), (0, 0))
    assert not preview.layer.visible
    assert (preview.layer.data == 2).all()


def test_other_data_that_someone_put_into_it_harms_nothing(viewer):
    preview = opened(viewer, (8, 9), "YX")
    preview.show(np.ones((8, 9), int), (), (0, 0))
    preview.layer.data = np.zeros((3, 3), int)
    preview.show(np.full((8, 9), 2), (), (0, 0))
    assert preview.layer.data.shape == (8, 9)
    assert (preview.layer.data == 2).all()


def test_of_a_small_image_only_the_pixels_change(viewer):
    preview = opened(viewer, (2, 8, 9), "ZYX")
    array = preview.layer.data
    preview.show(np.full((8, 9), 2), (1,), (0, 0))
    assert preview.layer.data is array
    assert array.sum(axis=(1, 2)).tolist() == [0, 144]


def test_of_a_large_image_one_pixel_is_drawn_before_there_is_a_preview(viewer):
    image = viewer.add_image(np.broadcast_to(np.uint8(0), (1025, 1024)), name="it")
    painting = Labels(np.zeros((1, 1), np.uint8))
    preview = PreviewLayer(viewer, image, "YX", painting, CLASSES)
    preview.open()
    assert preview.layer.data.shape == (1, 1)
    preview.show(np.full((3, 4), 2), (), (5, 6))
    assert tuple(preview.layer.translate) == (5.0, 6.0)


def test_it_steps_aside_until_the_next_training(viewer):
    preview = opened(viewer, (8, 9), "YX")
    image, painting = viewer.layers["it"], viewer.layers["painting"]
    preview.show(np.ones((8, 9), int), (), (0, 0))
    preview.step_aside(painting)  # of another image
    assert preview.layer.visible
    preview.step_aside(image)
    assert not preview.layer.visible
    again = PreviewLayer(viewer, image, "YX", painting, CLASSES, before=preview)
    assert again.layer is preview.layer
    assert again.layer.visible


def test_what_the_user_painted_in_it_does_not_step_aside(viewer):
    preview = opened(viewer, (8, 9), "YX")
    preview.show(np.ones((8, 9), int), (), (0, 0))
    preview.layer.data_setitem((np.array([3]), np.array([4])), 2)
    preview.step_aside(viewer.layers["it"])
    assert preview.layer.visible
