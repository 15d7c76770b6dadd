"""Folders that belong to one process, known by a lock that dies with it."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

_LOCK: Final = "owner.lock"
_UNLOCKED_SECONDS: Final = 3600.0
"""How old a folder without a lock must be to have no owner: one may be starting."""


def own(folder: Path) -> IO[bytes]:
    """Make this process the owner of a new folder, until the file is closed.

    The system frees the lock with the process, whatever ends it.

    Parameters
    ----------
    folder : Path
        A folder that nobody owns.

    Returns
    -------
    file
        The locked file in the folder; close it to give the folder up.

    Raises
    ------
    OSError
        If the lock cannot be made.
    """
    # Locked under another name first: nobody ever sees the lock file unlocked.
    unfinished = folder / f"{_LOCK}.new"
    file = unfinished.open("xb")
    _take_lock(file)
    if sys.platform != "win32":  # Windows renames no open file
        unfinished.rename(folder / _LOCK)
    return file


def is_ownerless(folder: Path) -> bool:
    """Whether the owner of a folder of this user has died.

    Symbolic links and folders of other users never count as ownerless.
    """
    try:
        info = folder.lstat()
        if not stat.S_ISDIR(info.st_mode):
            return False
        if sys.platform != "win32" and info.st_uid != os.getuid():
            return False
        lock = folder / (f"{_LOCK}.new" if sys.platform == "win32" else _LOCK)
        if not lock.exists():
            return time.time() - info.st_mtime > _UNLOCKED_SECONDS
        with lock.open("r+b") as file:
            _take_lock(file)
    except OSError:
        return False  # locked by its owner, or gone meanwhile
    return True


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs; it goes with the block, or the process.

    Where the file system knows no locks, as on some network disks, nothing is held.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.

    Raises
    ------
    BlockingIOError
        If somebody else holds it.
    OSError
        If the file cannot be made.
    """
    file = _locked(path)
    try:
        yield
    finally:
        if sys.platform == "win32":  # Windows deletes no open file
            file.close()
        with suppress(OSError):
            path.unlink()
        file.close()


def _locked(path: Path) -> IO[bytes]:
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        try:
            _take_lock(file)
        except BlockingIOError:
            file.close()
            raise
        except OSError:
            return file
        # Whoever held it before may just have deleted it: then another is the lock.
        with suppress(FileNotFoundError):
            if sys.platform == "win32" or os.path.samestat(
                os.fstat(file.fileno()), path.stat()
            ):
                return file
        file.close()


if sys.platform == "win32":
    import msvcrt

    def _take_lock(file: IO[bytes]) -> None:
        """Lock `file` until it is closed; BlockingIOError if somebody else has."""
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from error

else:
    import fcntl

    def _take_lock(file: IO[bytes]) -> None:
        """Lock `file` until it is closed; BlockingIOError if somebody else has."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
