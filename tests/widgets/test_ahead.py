"""What is loaded ahead is there, and compiled by another process."""

import sys

from napari_segsuite.widgets.ahead import DRAWING, Ahead
from napari_segsuite.widgets.compilation import Compilation


def test_drawing_is_compiled_once_for_all_processes(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))

    def compiled():
        return {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}

    assert Compilation(DRAWING).wait()
    first = compiled()
    # The whole array, a part of it, and the thumbnail.
    assert len(first) == 3

    assert Compilation(DRAWING).wait()
    assert compiled() == first


def test_it_tells_when_curves_can_be_drawn(session, qtbot) -> None:
    ahead, told = Ahead(session), []
    ahead.loaded.connect(lambda: told.append("pyqtgraph" in sys.modules))
    qtbot.waitUntil(lambda: told == [True], timeout=60_000)


def test_a_closed_window_waits_for_nothing(session, qtbot) -> None:
    ahead = Ahead(session)
    session.close()
    ahead._start()
    assert ahead._drawing._process is None


def test_a_window_that_closes_ends_what_it_waits_for(session, qtbot) -> None:
    ahead = Ahead(session)
    ahead._drawing = Compilation("import time; time.sleep(60)")
    ahead._start()
    qtbot.waitUntil(lambda: ahead._drawing._process is not None)
    process = ahead._drawing._process
    session.close()
    qtbot.waitUntil(lambda: process.poll() is not None)
    assert process.returncode < 0
