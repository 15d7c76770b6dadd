"""The trail: commits are followed through napari's own undo and redo."""

import numpy as np
import pytest
from napari.layers import Labels

from napari_segsuite.widgets.prompt.trail import Trail


@pytest.fixture
def layer(qapp):
    return Labels(np.zeros((4, 12, 12), np.int32))


@pytest.fixture
def trail(layer):
    made = Trail()
    made.follow(layer)
    made.told = []
    made.undone.connect(lambda commit: made.told.append(("undone", commit)))
    made.redone.connect(lambda commit: made.told.append(("redone", commit)))
    return made


def place(*rows):
    rows = np.array(rows)
    return np.zeros_like(rows), rows, np.full_like(rows, 3)


def write(trail, commit, value, *rows):
    trail.write([(place(*rows), value)], commit)


def test_undo_and_redo_are_told(trail, layer):
    write(trail, "a", 1, 2, 3)
    write(trail, "b", 2, 6, 7)
    layer.undo()
    layer.undo()
    layer.redo()
    assert trail.told == [("undone", "b"), ("undone", "a"), ("redone", "a")]


def test_several_writes_are_one_step(trail, layer):
    trail.write([(place(2), 1), (place(2, 3), 2)], "a")
    layer.undo()
    assert not layer.data.any()
    layer.redo()
    assert trail.told == [("undone", "a"), ("redone", "a")]


def test_strokes_above_are_undone_first(trail, layer):
    write(trail, "a", 1, 2, 3)
    layer.paint((0, 9, 9), 5)
    layer.undo()
    assert trail.told == []
    layer.undo()
    assert trail.told == [("undone", "a")]


def test_an_object_that_is_erased_by_hand_is_not_undone(trail, layer):
    write(trail, "a", 1, 2, 3)
    layer.data_setitem(place(2, 3), 0)
    layer.refresh()  # as a change of slice does
    assert trail.told == []
    layer.undo()
    layer.undo()
    assert trail.told == [("undone", "a")]


def test_what_changes_nothing_is_no_step(trail, layer):
    write(trail, "a", 1, 2)
    write(trail, "b", 1, 2)
    layer.undo()
    assert trail.told == [("undone", "a")]


def test_new_data_ends_the_trail(trail, layer):
    write(trail, "a", 1, 2)
    layer.data = np.zeros((4, 12, 12), np.int32)
    layer.refresh()
    assert trail.told == []


def test_another_layer_is_not_followed(trail, layer):
    write(trail, "a", 1, 2)
    trail.follow(None)
    layer.undo()
    assert trail.told == []
