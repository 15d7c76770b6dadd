"""Files appear whole or not at all."""

import errno
import os
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from napari_segsuite.data.atomic import (
    TEMPORARY_PREFIX,
    atomic_file,
    make_folder,
    publish_folder,
    remove_unfinished,
    storage_errors,
    unfinished_prefix,
)
from napari_segsuite.errors import InputError, StorageError

resource = pytest.importorskip("resource", reason="needs POSIX limits")


@contextmanager
def largest_file(nbytes):
    """Let no file grow beyond `nbytes`, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "a.nii.gz"
    with atomic_file(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.parent == path.parent
        assert temporary.name.endswith(".nii.gz")
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert names(tmp_path) == ["a.nii.gz"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, InputError])
def test_an_error_keeps_the_old_file_and_no_litter(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write():
        with atomic_file(path, overwrite=True) as temporary:
            temporary.write_text("new")
            raise error("boom")

    with pytest.raises(error):
        write()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_overwriting_must_be_asked_for(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(StorageError, match="exists already"), atomic_file(path):
        pytest.fail("not reached")
    with atomic_file(path, overwrite=True) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_a_file_that_appears_meanwhile_is_kept(tmp_path):
    path = tmp_path / "a.txt"

    def write():
        with atomic_file(path) as temporary:
            temporary.write_text("mine")
            path.write_text("theirs")

    with pytest.raises(StorageError, match="exists already"):
        write()
    assert path.read_text() == "theirs"
    assert names(tmp_path) == ["a.txt"]


def test_permissions_follow_the_mask(tmp_path):
    path = tmp_path / "a.txt"
    before = os.umask(0o027)
    try:
        with atomic_file(path) as temporary:
            temporary.unlink()
            os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("old", [None, "old"])
def test_a_full_disk_is_a_sentence_and_keeps_the_old_file(tmp_path, old):
    path = tmp_path / "a.bin"
    if old:
        path.write_text(old)
    with (
        largest_file(1000),
        pytest.raises(StorageError, match="larger than the system allows"),
        atomic_file(path, overwrite=True) as temporary,
    ):
        temporary.write_bytes(bytes(5000))
    assert (path.read_text() if path.exists() else None) == old
    assert names(tmp_path) == (["a.bin"] if old else [])


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(StorageError, match="is a file, not a folder"),
        atomic_file(tmp_path / "file" / "a.txt"),
    ):
        pytest.fail("not reached")


def test_a_missing_folder(tmp_path):
    with (
        pytest.raises(StorageError, match="Make the folder first"),
        atomic_file(tmp_path / "no" / "a.txt"),
    ):
        pytest.fail("not reached")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "share of the disk"),
        (errno.EACCES, "you may not write there"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "reports a fault"),
        (errno.EBUSY, "the system says"),
    ],
)
def test_errors_of_the_disk_are_sentences(number, sentence):
    with (
        pytest.raises(StorageError, match=f"model.json could not be .*{sentence}"),
        storage_errors(Path("model.json")),
    ):
        raise OSError(number, os.strerror(number))


def test_errors_that_hide_in_messages_are_found():
    text = "Error while serializing: I/O error: No space left on device (os error 28)"
    with (
        pytest.raises(StorageError, match="the disk is full"),
        storage_errors(Path("a")),
    ):
        raise RuntimeError(text)


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), storage_errors(Path("a")):
        raise ZeroDivisionError


def test_a_folder_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "out"
    with publish_folder(path) as temporary:
        (temporary / "inner").mkdir()
        (temporary / "inner" / "a.txt").write_text("whole")
        assert not path.exists()
    assert (path / "inner" / "a.txt").read_text() == "whole"
    assert names(tmp_path) == ["out"]


def test_a_failed_folder_leaves_nothing(tmp_path):
    def fill():
        with publish_folder(tmp_path / "out") as temporary:
            (temporary / "a.txt").write_text("half")
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        fill()
    assert names(tmp_path) == []


def test_an_existing_folder_is_refused(tmp_path):
    with pytest.raises(StorageError, match="exists already"), publish_folder(tmp_path):
        pytest.fail("not reached")


def test_folders_are_made_down_to_the_last(tmp_path):
    make_folder(tmp_path / "a" / "b" / "c", 0o700)
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "b")


def test_what_a_dead_process_left_goes_and_nothing_else(tmp_path):
    with atomic_file(tmp_path / "a.txt") as mine:
        for pid in (17, 171):
            (tmp_path / f"{unfinished_prefix(pid)}x.txt").touch()
            (tmp_path / f"{unfinished_prefix(pid)}y" / "z").mkdir(parents=True)
        remove_unfinished(tmp_path, 17)
        assert mine.exists()
    left = unfinished_prefix(171)
    assert names(tmp_path) == sorted([f"{left}x.txt", f"{left}y", "a.txt"])
    remove_unfinished(tmp_path / "none", 17)


KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from napari_segsuite.data.atomic import atomic_file
path = Path(sys.argv[1])
for i in range(10**6):
    with atomic_file(path, overwrite=True) as temporary:
        temporary.write_text(f"{i} " * 20000)
    if i == 3:
        print("ready", flush=True)
"""


def test_a_kill_leaves_a_whole_file(tmp_path):
    path = tmp_path / "a.txt"
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED_WHILE_WRITING, str(path)],
            stdout=subprocess.PIPE,
        )
        child.stdout.readline()
        child.kill()
        child.wait()
        child.stdout.close()
        words = path.read_text().split()
        assert len(words) == 20000
        assert len(set(words)) == 1
    assert all(n == "a.txt" or n.startswith(TEMPORARY_PREFIX) for n in names(tmp_path))
