"""The Prompt dock in the real window: mouse and keys go through Qt."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_segsuite.widgets.prompt.prompt_dock import PromptDock
from napari_segsuite.widgets.session import Session

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, CONTROL = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


def disk(y, x, radius=4):
    rows, columns = np.indices((40, 50), sparse=True)
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


class Hand:
    """Clicks and drags at places of the world, and presses keys."""

    def __init__(self, viewer):
        self._viewer = viewer
        self.canvas = viewer.window._qt_viewer.canvas.native

    def on(self, y, x):
        scene = self._viewer.window._qt_viewer.canvas.view.scene
        across, down = scene.transform.map([x, y, 0, 1])[:2]
        return QPoint(round(float(across)), round(float(down)))

    def click(self, y, x, modifier=NONE):
        place = self.on(y, x)
        QTest.mouseMove(self.canvas, place)
        QTest.mouseClick(self.canvas, LEFT, modifier, place)
        QApplication.processEvents()

    def drag(self, start, stop):
        places = [self.on(*place) for place in np.linspace(start, stop, 7)]
        QTest.mouseMove(self.canvas, places[0])
        QTest.mousePress(self.canvas, LEFT, NONE, places[0])
        for place in places[1:]:
            QTest.mouseMove(self.canvas, place)
            QApplication.processEvents()
        QTest.mouseRelease(self.canvas, LEFT, NONE, places[-1])
        QApplication.processEvents()

    def press(self, key, modifier=NONE):
        QTest.keyClick(self.canvas, key, modifier)
        QApplication.processEvents()


@pytest.fixture
def window(make_napari_viewer, runner, disks, click_model, qtbot):
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(900, 700)
    session = Session(viewer, runner=runner, interactive=disks)
    dock = PromptDock(viewer, session)
    viewer.window.add_dock_widget(dock, name="Prompt")
    image = np.random.default_rng(0).random((40, 50))
    viewer.add_image(image, name="cells")
    qtbot.waitUntil(lambda: "cells prompts" in viewer.layers)
    viewer.window._qt_window.activateWindow()
    yield viewer, dock, Hand(viewer)
    session.close()


def settled(dock, qtbot):
    qtbot.waitUntil(lambda: dock.prompting.masks.waits_for is None)


@pytest.mark.viewer
def test_click_shift_click_commit_and_undo_by_mouse_and_keys(window, qtbot):
    viewer, dock, hand = window
    camera = viewer.scene.camera.center
    hand.click(20, 30)
    settled(dock, qtbot)
    hand.click(20, 34, SHIFT)
    settled(dock, qtbot)
    points = viewer.layers["cells prompts"]
    qtbot.waitUntil(lambda: list(points.features["positive"]) == [True, False])
    assert viewer.scene.camera.center == camera
    hand.press(Qt.Key.Key_K)
    qtbot.waitUntil(lambda: dock.prompting.draft.empty)
    labels = dock.work.layer.data
    clicks = dock.work.objects[0].prompts[()].clicks
    (inside, outside) = (disk(c.y, c.x) for c in clicks)
    assert np.array_equal(labels == 1, inside & ~outside)
    hand.press(Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: not dock.prompting.draft.empty)
    assert not labels.any()
    hand.press(Qt.Key.Key_Z, CONTROL)  # now prompt by prompt
    qtbot.waitUntil(lambda: len(points.data) == 1)
    hand.press(Qt.Key.Key_Z, CONTROL | SHIFT)
    hand.press(Qt.Key.Key_Z, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: dock.prompting.draft.empty)
    assert labels.any()


@pytest.mark.viewer
def test_a_drag_is_a_box_in_box_mode_alone(window, qtbot):
    viewer, dock, hand = window
    center = viewer.scene.camera.center
    hand.press(Qt.Key.Key_N)
    hand.drag((10, 10), (20, 30))
    settled(dock, qtbot)
    assert viewer.scene.camera.center == center
    assert np.allclose(dock.prompting.draft.prompt(()).box, (10, 10, 20, 30), atol=0.7)
    hand.press(Qt.Key.Key_N)
    hand.drag((20, 20), (30, 30))
    assert viewer.scene.camera.center != center
    assert dock.prompting.draft.prompt(()).clicks == ()


@pytest.mark.viewer
def test_painting_and_a_dock_that_does_not_listen_are_left_alone(window, qtbot):
    viewer, dock, hand = window
    dock.clicking.click()
    hand.click(20, 30)
    assert dock.prompting.draft.empty
    dock.clicking.click()
    labels = viewer.add_labels(np.zeros((40, 50), np.uint8))
    labels.mode = "paint"
    hand.click(20, 30)
    assert dock.prompting.draft.empty
    assert labels.data.any()


@pytest.mark.viewer
def test_a_scribble_is_a_rough_mask(window, qtbot):
    viewer, dock, hand = window
    dock.scribbling.click()
    hand.drag((10, 10), (10, 20))
    qtbot.waitUntil(lambda: dock.prompting.draft.prompt(()).mask is not None)
    settled(dock, qtbot)
    painted = viewer.layers["cells scribble"].data > 0
    mask = dock.prompting.draft.prompt(()).mask.on_plane((40, 50))
    assert np.array_equal(mask, painted)
    viewer.layers["cells scribble"].undo()
    qtbot.waitUntil(lambda: dock.prompting.draft.empty)
