"""Where all objects are drawn: rectangles as boxes in pixels of the labels."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels, Shapes

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.annotated_region import AnnotatedRegion, boxes_of


def labels(*shape, **options):
    return Labels(np.zeros(shape, np.int32), name="objects", **options)


def rectangle(top, left, bottom, right, leading=()):
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    return np.array([(*leading, *corner) for corner in corners], float)


def shapes(*corners, kind="rectangle", **options):
    return Shapes(list(corners), shape_type=kind, name="parts", **options)


def test_a_rectangle_holds_the_pixels_whose_centres_lie_in_it():
    drawn = shapes(rectangle(1.6, 2.0, 5.4, 7.0))
    assert boxes_of(drawn, labels(20, 30)) == (((2, 6), (2, 8)),)


def test_a_rectangle_belongs_to_its_slice():
    drawn = shapes(rectangle(1, 2, 5, 7, leading=(3,)))
    assert boxes_of(drawn, labels(6, 20, 30)) == (((3, 4), (1, 6), (2, 8)),)


def test_a_flat_layer_goes_through_all_slices():
    drawn = shapes(rectangle(1, 2, 5, 7))
    assert boxes_of(drawn, labels(6, 20, 30)) == (((0, 6), (1, 6), (2, 8)),)


def test_scale_and_translate_of_both_layers_count():
    image = {"scale": (2.0, 2.0), "translate": (10.0, 0.0)}
    drawn = shapes(rectangle(12, 4, 20, 8))
    assert boxes_of(drawn, labels(20, 30, **image)) == (((1, 6), (2, 5)),)


def test_what_reaches_beyond_is_cut_and_what_lies_outside_left_out():
    drawn = shapes(rectangle(-5, -5, 3, 40), rectangle(50, 50, 60, 60))
    assert boxes_of(drawn, labels(20, 30)) == (((0, 4), (0, 30)),)


def test_rectangles_outside_alone_are_refused():
    with pytest.raises(InputError, match="no rectangle on “objects”"):
        boxes_of(shapes(rectangle(50, 50, 60, 60)), labels(20, 30))


def test_an_empty_layer_is_refused():
    with pytest.raises(InputError, match="Draw one"):
        boxes_of(Shapes(ndim=2, name="parts"), labels(20, 30))


@pytest.mark.parametrize("kind", ["ellipse", "polygon"])
def test_other_shapes_are_refused(kind):
    with pytest.raises(InputError, match=f"{kind} that is no straight rectangle"):
        boxes_of(shapes(rectangle(1, 2, 5, 7), kind=kind), labels(20, 30))


def test_a_turned_rectangle_is_refused():
    diamond = np.array([(0, 5), (5, 10), (10, 5), (5, 0)], float)
    with pytest.raises(InputError, match="straight"):
        boxes_of(shapes(diamond), labels(20, 30))


def test_shapes_of_more_dimensions_are_refused():
    with pytest.raises(InputError, match="3 dimensions"):
        boxes_of(shapes(rectangle(1, 2, 5, 7, leading=(0,))), labels(20, 30))


class TestChoice:
    @pytest.fixture
    def viewer(self):
        return ViewerModel()

    @pytest.fixture
    def region(self, viewer, qapp, keep):
        return keep(AnnotatedRegion(viewer))

    def test_slices_with_objects_are_no_boxes(self, region):
        assert region.currentText() == "slices with objects"
        assert region.boxes(labels(6, 20, 30)) == ()

    def test_the_whole_image_is_one_box(self, region):
        region.setCurrentText("whole image")
        assert region.boxes(labels(6, 20, 30)) == (((0, 6), (0, 20), (0, 30)),)

    def test_a_shapes_layer_is_offered_and_followed(self, viewer, region, qtbot):
        drawn = viewer.add_shapes([rectangle(1, 2, 5, 7)], name="parts")
        region.choose(drawn)
        assert region.boxes(labels(20, 30)) == (((1, 6), (2, 8)),)
        told = []
        region.changed.connect(lambda: told.append(1))
        drawn.data = [rectangle(0, 0, 3, 3)]
        qtbot.waitUntil(lambda: bool(told))

    def test_a_deleted_shapes_layer_leaves_the_slices(self, viewer, region):
        drawn = viewer.add_shapes([rectangle(1, 2, 5, 7)], name="parts")
        region.choose(drawn)
        viewer.layers.remove(drawn)
        assert region.shapes is None
        assert region.boxes(labels(20, 30)) == ()

    def test_another_layer_does_not_change_the_choice(self, viewer, region):
        region.setCurrentText("whole image")
        viewer.add_shapes(ndim=2)
        assert region.currentText() == "whole image"

    def test_a_plane_has_no_slices_to_choose(self, viewer, region):
        drawn = viewer.add_shapes([rectangle(1, 2, 5, 7)], name="parts")
        region.suit(1)
        texts = [region.itemText(i) for i in range(region.count())]
        assert texts == ["whole image", "rectangles of parts"]
        assert region.boxes(labels(20, 30)) == (((0, 20), (0, 30)),)
        region.choose(drawn)
        region.suit(5)
        assert region.shapes is drawn
