"""Where a layer changed, as napari's own events tell it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from napari_segsuite.widgets.changes import (
    everywhere,
    joined,
    moved,
    painted_box,
    shown_box,
)


def painted(layer: Labels, edit: Callable[[Labels], None]) -> list[Any]:
    """Return the values of the paint events of an edit."""
    seen: list[Any] = []
    layer.events.paint.connect(lambda event: seen.append(event.value))
    edit(layer)
    return seen


def stroke(layer: Labels) -> None:
    with layer.block_history():
        layer.paint((3, 3), 1)
        layer.paint((5, 9), 2)


@pytest.mark.parametrize(
    ("edit", "box"),
    [
        (lambda layer: layer.paint((3, 4), 1), ((2, 5), (3, 6))),
        (stroke, ((2, 7), (2, 11))),
        (lambda layer: layer.fill((0, 0), 5), ((0, 20), (0, 30))),
        (
            lambda layer: layer.data_setitem((np.array([4, 7]), np.array([9, 2])), 3),
            ((4, 8), (2, 10)),
        ),
        (
            lambda layer: layer.paint_polygon([(2, 3), (2, 8), (6, 8), (6, 3)], 4),
            ((2, 7), (3, 9)),
        ),
    ],
    ids=["paint", "stroke", "fill", "setitem", "polygon"],
)
def test_the_box_of_an_edit_holds_all_that_changed(
    edit: Callable[[Labels], None], box: tuple[tuple[int, int], ...]
) -> None:
    layer = Labels(np.zeros((20, 30), np.uint8))
    layer.brush_size = 3
    (value,) = painted(layer, edit)

    found = painted_box(value, 2)

    changed = np.argwhere(layer.data)
    assert found == box
    assert (changed >= [start for start, _ in found]).all()
    assert (changed < [stop for _, stop in found]).all()


def test_a_box_in_a_stack_is_one_slice_thin() -> None:
    layer = Labels(np.zeros((4, 20, 30), np.uint8))
    layer.brush_size = 1

    (value,) = painted(layer, lambda la: la.paint((2, 5, 6), 1))

    assert painted_box(value, 3) == ((2, 3), (5, 6), (6, 7))


@pytest.mark.parametrize(
    "value",
    [
        [],
        ["what is this"],
        [((np.array([True, False]),), 0, 1)],
        [((np.array([-1]), np.array([2])), 0, 1)],
    ],
)
def test_what_is_not_understood_is_everywhere(value: list[Any]) -> None:
    assert painted_box(value, 2) == everywhere(2)


def test_what_was_redrawn_lies_in_the_slice_shown() -> None:
    box = shown_box((3, 4), (10, 20), displayed=(2, 0), point=(7.0, 1.6, 8.0))

    assert box == ((20, 24), (2, 3), (10, 13))


def test_boxes_are_joined_and_moved() -> None:
    assert joined(None, None) is None
    assert joined(((1, 2),), None) == ((1, 2),)
    assert joined(((1, 2), (5, 6)), ((4, 9), (0, 1))) == ((1, 9), (0, 6))
    assert moved(((1, 2), (5, 6)), (1, 3)) == ((0, 1), (2, 3))
    assert moved(None, (1, 3)) is None
