import numpy as np
import pytest
from qtpy.QtCore import QObject

from napari_segsuite.widgets.painting_watch import PaintingWatch


@pytest.fixture
def watch(session, keep, qapp):
    return PaintingWatch(session, keep(QObject()))


@pytest.fixture
def counted(watch):
    """Return how often the watch has told of a survey."""
    told = []
    watch.changed.connect(lambda: told.append(watch.survey))
    return told


def test_strokes_undo_and_redo_are_seen(viewer, watch, qtbot):
    layer = viewer.add_labels(np.zeros((20, 30), np.uint8))
    watch.follow(layer)
    qtbot.waitUntil(lambda: watch.survey is not None)
    assert watch.survey.counts == {}
    layer.data_setitem((np.array([2, 2]), np.array([3, 4])), 5)
    qtbot.waitUntil(lambda: watch.survey.counts == {5: 2})
    layer.undo()
    qtbot.waitUntil(lambda: watch.survey.counts == {})
    layer.redo()
    qtbot.waitUntil(lambda: watch.survey.counts == {5: 2})


def test_data_put_in_place_is_seen(viewer, watch, qtbot):
    layer = viewer.add_labels(np.zeros((20, 30), np.uint8))
    watch.follow(layer)
    layer.data = np.full((6, 7), 9)
    qtbot.waitUntil(lambda: watch.survey is not None and watch.survey.counts == {9: 42})


def test_moving_through_slices_is_no_change(viewer, watch, counted, qtbot):
    layer = viewer.add_labels(np.zeros((6, 20, 30), np.uint8))
    watch.follow(layer)
    qtbot.waitUntil(lambda: counted[-1] is not None)
    before = len(counted)
    for z in (1.0, 2.0, 3.0):
        viewer.dims.set_point(0, z)
    qtbot.wait(400)
    assert len(counted) == before


def test_another_layer_is_told_at_once_and_the_first_forgotten(viewer, watch, qtbot):
    first = viewer.add_labels(np.ones((20, 30), np.uint8))
    second = viewer.add_labels(np.full((20, 30), 2))
    watch.follow(first)
    watch.follow(second)
    assert watch.survey is None
    qtbot.waitUntil(lambda: watch.survey is not None)
    assert watch.survey.counts == {2: 600}
    watch.follow(None)
    assert watch.survey is None


def test_a_layer_that_cannot_be_counted_is_an_error_to_show(viewer, watch, qtbot):
    layer = viewer.add_labels(np.zeros((2, 2, 2, 8, 9), np.uint8))
    watch.follow(layer)
    qtbot.waitUntil(lambda: watch.error is not None)
    assert "5 dimensions" in str(watch.error)


def test_the_largest_level_of_a_pyramid_is_counted(viewer, watch, qtbot):
    levels = [np.ones((40, 60), np.uint8), np.ones((20, 30), np.uint8)]
    watch.follow(viewer.add_labels(levels, multiscale=True))
    qtbot.waitUntil(lambda: watch.survey is not None)
    assert watch.survey.pixels == 2400
