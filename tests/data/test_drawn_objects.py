from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_segsuite.data.drawn_objects import (
    check_objects,
    checked_boxes,
    classes_suspected,
    pieces_of,
    slices_drawn,
    typical_width,
    windows_in,
)
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.painted import PaintingSurvey, survey
from napari_segsuite.errors import InputError


def found(labels: NDArray[np.generic]) -> PaintingSurvey:
    return survey(Frames(labels, "YX", 2))


def test_objects_with_gaps_between_their_ids_are_fine() -> None:
    assert check_objects(found(np.array([[0, 5, 900_000, 2**31 - 1]]))) == ""


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((3, 3), np.uint8), "No object is drawn"),
        (np.array([[0, -4]]), "hold -4"),
        (np.array([[0, 2**31]]), "hold 2147483648"),
        (np.full((3, 3), 7), "covers everything"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    labels: NDArray[np.generic], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        check_objects(found(labels))


def test_little_to_learn_from_is_told() -> None:
    assert "one object" in check_objects(found(np.array([[0, 3]])))
    assert "cover every pixel" in check_objects(found(np.array([[1, 1, 2, 2]])))


def test_an_object_on_several_slices_is_several() -> None:
    labels = np.zeros((2, 3, 3), np.uint8)
    labels[:, 1, 1] = 4
    assert check_objects(survey(Frames(labels, "TYX", 2))) == ""


def test_two_ids_in_many_pieces_look_like_classes() -> None:
    labels = np.zeros((9, 9), np.uint8)
    labels[::2, ::2], labels[0] = 1, 2
    assert pieces_of(labels) == (2, 21)
    assert "2 ids in 21 separate pieces" in classes_suspected(2, 21)


def test_many_ids_and_few_pieces_are_objects() -> None:
    assert pieces_of(np.arange(20).reshape(4, 5)) == (19, 19)
    assert classes_suspected(19, 19) == ""
    assert classes_suspected(2, 3) == ""
    assert classes_suspected(0, 0) == ""


def test_slices_that_hold_objects_are_annotated() -> None:
    labels = np.zeros((2, 3, 4, 5), np.uint8)
    labels[0, 1, 2, 2] = labels[1, 2, 0, 0] = 1
    frames = Frames(labels, "TZYX", 2)
    assert slices_drawn(frames, survey(frames)) == (
        ((0, 1), (1, 2), (0, 4), (0, 5)),
        ((1, 2), (2, 3), (0, 4), (0, 5)),
    )


def test_boxes_are_cut_down_to_the_labels() -> None:
    frames = Frames(np.zeros((3, 4, 5), np.uint8), "ZYX", 2)
    boxes = checked_boxes(frames, [((-2, 9), (1, 3), (2, 99))], "it")
    assert boxes == (((0, 3), (1, 3), (2, 5)),)


@pytest.mark.parametrize(
    "box", [((0, 3), (1, 3)), ((0, 3), (2, 2), (0, 5)), ((3, 5), (0, 4), (0, 5))]
)
def test_boxes_elsewhere_are_refused(box: tuple[tuple[int, int], ...]) -> None:
    frames = Frames(np.zeros((3, 4, 5), np.uint8), "ZYX", 2)
    with pytest.raises(InputError, match="does not lie inside it"):
        checked_boxes(frames, [box], "it")


def test_windows_are_the_parts_of_boxes_in_a_frame() -> None:
    labels = np.zeros((2, 3, 4, 5), np.uint8)
    boxes = [((0, 1), (1, 3), (0, 2), (0, 5)), ((0, 2), (2, 3), (1, 4), (2, 4))]
    flat, deep = Frames(labels, "TZYX", 2), Frames(labels, "TZYX", 3)
    first, second = (slice(0, 2), slice(0, 5)), (slice(1, 4), slice(2, 4))
    assert windows_in(flat, 0, boxes) == []
    assert windows_in(flat, 1, boxes) == [first]
    assert windows_in(flat, 2, boxes) == [first, second]
    assert windows_in(flat, 5, boxes) == [second]
    assert windows_in(deep, 1, boxes) == [(slice(2, 3), *second)]


def test_the_width_of_objects_is_the_root_of_their_area() -> None:
    labels = np.zeros((4, 9, 9), np.uint8)
    labels[:, 1:4, 1:4] = 1
    one = survey(Frames(labels, "TYX", 2))
    assert typical_width([one, one], 2) == pytest.approx(3.0)
    assert typical_width([one], 3) == pytest.approx(36 ** (1 / 3))
