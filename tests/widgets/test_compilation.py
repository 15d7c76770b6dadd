"""Another process does the work once; whoever waits may leave and come back."""

import pytest

from napari_segsuite.widgets.compilation import Compilation


class Stop(Exception):
    """Nobody waits any more."""


def never() -> None:
    pytest.fail("waited")


def test_it_tells_whether_the_work_was_done() -> None:
    assert Compilation("pass").wait()
    assert not Compilation("raise ValueError").wait()


def test_the_work_is_done_once(tmp_path) -> None:
    path = tmp_path / "done"
    once = Compilation(f"open({str(path)!r}, 'a').write('x')")

    once.wait()
    assert once.wait(never)
    assert path.read_text() == "x"


def test_who_leaves_finds_it_further_the_next_time() -> None:
    def stop() -> None:
        raise Stop

    compilation = Compilation("import time; time.sleep(0.2)")
    with pytest.raises(Stop):
        compilation.wait(stop)
    assert compilation.wait()
    assert compilation.wait(never)


def test_a_process_that_is_stopped_is_started_anew(tmp_path) -> None:
    def stop() -> None:
        raise Stop

    path = tmp_path / "started"
    compilation = Compilation(
        f"import time; open({str(path)!r}, 'a').write('x'); time.sleep(0.5)"
    )
    while not path.exists() or path.read_text() != "x":
        with pytest.raises(Stop):
            compilation.wait(stop)
    compilation.stop()
    assert compilation.wait()
    assert path.read_text() == "xx"
    compilation.stop()
    assert compilation.wait(never)
