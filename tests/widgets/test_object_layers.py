"""Objects as layers: ids with what is known of them, boxes along the pixels' rims."""

import numpy as np
from napari.layers import Image

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.segments import Segment
from napari_segsuite.widgets import object_layers
from napari_segsuite.widgets.object_layers import (
    boxes_around,
    boxes_result,
    objects_result,
    show_boxes,
)

CLASSES = (ClassInfo(id=1, name="cell"), ClassInfo(id=4, name="debris"))


def result(array, segments, axes="YX"):
    return objects_result(
        array,
        like=Image(np.zeros(array.shape), scale=(2.0,) * array.ndim),
        axes=axes,
        offset=(0,) * array.ndim,
        name="im model",
        segments=segments,
        classes=CLASSES,
        provenance={"model": "model"},
    )


def array():
    made = np.zeros((8, 10), np.int32)
    made[1:3, 2:6] = 3
    made[5:8, 0:1] = 7
    return made


SEGMENTS = (
    Segment(id=3, class_id=1, area=8, score=0.9, box=((1, 3), (2, 6))),
    Segment(id=7, class_id=4, area=3, score=0.5),
)


def test_features_say_what_is_known_of_each_id():
    layer = result(array(), SEGMENTS)
    first, second = layer.features.to_dict("records")
    assert (first["index"], first["class"], first["score"]) == (3, "cell", 0.9)
    assert (first["y_start"], first["x_stop"]) == (1, 6)
    assert (second["class_id"], second["area"]) == (4, 3)
    assert np.isnan(second["y_start"])


def test_neighbours_have_other_colours_and_the_classes_are_kept():
    layer = result(array(), SEGMENTS)
    assert not np.array_equal(layer.get_color(3), layer.get_color(7))
    facts = layer.metadata["segsuite"]
    assert [info["name"] for info in facts["classes"]] == ["cell", "debris"]
    assert facts["objects"]
    np.testing.assert_allclose(layer.scale, (2, 2))


def test_boxes_lie_along_the_rims_of_pixels():
    boxes = boxes_around(array())
    assert boxes.ids.tolist() == [3, 7]
    np.testing.assert_array_equal(boxes.corners[0].min(axis=0), (0.5, 1.5))
    np.testing.assert_array_equal(boxes.corners[0].max(axis=0), (2.5, 5.5))


def test_boxes_of_a_stack_lie_on_their_slices():
    stack = np.stack([np.zeros((8, 10), np.int32), array(), array()])
    boxes = boxes_around(stack)
    assert boxes.ids.tolist() == [3, 7, 3, 7]
    assert boxes.corners[:, 0, 0].tolist() == [1, 1, 2, 2]


def test_nothing_has_no_boxes():
    boxes = boxes_around(np.zeros((3, 4, 5), np.int32))
    assert boxes.corners.shape == (0, 4, 3)
    assert boxes.complete


def test_too_many_boxes_are_none(monkeypatch):
    monkeypatch.setattr(object_layers, "MOST_BOXES", 1)
    boxes = boxes_around(array())
    assert not boxes.complete
    assert not len(boxes.corners)


def test_a_box_layer_tells_whose_boxes_they_are():
    labels = result(array(), SEGMENTS)
    layer = boxes_result(labels, "YX", "boxes", boxes_around(labels.data))
    assert layer.nshapes == 2
    assert layer.features["index"].tolist() == [3, 7]
    assert layer.features["class"].tolist() == ["cell", "debris"]
    np.testing.assert_allclose(layer.scale, labels.scale)


def test_boxes_are_drawn_anew():
    labels = result(array(), SEGMENTS)
    layer = boxes_result(labels, "YX", "boxes", boxes_around(labels.data))
    labels.data[labels.data == 3] = 0
    show_boxes(layer, labels, boxes_around(labels.data))
    assert layer.features["index"].tolist() == [7]
    labels.data[:] = 0
    show_boxes(layer, labels, boxes_around(labels.data))
    assert layer.nshapes == 0
