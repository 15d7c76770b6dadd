"""The layer of the masks: what is drawn into it, and that nothing stays behind."""

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_segsuite.data.prompts.prompt import Click
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.widgets.prompt.mask_view import (
    FILLED,
    FRAME,
    MARK,
    OUTLINES,
    MaskView,
    outline,
)
from napari_segsuite.widgets.prompt.picture import Picture


@pytest.fixture
def scene(qapp):
    viewer = ViewerModel()
    image = viewer.add_image(np.zeros((5, 12, 14)), scale=(3, 0.5, 0.5), name="i")
    return viewer, Picture((image,), "ZYX")


def square(y, x, side):
    return MaskRuns.of(np.ones((side, side), bool), (y, x))


def test_the_outline_is_what_touches_the_outside():
    mask = np.ones((4, 5), bool)
    expected = np.ones((4, 5), bool)
    expected[1:3, 1:4] = False
    assert np.array_equal(outline(mask), expected)


def test_the_chosen_mask_is_filled_and_others_are_outlines(scene):
    viewer, picture = scene
    view = MaskView(viewer.layers)
    view.show(picture, [square(2, 2, 4)], [square(1, 1, 6)])
    data = view.layer.data
    assert data.shape == (12, 14)
    assert np.all(data[3:5, 3:5] == FILLED)
    assert np.all(data[2, 2:6] == OUTLINES[0])
    assert np.all(data[1, 1:7] == OUTLINES[1])
    assert (data != 0).sum() == 36


def test_nothing_of_the_mask_before_stays(scene):
    viewer, picture = scene
    view = MaskView(viewer.layers)
    view.show(picture, [square(2, 2, 6)], [], (1.0, 1.0, 9.0, 9.0))
    view.show(picture, [square(4, 4, 2)], [])
    assert (view.layer.data != 0).sum() == 4
    view.show(picture, [], [])
    assert not view.layer.data.any()


def test_masks_beyond_the_rim_are_cut(scene):
    viewer, picture = scene
    view = MaskView(viewer.layers)
    view.show(picture, [square(-2, -2, 4), square(10, 12, 9)], [])
    assert (view.layer.data != 0).sum() == 8


def test_a_frame_is_wider_from_afar(scene):
    viewer, picture = scene
    view = MaskView(viewer.layers)
    view.show(picture, [], [], (1.0, 1.0, 8.0, 10.0), zoom=4)
    thin = (view.layer.data == FRAME).sum()
    view.show(picture, [], [], (1.0, 1.0, 8.0, 10.0), zoom=0.75)
    assert thin == 2 * 10 + 2 * 6
    assert (view.layer.data == FRAME).sum() > thin


def test_the_layer_lies_on_the_image_and_keeps_the_tool_in_hand(scene):
    viewer, picture = scene
    view = MaskView(viewer.layers)
    viewer.layers.selection.active = picture.image
    view.prepare(picture)
    assert viewer.layers.selection.active is picture.image
    assert tuple(view.layer.scale) == (0.5, 0.5)
    assert viewer.dims.ndim == 3


def test_a_deleted_layer_is_made_anew(scene):
    viewer, picture = scene
    view = MaskView(viewer.layers)
    view.show(picture, [square(2, 2, 4)], [])
    viewer.layers.remove(view.layer)
    view.show(picture, [square(2, 2, 3)], [])
    assert (view.layer.data != 0).sum() == 9


def test_clicks_of_other_planes_are_marked_by_shape(scene):
    viewer, picture = scene
    view = MaskView(viewer.layers)
    marks = [Click(y=3, x=3), Click(y=8, x=9, positive=False), Click(y=0, x=13)]
    view.show(picture, [], [], None, marks, zoom=5.0)
    data = view.layer.data == MARK
    assert np.array_equal(data[2:5, 2:5], [[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    assert np.array_equal(data[7:10, 8:11], [[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    assert np.array_equal(data[0:2, 12:14], [[1, 0], [1, 1]])
    view.show(picture, [], [])
    assert not view.layer.data.any()
