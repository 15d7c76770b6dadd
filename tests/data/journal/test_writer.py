import errno
import os
import threading
import time

import numpy as np
import pytest

from napari_segsuite.data.journal.writer import JournalWriter
from napari_segsuite.data.recovery import lost_sessions


@pytest.fixture
def told():
    return []


@pytest.fixture
def writer(tmp_path, told):
    made = JournalWriter(tmp_path / "a" / "b", told.append, retry_seconds=0.05)
    yield made
    made.close()


def test_no_folder_is_made_without_a_journal(tmp_path, told):
    JournalWriter(tmp_path / "a", told.append).close()
    assert not list(tmp_path.iterdir())


def test_strokes_are_on_disk_when_flushed(writer, painting, facts, stroke):
    journal = writer.add(painting, facts)
    rng = np.random.default_rng(0)
    for _ in range(5):
        journal.touch(stroke(painting, rng))
        assert writer.flush(5)
    assert not journal.due
    assert list(writer.folder.glob("*.journal"))


def test_only_the_user_may_look(writer, painting, facts):
    writer.add(painting, facts)
    assert writer.flush(5)
    assert writer.folder.stat().st_mode & 0o077 == 0


def test_a_living_session_is_not_lost(writer, painting, facts):
    journal = writer.add(painting, facts)
    painting[0, 0] = 1
    journal.touch(((0, 1), (0, 1)))
    assert writer.flush(5)
    assert lost_sessions(writer.folder.parent) == ()


def test_closing_keeps_what_is_not_saved(writer, painting, facts):
    saved = writer.add(painting.copy(), facts.replace(name="saved"))
    kept = writer.add(painting, facts.replace(name="kept"))
    for journal in (saved, kept):
        journal.touch(((0, 1), (0, 1)))
    painting[0, 0] = 1
    saved.saved(saved.revision)
    writer.close()
    (session,) = lost_sessions(writer.folder.parent)
    (layer,) = session.layers
    assert layer.facts.name == "kept"
    np.testing.assert_array_equal(layer.array(), painting)


def test_closing_leaves_nothing_where_all_is_saved(writer, painting, facts):
    writer.add(painting, facts)
    writer.close()
    assert not list(writer.folder.parent.iterdir())


def test_what_ended_is_still_there_after_closing(writer, painting, facts):
    journal = writer.add(painting, facts)
    painting[0, 0] = 1
    journal.touch(((0, 1), (0, 1)))
    writer.end(journal)
    writer.close()
    assert len(lost_sessions(writer.folder.parent)) == 1


def test_a_full_disk_is_told_and_tried_again(
    writer, told, painting, facts, monkeypatch
):
    journal = writer.add(painting, facts)
    assert writer.flush(5)
    real, full = os.write, threading.Event()
    full.set()

    def write(handle, data):
        if full.is_set():
            raise OSError(errno.ENOSPC, "full")
        return real(handle, data)

    monkeypatch.setattr(os, "write", write)
    painting[0, 0] = 1
    journal.touch(((0, 1), (0, 1)))
    assert not writer.flush(5)
    assert "the disk is full" in str(told[-1])
    full.clear()
    deadline = time.monotonic() + 5
    while told[-1] is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert told[-1] is None
    assert len(told) == 2  # told once, not at each attempt
    assert writer.flush(5)


def test_a_place_that_cannot_be_made_is_told(tmp_path, told, painting, facts):
    (tmp_path / "file").touch()
    writer = JournalWriter(tmp_path / "file" / "x", told.append, retry_seconds=0.01)
    writer.add(painting, facts)
    assert not writer.flush(5)
    assert "Choose another" in str(told[-1])
    writer.close()


def test_the_thread_outlives_any_error(writer, told, painting, facts, monkeypatch):
    journal = writer.add(painting, facts)
    assert writer.flush(5)
    real = journal.write

    def fail():
        monkeypatch.setattr(journal, "write", real)
        raise MemoryError

    monkeypatch.setattr(journal, "write", fail)
    painting[0, 0] = 1
    journal.touch(((0, 1), (0, 1)))
    deadline = time.monotonic() + 5
    while journal.due and time.monotonic() < deadline:
        writer.flush(0.05)
    assert not journal.due
    assert "MemoryError" in str(told[0])
