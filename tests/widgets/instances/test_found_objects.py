"""Which detections a layer shows: ids that stay, slices that are joined."""

import numpy as np

from napari_segsuite.data.detections import Detections, PasteOptions
from napari_segsuite.widgets.instances.found_objects import Choice, has_slices, pasted

from .conftest import CLASSES, square

STACK = (
    square((2, 2), 6, 0.9, frame=0),
    square((20, 20), 6, 0.6, frame=0, class_id=2),
    square((2, 3), 6, 0.7, frame=1),
    square((3, 3), 6, 0.8, frame=2),
    square((20, 20), 6, 0.95, frame=2, class_id=2),
)


def detections(found=STACK, shape=(3, 32, 32), axes="ZYX"):
    return Detections.of(found, CLASSES, axes, shape)


def test_joined_slices_have_the_id_of_the_first():
    new = pasted(detections(), Choice())
    # In the order of detections: the surest of each slice first.
    assert new.labels[0, 4, 4] == new.labels[1, 4, 4] == new.labels[2, 5, 5] == 1
    assert new.labels[0, 22, 22] == new.labels[2, 22, 22] == 2
    first, second = new.segments
    assert (first.id, first.class_id, first.area) == (1, 1, 3 * 36)
    assert first.box == ((0, 3), (2, 9), (2, 9))
    assert (second.id, second.class_id, second.area) == (2, 2, 2 * 36)


def test_an_object_keeps_its_id_when_another_goes():
    wanted = Choice(PasteOptions(min_score=0.65))
    new = pasted(detections(), wanted)
    assert new.labels[1, 4, 4] == 1
    # What was part of object 2 is an object of its own now.
    assert new.labels[2, 22, 22] == 4
    assert [one.id for one in new.segments] == [1, 4]


def test_slices_apart_are_objects_of_their_own():
    new = pasted(detections(), Choice(link=False))
    assert len(new.segments) == 5
    assert [one.box[0] for one in new.segments] == [
        (0, 1),
        (0, 1),
        (1, 2),
        (2, 3),
        (2, 3),
    ]


def test_nothing_found_is_nothing_shown():
    new = pasted(detections(()), Choice())
    assert not new.labels.any()
    assert new.segments == ()


def test_one_slice_has_no_neighbours():
    assert not has_slices(detections((), (1, 32, 32)))
    assert not has_slices(detections((), (32, 32), "YX"))
    assert has_slices(detections((), (2, 32, 32), "TYX"))
    plane = pasted(detections(STACK[:2], (1, 32, 32)), Choice())
    assert np.unique(plane.labels).tolist() == [0, 1, 2]
