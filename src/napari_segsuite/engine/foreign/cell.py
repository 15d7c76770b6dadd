"""The walls around a process that opens a file nobody trusts.

Each function takes something away from this process for good. What the system cannot
take away, it leaves: there are several walls, and no file should reach even the first.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from typing import Any, NoReturn

REFUSED = 77
"""Exit code of a process that tried what its walls forbid."""

_GIB = 1 << 30
_NEW_USER, _NEW_NETWORK = 0x1000_0000, 0x4000_0000  # of <linux/sched.h>
_OPEN_FILES = 128


def limit(file_bytes: int, output_bytes: int, cpu_seconds: int) -> None:
    """Bound memory, computing time, written bytes and open files, where there is a way.

    Parameters
    ----------
    file_bytes : int
        Size of the file that will be read; memory is bounded by three times as much,
        and what torch needs to start (0.8 GiB were measured).
    output_bytes : int
        The most that may be written to any file.
    cpu_seconds : int
        Computing time.
    """
    if sys.platform == "win32":
        return
    import resource

    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, output_bytes),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_DATA, 3 * file_bytes + 2 * _GIB),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def leave_network() -> None:
    """Move into a network without any other machine, where Linux lets us."""
    if sys.platform != "linux":
        return
    # Root needs no user namespace, and would lose its rights to read files in one.
    flags = _NEW_NETWORK | (_NEW_USER if os.geteuid() else 0)
    ctypes.CDLL(None).unshare(flags)


def end_with_parent() -> None:
    """End this process when the other end of its standard input is closed."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def forbid_everything(readable: str) -> None:
    """End this process at once if it does anything but read one file and compute.

    Python tells of everything it does to the outside: opening, importing, starting
    programs, connecting, looking up pickled names. A name that is new to us is refused
    too. There is no way back, not even for this module.

    Parameters
    ----------
    readable : str
        The file that may be opened for reading.
    """

    def guard(event: str, details: tuple[Any, ...]) -> None:
        if event == "sys._getframe":
            return
        reading = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        if event == "open" and details[0] == readable:
            flags = details[2] & ~getattr(os, "O_NOINHERIT", 0)
            if not flags & ~reading:
                return
        _refuse(event)

    sys.addaudithook(guard)


def _refuse(event: str) -> NoReturn:
    os.write(2, f"{event}\n".encode())
    os._exit(REFUSED)
