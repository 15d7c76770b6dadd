"""Files that appear whole or not at all, and errors of the disk in plain words."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_segsuite.errors import SegsuiteError, StorageError

TEMPORARY_PREFIX = ".segsuite-tmp-"
"""How the names of unfinished files begin; a leftover of a kill may be deleted."""

# Threads of zarr may go on for a moment after one of them has failed.
_REMOVALS = 20
_PAUSE_SECONDS = 0.05


def unfinished_prefix(pid: int) -> str:
    """Return how the names of unfinished files of a process begin."""
    return f"{TEMPORARY_PREFIX}{pid}-"


def remove_unfinished(folder: Path, pid: int) -> None:
    """Remove what a process that has died left unfinished in a folder."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{unfinished_prefix(pid)}*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def _unfinished(path: Path, suffixes: str = "") -> Path:
    """Return a free name beside `path`."""
    token = secrets.token_hex(8)
    return path.parent / f"{unfinished_prefix(os.getpid())}{token}{suffixes}"


@contextmanager
def atomic_file(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Write a file under a temporary name and rename it when it is complete.

    Whoever reads `path` at any moment, even after a kill or a power cut, finds the
    old content or the new one. An error leaves the old file and no litter.

    Parameters
    ----------
    path : Path
        The file to make; its folder must exist.
    overwrite : bool, optional
        Whether an existing file is replaced.

    Yields
    ------
    Path
        A free name in the same folder with the same suffixes, to be written to.

    Raises
    ------
    StorageError
        If `path` exists and `overwrite` is off, or it cannot be written.
    """
    if not overwrite:
        refuse_existing(path)
    temporary = _unfinished(path, "".join(path.suffixes)[-40:])
    try:
        with storage_errors(path):
            handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            mode = os.fstat(handle).st_mode
            os.close(handle)
            yield temporary
            # Some writers (safetensors) make files that only their owner can read.
            temporary.chmod(mode & 0o777)
            sync(temporary)
            if overwrite:
                os.replace(temporary, path)
            else:
                _rename_to_free(temporary, path)
            sync(path.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextmanager
def publish_folder(path: Path) -> Iterator[Path]:
    """Fill a folder under a temporary name and rename it when it is complete.

    Parameters
    ----------
    path : Path
        The folder to make; it must not exist, its parent must.

    Yields
    ------
    Path
        An empty folder beside it, to be filled.

    Raises
    ------
    StorageError
        If `path` exists or cannot be written.
    """
    refuse_existing(path)
    temporary = _unfinished(path)
    try:
        with storage_errors(path):
            temporary.mkdir()
            yield temporary
            for file in temporary.rglob("*"):
                sync(file)
            sync(temporary)
            refuse_existing(path)
            os.rename(temporary, path)
            sync(path.parent)
    finally:
        _remove(temporary)


def make_folder(path: Path, mode: int = 0o777) -> None:
    """Make a folder, and those above it, so that they survive a power cut.

    Parameters
    ----------
    path : Path
        The folder; it may exist.
    mode : int, optional
        Permissions of those that are made, cut by the mask.

    Raises
    ------
    OSError
        If one cannot be made or brought to disk.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode, exist_ok=True)
        sync(folder.parent)


def _remove(folder: Path) -> None:
    """Delete a folder, even if a library's threads are still writing into it."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE_SECONDS)


def refuse_existing(path: Path) -> None:
    """Raise if there is something at `path` already.

    Raises
    ------
    StorageError
        If there is.
    """
    if os.path.lexists(path):
        msg = (
            f"{path} exists already and is left as it is. Choose another name, or "
            "move it away first."
        )
        raise StorageError(msg)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn errors of the disk, met while writing `path`, into sentences.

    Raises
    ------
    StorageError
        In place of any `OSError`, and of errors of libraries that hide one.
    """
    try:
        yield
    except SegsuiteError:
        raise
    except OSError as error:
        raise _storage_error(error.errno, path, str(error)) from error
    except Exception as error:
        # safetensors, being written in Rust, tells errno in its message only.
        hidden = re.search(r"os error (\d+)", str(error))
        if hidden is None:
            raise
        raise _storage_error(int(hidden[1]), path, str(error)) from error


def sync(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, is on disk.

    Raises
    ------
    OSError
        If the system cannot bring it there.
    """
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot sync folders, and need not.
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _storage_error(number: int | None, path: Path, original: str) -> StorageError:
    reason = {
        errno.ENOSPC: "the disk is full. Free some space, or choose another disk",
        errno.EDQUOT: "your share of the disk is used up. Free some space",
        errno.EFBIG: "the file would be larger than the system allows here",
        errno.EACCES: "you may not write there. Choose a folder of your own",
        errno.EPERM: "you may not write there. Choose a folder of your own",
        errno.EROFS: "that disk is read-only. Choose another place",
        errno.ENOENT: "its folder does not exist. Make the folder first",
        errno.ENOTDIR: "a part of its path is a file, not a folder. Choose another",
        errno.EISDIR: "it is a folder. Choose a file name",
        errno.EEXIST: "it exists already. Choose another name",
        errno.ENOTEMPTY: "it exists already. Choose another name",
        errno.ENAMETOOLONG: "its name is too long. Choose a shorter one",
        errno.EIO: "the disk reports a fault. Choose another disk",
    }.get(number or 0, f"the system says: {original}. Choose another place")
    return StorageError(f"{path} could not be written: {reason}.")


def _rename_to_free(source: Path, target: Path) -> None:
    try:
        # A hard link is the one portable way to give a name only if it is free.
        os.link(source, target)
    except FileExistsError:
        refuse_existing(target)
        raise
    except OSError:
        # Some network and memory-card file systems know no links.
        refuse_existing(target)
        os.rename(source, target)
