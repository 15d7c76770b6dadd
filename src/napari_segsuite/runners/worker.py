"""The worker process: ``python -m napari_segsuite.runners.worker``.

This file only prepares the process, before any library is loaded: the protocol
gets file descriptors of its own, so that whatever a library prints cannot get
between its lines. `serving` does the work.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from contextlib import suppress
from typing import BinaryIO

_NICE = 10


def main() -> None:
    """Prepare this process and serve its parent until that closes our stdin."""
    # Ctrl+C in the terminal is the parent's affair.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = _take_over_pipes()
    faulthandler.enable()
    if sys.platform == "linux":
        _die_with_parent()
    from napari_segsuite.runners.serving import Server

    _step_back()
    Server(requests, replies).serve()


def _take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return stdin and stdout for the protocol; everybody else gets none and stderr."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    # Lines that a library printed before it crashed the process must have left it.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return requests, replies


def _step_back() -> None:
    """Let the user's window go first; the start itself was in nobody's way."""
    if sys.platform == "win32":
        return
    os.nice(_NICE)
    if sys.platform == "linux":
        # Where Linux shares processors out to sessions, niceness only counts within
        # one, and we have our own. Other kernels have no such file.
        with suppress(OSError):
            group = os.open("/proc/self/autogroup", os.O_WRONLY)
            try:
                os.write(group, str(_NICE).encode())
            finally:
                os.close(group)


def _die_with_parent() -> None:
    """Have Linux kill this process with its parent, even while C code never yields."""
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


if __name__ == "__main__":
    main()
