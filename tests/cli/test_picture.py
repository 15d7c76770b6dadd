"""The picture of the demo."""

from __future__ import annotations

import numpy as np

from napari_segsuite.cli.picture import Panel, draw
from napari_segsuite.data.classes import ClassInfo

CLASSES = (
    ClassInfo(id=1, name="background", color="#0000ff"),
    ClassInfo(id=2, name="cell", color="#ff0000"),
)


def test_classes_are_drawn_over_the_image_and_background_is_left_clear() -> None:
    image = np.zeros((42, 42), np.uint16)
    labels = np.ones((42, 42), np.uint8)
    labels[:21] = 2

    picture = draw(image, [Panel("truth", labels)], CLASSES, ["Dice 1"])

    top, bottom = picture.getpixel((200, 100)), picture.getpixel((200, 400))
    assert top == (128, 0, 0)
    assert bottom == (0, 0, 0)


def test_strokes_are_opaque_and_those_of_background_are_drawn_too() -> None:
    strokes = np.zeros((42, 42), np.uint8)
    strokes[:21] = 1

    panel = Panel("painting", strokes, painted=True)
    picture = draw(np.zeros((42, 42)), [panel], CLASSES, [])

    assert picture.getpixel((200, 100)) == (0, 0, 255)


def test_panels_stand_side_by_side_and_keep_the_shape_of_the_image() -> None:
    image = np.arange(200.0).reshape(10, 20)

    one = draw(image, [Panel("image")], CLASSES, [])
    two = draw(image, [Panel("image"), Panel("again")], CLASSES, [])

    assert two.width - one.width == 420 + 16
    assert one.height == 34 + 210 + 16


def test_a_constant_image_can_be_drawn() -> None:
    draw(np.full((8, 8), 7.0), [Panel("image")], CLASSES, [])
