import threading
import time

import pytest
from qtpy.QtWidgets import QMainWindow, QWidget

from napari_segsuite.widgets.session import SESSIONS


class Shared:
    def __init__(self, session):
        self.session = session


def test_docks_of_a_viewer_share_a_session(viewer):
    session = SESSIONS.of(viewer)
    assert SESSIONS.of(viewer) is session
    assert session.shared(Shared) is session.shared(Shared)
    session.close()


def test_a_viewer_whose_session_ended_gets_a_new_one(viewer):
    first = SESSIONS.of(viewer)
    first.close()
    second = SESSIONS.of(viewer)
    assert second is not first
    second.close()


def test_results_come_back_in_the_gui_thread(session, qtbot):
    seen = []
    session.in_background(
        threading.get_ident, lambda ident: seen.append((ident, threading.get_ident()))
    )
    qtbot.waitUntil(lambda: bool(seen))
    (there, here) = seen[0]
    assert here == threading.get_ident()
    assert there != here


def test_errors_come_back_too(session, qtbot):
    seen = []
    session.in_background(lambda: 1 // 0, failed=seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    assert isinstance(seen[0], ZeroDivisionError)


def test_calls_keep_their_order(session, qtbot):
    seen = []
    for i in range(100):
        session.in_gui(seen.append, i)
    qtbot.waitUntil(lambda: len(seen) == 100)
    assert seen == list(range(100))


def test_nothing_is_called_after_the_end(session, qtbot):
    seen = []
    session.in_background(lambda: time.sleep(0.05), seen.append)
    session.in_gui(seen.append, 1)
    session.close()
    qtbot.wait(150)
    assert seen == []


def test_closing_ends_the_worker_and_deletes_the_scratch_folder(session, runner):
    folder = session.scratch.folder
    session.close()
    session.close()
    assert runner.closed
    assert not folder.exists()


@pytest.mark.parametrize("floating", [False, True])
def test_a_session_ends_with_the_window_of_its_docks(session, qtbot, floating):
    window = QMainWindow()
    dock = QWidget(window)
    if floating:
        from qtpy.QtWidgets import QDockWidget

        holder = QDockWidget(window)
        holder.setFloating(True)
        dock.setParent(holder)
    session.follow(dock)
    with qtbot.waitSignal(window.destroyed):
        window.deleteLater()
    assert session.closed
