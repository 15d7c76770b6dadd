"""The Proofread dock in a real window: tools with the mouse, one undo step each."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Shapes
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_segsuite.widgets.proofread.proofread_dock import ProofreadDock
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.session import Session


def two_bars():
    labels = np.zeros((40, 40), np.uint8)
    labels[10:30, 5:15] = 4
    labels[10:30, 20:35] = 7
    return labels


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


@pytest.fixture
def session(viewer, runner):
    made = Session(viewer, runner=runner)
    yield made
    made.close()


@pytest.fixture
def open_dock(viewer, session, qtbot):
    """Return a function that shows labels, and a dock which has chosen them."""

    def make(labels):
        layer = viewer.add_labels(labels)
        viewer.reset_view()
        dock = ProofreadDock(viewer, session)
        viewer.window.add_dock_widget(dock, name="Proofread")
        QApplication.processEvents()
        assert dock.labels.layer is layer
        return dock, layer

    return make


def on_canvas(viewer, point):
    scene = viewer.window._qt_viewer.canvas.view.scene
    x, y = scene.transform.map([point[1], point[0], 0, 1])[:2]
    return QPoint(round(float(x)), round(float(y)))


def draw(viewer, start, stop):
    canvas = viewer.window._qt_viewer.canvas.native
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    places = [on_canvas(viewer, point) for point in np.linspace(start, stop, 6)]
    QTest.mouseMove(canvas, places[0])
    QTest.mousePress(canvas, left, none, places[0])
    for place in places[1:]:
        QTest.mouseMove(canvas, place)
        QApplication.processEvents()
    QTest.mouseRelease(canvas, left, none, places[-1])
    QApplication.processEvents()


def click(widget):
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def wait(dock, qtbot):
    qtbot.waitUntil(lambda: not dock.proofreading.busy, timeout=10_000)
    QApplication.processEvents()


@pytest.mark.viewer
def test_merge_split_and_delete_by_mouse_are_undone_one_by_one(
    open_dock, viewer, session, qtbot
):
    before = two_bars()
    dock, layer = open_dock(before.copy())

    click(dock.merge)
    draw(viewer, (20, 10), (20, 28))
    wait(dock, qtbot)
    merged = np.where(before == 7, 4, before)
    assert np.array_equal(layer.data, merged)
    assert not viewer.layers["proofreading line"].data.any()

    click(dock.split)
    assert not dock.merge.isChecked()
    draw(viewer, (24.6, 2), (24.6, 38))
    wait(dock, qtbot)
    split = merged.copy()
    split[25:30, 5:15] = 5
    assert set(np.unique(layer.data)) == {0, 4, 5, 6}
    assert np.array_equal(layer.data > 0, merged > 0)

    click(dock.delete)
    assert list(viewer.layers) == [layer], "the line is gone"
    draw(viewer, (15, 30), (15, 30))
    wait(dock, qtbot)
    assert set(np.unique(layer.data)) == {0, 5, 6}

    assert session.shared(SafetyNet).revision(layer) > 0, "strokes are kept"
    for undone in ({0, 4, 5, 6}, {0, 4}, {0, 4, 7}):
        click(dock.undo)
        assert set(np.unique(layer.data)) == undone
    assert np.array_equal(layer.data, before)
    click(dock.redo)
    assert np.array_equal(layer.data, merged)


@pytest.mark.viewer
def test_a_line_cuts_a_stack_or_a_slice(open_dock, viewer, qtbot):
    stack = np.zeros((4, 40, 40), np.int32)
    stack[:, 10:30, 10:30] = 3
    dock, layer = open_dock(stack)
    viewer.dims.set_current_step(0, 2)
    click(dock.split)

    draw(viewer, (20, 5), (20, 35))
    wait(dock, qtbot)
    assert [set(np.unique(plane)) for plane in layer.data] == [
        {0, 3},
        {0, 3},
        {0, 3, 4},
        {0, 3},
    ]
    click(dock.undo)

    dock.scope.setCurrentText("whole layer")
    draw(viewer, (20, 5), (20, 35))
    wait(dock, qtbot)
    assert all(set(np.unique(plane)) == {0, 3, 4} for plane in layer.data)
    assert all(np.array_equal(plane, layer.data[0]) for plane in layer.data)


def test_the_buttons_do_what_they_say(model_dock, qtbot):
    labels = two_bars()
    labels[18:20, 8:10] = 0
    labels[2, 2] = 9
    dock = model_dock
    layer = dock.viewer.add_labels(labels)
    assert not dock.keep.isEnabled()
    assert "Shapes" in dock.keep.toolTip()

    click(dock.fill)
    wait(dock, qtbot)
    assert np.all(layer.data[18:20, 8:10] == 4)
    click(dock.small)
    wait(dock, qtbot)
    assert set(np.unique(layer.data)) == {0, 4, 7}
    click(dock.relabel)
    wait(dock, qtbot)
    assert set(np.unique(layer.data)) == {0, 1, 2}
    dock.viewer.add_layer(Shapes([[[0, 18], [39, 18], [39, 39], [0, 39]]]))
    click(dock.keep)
    wait(dock, qtbot)
    assert set(np.unique(layer.data)) == {0, 2}
    click(dock.smooth)
    wait(dock, qtbot)
    assert layer.data[10, 20] == 0, "a corner is rounded"


def test_a_full_dtype_is_told_and_nothing_changes(model_dock, qtbot):
    labels = np.where(two_bars() == 4, 255, 0).astype(np.uint8)
    dock = model_dock
    layer = dock.viewer.add_labels(labels.copy())
    click(dock.split)
    dock.dragged(np.array([20.0, 2]), np.array([20.0, 18]), done=True)
    wait(dock, qtbot)

    assert "uint8" in dock.status.text()
    assert np.array_equal(layer.data, labels)


def test_a_volume_is_corrected_whole_but_takes_no_lines(model_dock, qtbot):
    dock, model = model_dock, model_dock.viewer
    volume = np.ones((4, 5, 6), np.uint8)
    volume[2, 2, 2] = 0
    layer = model.add_labels(volume)
    model.dims.ndisplay = 3
    click(dock.fill)
    assert "whole layer" in dock.status.text()
    dock.scope.setCurrentText("whole layer")
    click(dock.split)
    dock.dragged(np.zeros(3), np.ones(3), done=True)
    assert "2D view" in dock.status.text()
    assert not dock.proofreading.busy

    click(dock.fill)
    wait(dock, qtbot)
    assert layer.data.all()


def test_the_dock_is_narrow_and_its_keys_are_on_its_buttons(model_dock):
    assert model_dock.minimumSizeHint().width() <= 170
    assert "Shift+M" in model_dock.merge.toolTip()
    assert all(one.toolTip() for one in model_dock.acting)


def test_without_labels_the_buttons_say_why(model_dock):
    assert not any(one.isEnabled() for one in model_dock.acting)
    assert "no Labels layer" in model_dock.merge.toolTip()


@pytest.fixture
def model_dock(runner, keep, qapp):
    """Return a dock of a viewer without window and layers."""
    model = ViewerModel()
    session = Session(model, runner=runner)
    yield keep(ProofreadDock(model, session))
    session.close()
