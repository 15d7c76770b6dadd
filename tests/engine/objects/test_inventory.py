"""What is known of objects, worked by hand."""

from __future__ import annotations

import numpy as np

from napari_segsuite.engine.objects.inventory import FoundObject, Inventory

IDS = np.array(
    [
        [0, 3, 3, 0],
        [1, 1, 3, 0],
        [0, 1, 0, 2],
    ]
)
FOREGROUND = np.array(
    [
        [0.9, 0.5, 0.7, 0.9],
        [1.0, 1.0, 0.9, 0.9],
        [0.9, 0.7, 0.9, 0.8],
    ],
    np.float16,
)


def take(columns: int) -> Inventory:
    inventory = Inventory(4, IDS.shape)
    for start in range(0, 4, columns):
        block = (slice(0, 3), slice(start, start + columns))
        inventory.add(block, IDS[block], FOREGROUND[block])
    return inventory


def test_objects_are_known_in_the_order_in_which_they_begin() -> None:
    expected = [
        FoundObject(area=3, score=0.7, box=((0, 2), (1, 3))),
        FoundObject(area=3, score=0.9, box=((1, 3), (0, 2))),
        FoundObject(area=1, score=0.8, box=((2, 3), (3, 4))),
    ]
    for columns in (4, 2, 1):
        numbers, objects = take(columns).objects(1)
        assert numbers.tolist() == [0, 2, 3, 1, 0]
        assert [(one.area, one.box) for one in objects] == [
            (one.area, one.box) for one in expected
        ]
        scores = [one.score for one in objects]
        assert np.allclose(scores, [0.7, 0.9, 0.8], atol=1e-3)


def test_small_objects_have_no_number() -> None:
    numbers, objects = take(2).objects(2)
    assert numbers.tolist() == [0, 2, 0, 1, 0]
    assert len(objects) == 2


def test_doubtful_objects_have_no_number() -> None:
    numbers, objects = take(2).objects(1, 0.75)
    assert numbers.tolist() == [0, 1, 2, 0, 0]
    assert len(objects) == 2


def test_nothing_is_nothing() -> None:
    inventory = Inventory(0, (2, 2))
    inventory.add((slice(0, 2), slice(0, 2)), np.zeros((2, 2), int), np.ones((2, 2)))
    numbers, objects = inventory.objects(1)
    assert (numbers.tolist(), objects) == ([0], [])
