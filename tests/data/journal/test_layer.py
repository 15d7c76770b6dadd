import errno
import os

import numpy as np
import pytest

from napari_segsuite.data.journal import layer as module
from napari_segsuite.data.journal.layer import LayerJournal
from napari_segsuite.data.journal.records import read
from napari_segsuite.errors import StorageError


@pytest.fixture
def journal(tmp_path, painting, facts):
    made = LayerJournal(tmp_path, "layer-0001", painting, facts)
    yield made
    made.close()


def write_all(journal):
    while journal.due:
        journal.write()


def on_disk(folder):
    """Return array and content of what a new session would read."""
    content = read(sorted(folder.glob("*.journal")))
    array = np.zeros(content.tiling.shape, content.tiling.dtype)
    for index, packed in content.tiles.items():
        array[content.tiling.window(index)] = content.tiling.unpack(index, packed)
    return array, content


def test_what_was_there_before_is_written_first(tmp_path, painting, facts):
    painting[299, 519] = 7
    journal = LayerJournal(tmp_path, "layer-0001", painting, facts)
    write_all(journal)
    array, content = on_disk(tmp_path)
    np.testing.assert_array_equal(array, painting)
    assert list(content.tiles) == [5]  # empty tiles are not written
    assert content.facts == facts


def test_a_stroke_writes_the_tiles_it_changed(tmp_path, journal, painting):
    write_all(journal)
    painting[250:260, 3] = 9
    journal.touch(((0, 300), (0, 100)))
    write_all(journal)
    array, content = on_disk(tmp_path)
    np.testing.assert_array_equal(array, painting)
    assert list(content.tiles) == [0, 3]
    assert content.facts.unsaved


def test_erased_pixels_are_written_too(tmp_path, journal, painting):
    painting[3, 4] = 9
    write_all(journal)
    painting[3, 4] = 0
    journal.touch(((3, 4), (4, 5)))
    write_all(journal)
    assert not on_disk(tmp_path)[0].any()


def test_nothing_changed_writes_nothing(tmp_path, journal, painting):
    painting[3, 4] = 9
    write_all(journal)
    size = (tmp_path / "layer-0001.000001.journal").stat().st_size
    journal.sweep()
    write_all(journal)
    assert (tmp_path / "layer-0001.000001.journal").stat().st_size == size


def test_changes_nobody_told_of_are_found_by_a_sweep(tmp_path, journal, painting):
    write_all(journal)
    painting[299, 519] = 9
    journal.sweep()
    write_all(journal)
    np.testing.assert_array_equal(on_disk(tmp_path)[0], painting)
    assert on_disk(tmp_path)[1].facts.unsaved


def test_another_array_takes_the_place_of_the_first(tmp_path, journal, painting):
    write_all(journal)
    journal.sweep(np.full_like(painting, 8))
    write_all(journal)
    assert (on_disk(tmp_path)[0] == 8).all()


def test_a_layer_is_saved_if_nothing_was_painted_since(journal):
    journal.touch(((0, 1), (0, 1)))
    before = journal.revision
    journal.touch(((0, 1), (0, 1)))
    journal.saved(before)
    assert journal.facts.unsaved
    journal.saved(journal.revision)
    assert not journal.facts.unsaved


def test_writing_a_stroke_is_no_further_change(journal, painting):
    write_all(journal)
    painting[0, 0] = 1
    journal.touch(((0, 1), (0, 1)))
    before = journal.revision
    write_all(journal)
    assert journal.revision == before


def test_a_new_name_is_written(tmp_path, journal, facts):
    write_all(journal)
    journal.describe(facts.replace(name="nuclei"))
    write_all(journal)
    assert on_disk(tmp_path)[1].facts.name == "nuclei"


def test_endless_notes_end_as_one_sweep(journal, painting, tmp_path):
    write_all(journal)
    painting[299, 519] = 9
    for _ in range(5000):
        journal.touch(((299, 300), (519, 520)))
    assert len(journal._boxes) <= 1000
    write_all(journal)
    np.testing.assert_array_equal(on_disk(tmp_path)[0], painting)


def test_a_long_journal_is_made_short(tmp_path, journal, painting, stroke, monkeypatch):
    monkeypatch.setattr(module, "_SPARE_BYTES", 4000)
    journal._limit = 4000
    rng = np.random.default_rng(0)
    for _ in range(60):
        journal.touch(stroke(painting, rng))
        write_all(journal)
        np.testing.assert_array_equal(on_disk(tmp_path)[0], painting)
    (file,) = tmp_path.iterdir()
    assert int(file.name.split(".")[1]) > 3


def test_a_journal_damaged_by_the_disk_is_written_anew(
    tmp_path, journal, painting, stroke
):
    rng = np.random.default_rng(0)
    journal.touch(stroke(painting, rng))
    write_all(journal)
    path = tmp_path / "layer-0001.000001.journal"
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    journal._limit = 0  # compact with the next stroke
    painting[0, 0] = 1
    journal.touch(((0, 1), (0, 1)))
    write_all(journal)
    np.testing.assert_array_equal(on_disk(tmp_path)[0], painting)


def test_when_ended_the_array_is_let_go(tmp_path, journal, painting):
    painting[3, 4] = 9
    journal.end()
    write_all(journal)
    assert journal._array.size == 0
    journal.touch(((3, 4), (4, 5)))
    journal.sweep()
    assert not journal.due
    np.testing.assert_array_equal(on_disk(tmp_path)[0], painting)


def test_an_empty_array_is_no_trouble(tmp_path, facts):
    journal = LayerJournal(tmp_path, "layer-0001", np.zeros((0, 5), int), facts)
    journal.touch(((0, 9), (0, 9)))
    write_all(journal)
    assert on_disk(tmp_path)[0].shape == (0, 5)


class FailingOnce:
    """Makes the n-th of the disk's operations fail, and counts them."""

    NAMES = ("open", "write", "fsync", "replace", "unlink", "chmod", "mkdir")

    def __init__(self, monkeypatch, at, number):
        self.count = 0
        for name in self.NAMES:
            monkeypatch.setattr(os, name, self.wrap(getattr(os, name), at, number))

    def wrap(self, real, at, number):
        def call(*args, **kwargs):
            self.count += 1
            if self.count == at:
                raise OSError(number, os.strerror(number))
            return real(*args, **kwargs)

        return call


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS])
def test_any_operation_may_fail_and_nothing_is_lost(
    tmp_path, facts, stroke, monkeypatch, number
):
    at, done = 0, False
    while not done:
        at += 1
        folder = tmp_path / f"{at}"
        folder.mkdir()
        array = np.zeros((300, 520), np.uint16)
        journal = LayerJournal(folder, "layer-0001", array, facts)
        rng = np.random.default_rng(at)
        failures = []
        with monkeypatch.context() as patch:
            patch.setattr(module, "_SPARE_BYTES", 2000)
            journal._limit = 2000
            disk = FailingOnce(patch, at, number)
            for _ in range(6):
                before = array.copy()
                journal.touch(stroke(array, rng))
                while journal.due:
                    try:
                        journal.write()
                    except StorageError as error:
                        failures.append(str(error))
                        if list(folder.glob("*.journal")):
                            recovered = on_disk(folder)[0]
                            same = [
                                np.array_equal(recovered, a) for a in (array, before)
                            ]
                            assert any(same)
                np.testing.assert_array_equal(on_disk(folder)[0], array)
        journal.close()
        assert not [p for p in folder.iterdir() if p.suffix != ".journal"] or failures
        done = disk.count < at
        assert len(failures) <= 1
    assert at > 30


def test_a_stroke_undone_after_a_failed_write_does_not_come_back(
    tmp_path, journal, painting, monkeypatch
):
    painting[0, 0] = 1
    write_all(journal)
    painting[0, 0] = 2
    journal.touch(((0, 1), (0, 1)))
    real = os.fsync

    def fail(handle):
        monkeypatch.setattr(os, "fsync", real)
        raise OSError(errno.EIO, "fault")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="reports a fault"):
        journal.write()
    painting[0, 0] = 1
    journal.touch(((0, 1), (0, 1)))
    write_all(journal)
    assert on_disk(tmp_path)[0][0, 0] == 1
