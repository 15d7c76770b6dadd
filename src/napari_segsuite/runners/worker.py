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
from typing import BinaryIO


def main() -> None:
    """Prepare this process and serve its parent until that closes our stdin."""
    # Ctrl+C in the terminal is the parent's affair.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = _take_over_pipes()
    faulthandler.enable()
    if sys.platform == "linux":
        _die_with_parent()
    from napari_segsuite.runners.serving import Server

    if sys.platform != "win32":
        os.nice(10)  # started quickly; from now on the user's window goes first
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


def _die_with_parent() -> None:
    """Have Linux kill this process with its parent, even while C code never yields."""
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


if __name__ == "__main__":
    main()
