"""Where docks go in a window."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow

from napari_segsuite.widgets.dock import Dock

RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
LEFT = Qt.DockWidgetArea.LeftDockWidgetArea


@pytest.fixture
def window(qtbot):
    made = QMainWindow()
    qtbot.addWidget(made)
    made.show()
    return made


def add(window, viewer, session, area=RIGHT):
    frame = QDockWidget(window)
    frame.setWidget(Dock(viewer, session))
    window.addDockWidget(area, frame)
    frame.show()
    return frame


def test_docks_become_tabs_of_each_other(window, viewer, session, qtbot):
    other = QDockWidget(window)
    window.addDockWidget(RIGHT, other)
    other.show()
    first = add(window, viewer, session)
    second = add(window, viewer, session)
    qtbot.waitUntil(lambda: window.tabifiedDockWidgets(first) == [second])
    assert window.tabifiedDockWidgets(other) == []


def test_docks_of_other_areas_and_floating_ones_stay(window, viewer, session, qtbot):
    left = add(window, viewer, session, LEFT)
    floating = add(window, viewer, session)
    floating.setFloating(True)
    right = add(window, viewer, session)
    qtbot.wait(50)
    for frame in (left, floating, right):
        assert window.tabifiedDockWidgets(frame) == []


def test_what_the_user_arranged_stays(window, viewer, session, qtbot):
    first = add(window, viewer, session)
    second = add(window, viewer, session)
    qtbot.waitUntil(lambda: window.tabifiedDockWidgets(first) == [second])
    window.removeDockWidget(second)
    window.addDockWidget(RIGHT, second)
    second.show()
    qtbot.wait(50)
    assert window.tabifiedDockWidgets(first) == []


def test_a_frozen_window_draws_again(window, viewer, session):
    add(window, viewer, session)
    session.freeze(True)
    assert not window.updatesEnabled()
    session.freeze(False)
    assert window.updatesEnabled()
