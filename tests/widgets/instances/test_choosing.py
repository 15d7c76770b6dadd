"""Choosing among what was detected: at once, and never over somebody's hand."""

import numpy as np
import pytest

from .conftest import square

THREE = (
    square((2, 2), 6, 0.9),
    square((12, 14), 5, 0.6, class_id=2),
    square((4, 4), 8, 0.7),
)


@pytest.fixture
def panel(dock, make_detector, viewer, find):
    make_detector()
    viewer.add_image(np.zeros((24, 32)), name="im")
    dock.find_panel.model._shelf.refresh()
    find(THREE, (24, 32))
    return dock.find_panel.choosing


@pytest.fixture
def layer(panel, viewer):
    return viewer.layers["im cells"]


def ids(layer):
    return set(np.unique(layer.data)) - {0}


def test_the_score_works_without_another_run(panel, layer, runner, qtbot):
    assert ids(layer) == {1, 2, 3}
    array = layer.data
    panel.score.setValue(0.8)
    qtbot.waitUntil(lambda: ids(layer) == {1})
    assert layer.data is array
    assert layer.features["index"].tolist() == [1]
    assert panel.count.text() == "1 object of 3 detections"
    panel.score.setValue(0.65)
    qtbot.waitUntil(lambda: ids(layer) == {1, 2})
    assert len(runner.runs) == 1


def test_the_overlap_rule_and_the_least_area(panel, layer, qtbot):
    assert layer.data[5, 5] == 1
    panel.overlap.setCurrentText("nobody")
    qtbot.waitUntil(lambda: layer.data[5, 5] == 0)
    panel.overlap.setCurrentText("the surer one")
    panel.smallest.setValue(30)
    qtbot.waitUntil(lambda: ids(layer) == {1, 2})


def test_many_moves_end_with_the_last(panel, layer, qtbot):
    for value in np.linspace(0, 1, 30):
        panel.score.setValue(value)
    panel.score.setValue(0.65)
    qtbot.waitUntil(lambda: ids(layer) == {1, 2})
    qtbot.wait(100)
    assert ids(layer) == {1, 2}


def test_a_layer_changed_by_hand_stays(panel, layer, viewer, qtbot):
    layer.data_setitem((np.array([0]), np.array([0])), 9)
    qtbot.waitUntil(lambda: not panel.score.isEnabled())
    assert "changed by hand" in panel.score.toolTip()
    panel.score.setValue(0.8)
    qtbot.wait(100)
    assert ids(layer) == {1, 2, 3, 9}
    layer.undo()
    assert ids(layer) == {1, 2, 3}

    panel.anew.click()
    qtbot.waitUntil(lambda: "im cells [1]" in viewer.layers)
    other = viewer.layers["im cells [1]"]
    assert panel.layer.layer is other
    assert panel.score.isEnabled()
    panel.score.setValue(0.8)
    qtbot.waitUntil(lambda: ids(other) == {1})
    assert ids(layer) == {1, 2, 3}
    assert other.metadata["segsuite"]["model"] == "cells"


def test_another_array_in_the_layer_stays(panel, layer, qtbot):
    layer.data = np.full((24, 32), 5, np.int32)
    panel.score.setValue(0.8)
    qtbot.waitUntil(lambda: "changed by hand" in panel.count.text().lower())
    assert ids(layer) == {5}


def test_a_deleted_result_is_forgotten(panel, layer, viewer, qtbot):
    panel.boxes.setChecked(True)
    qtbot.waitUntil(lambda: "im cells boxes" in viewer.layers)
    viewer.layers.remove(layer)
    qtbot.waitUntil(lambda: not panel.anew.isEnabled())
    assert "nothing was found yet" in panel.anew.toolTip()
    qtbot.waitUntil(lambda: "im cells boxes" not in viewer.layers)
    panel.score.setValue(0.1)
    assert panel.found is None


def test_a_result_deleted_while_it_is_filled_harms_nothing(panel, layer, viewer, qtbot):
    panel.score.setValue(0.8)
    viewer.layers.remove(layer)
    qtbot.wait(100)
    assert panel.found is None


def test_boxes_follow_the_choice_and_go(panel, layer, viewer, qtbot):
    panel.boxes.setChecked(True)
    qtbot.waitUntil(lambda: "im cells boxes" in viewer.layers)
    boxes = viewer.layers["im cells boxes"]
    assert boxes.nshapes == 3
    panel.score.setValue(0.8)
    qtbot.waitUntil(lambda: boxes.nshapes == 1)
    viewer.layers.remove(boxes)
    qtbot.waitUntil(lambda: not panel.boxes.isChecked())
    panel.boxes.setChecked(True)
    panel.boxes.setChecked(False)
    qtbot.wait(100)
    assert [one.name for one in viewer.layers] == ["im", "im cells"]


def test_boxes_do_not_take_the_selection(panel, layer, viewer, qtbot):
    viewer.layers.selection.active = layer
    panel.boxes.setChecked(True)
    qtbot.waitUntil(lambda: "im cells boxes" in viewer.layers)
    assert viewer.layers.selection.active is layer


def test_each_result_has_its_own_choice(panel, layer, viewer, find, qtbot):
    panel.score.setValue(0.8)
    qtbot.waitUntil(lambda: ids(layer) == {1})
    find(THREE, (24, 32))
    newer = viewer.layers["im cells [1]"]
    assert panel.layer.layer is newer
    assert ids(newer) == {1}
    panel.score.setValue(0.5)
    qtbot.waitUntil(lambda: ids(newer) == {1, 2, 3})
    assert ids(layer) == {1}
    panel.layer.choose(layer)
    assert panel.score.value() == pytest.approx(0.8)


def test_slices_are_joined_and_taken_apart(dock, make_detector, viewer, find, qtbot):
    make_detector()
    viewer.add_image(np.zeros((5, 24, 32)), name="im")
    dock.find_panel.model._shelf.refresh()
    panel = dock.find_panel.choosing
    found = (square((2, 2), 6, 0.9), square((2, 3), 6, 0.8, frame=1))
    find(found, (5, 24, 32), "ZYX")
    layer = viewer.layers["im cells"]
    assert ids(layer) == {1}
    assert not panel.link.isHidden()
    panel.link.setChecked(False)
    qtbot.waitUntil(lambda: ids(layer) == {1, 2})


def test_one_plane_has_nothing_to_join(panel):
    assert panel.link.isHidden()
