"""One worker process and the pipes to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Final

from napari_segsuite.jobs.messages import MAX_LINE, ProtocolError, Reply, decode_reply
from napari_segsuite.runners.last_lines import LastLines

_BACKLOG: Final = 1000
"""Replies read ahead; a worker that talks faster than we listen has to wait."""
_EXIT_SECONDS: Final = 0.5
"""How long a worker that closed its pipe may take to end."""


if sys.platform == "win32":
    # No console window, no Ctrl+C of the terminal, less urgent than the user's window.
    _FLAGS: Final = (
        subprocess.CREATE_NO_WINDOW
        | subprocess.CREATE_NEW_PROCESS_GROUP
        | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    )
else:
    _FLAGS: Final = 0


class Connection:
    """Starts a worker process and talks with it, without ever blocking the caller.

    Three threads belong to it: one writes requests, one reads replies and reaps the
    process, one keeps the last lines of its stderr.

    Parameters
    ----------
    environment : mapping
        The environment variables of the worker.
    on_reply : callable
        Takes each reply, or the `ProtocolError` after which no more come. Called
        in the reading thread; `release` must follow once the reply is dealt with.
    on_gone : callable
        Called once, in the reading thread, when the process has ended.

    Attributes
    ----------
    ready : bool
        Whether the worker has said so; kept by the owner.
    started, heard : float
        When the process was started and when it last said something
        (`time.monotonic`).
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        on_reply: Callable[[Connection, Reply | ProtocolError], None],
        on_gone: Callable[[Connection], None],
    ) -> None:
        self.ready = False
        self.started = self.heard = time.monotonic()
        self._on_reply = on_reply
        self._on_gone = on_gone
        self._lines = LastLines()
        self._outbox: SimpleQueue[tuple[bytes, threading.Event | None] | None] = (
            SimpleQueue()
        )
        self._backlog = threading.Semaphore(_BACKLOG)
        self._dropped = False
        self._greeted = False
        # -P: nothing is imported from whatever folder the user happens to be in.
        command = [sys.executable, "-P", "-m", "napari_segsuite.runners.worker"]
        self._process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,  # a group with its children, to kill them all
            creationflags=_FLAGS,
        )
        if not (self._process.stdin and self._process.stdout and self._process.stderr):
            msg = "the worker was started without pipes"
            raise OSError(msg)
        self._errors = self._thread(self._collect, self._process.stderr)
        self._thread(self._write, self._process.stdin)
        self._thread(self._read, self._process.stdout)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, as `subprocess.Popen.poll`; None while it lives."""
        return self._process.poll()

    @property
    def last_lines(self) -> str:
        """The last lines that the worker wrote to stderr or stdout."""
        return self._lines.text()

    def send(self, line: bytes, sent: threading.Event | None = None) -> None:
        """Send an encoded request; lost if the worker is gone.

        Parameters
        ----------
        line : bytes
            The request.
        sent : threading.Event, optional
            Set when the request has left this process.
        """
        self._outbox.put((line, sent))

    def release(self) -> None:
        """Say that a reply was dealt with."""
        self._backlog.release()

    def close_input(self) -> None:
        """Let the worker end: it does so when its stdin is closed."""
        self._outbox.put(None)

    def kill(self) -> None:
        """End the process, and its children where the system knows them."""
        self._dropped = True
        self._backlog.release()
        self._outbox.put(None)
        with suppress(OSError):  # it has just ended
            if sys.platform == "win32":
                self._process.kill()
            elif self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> bool:
        """Return whether the process ends within `seconds`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _thread(
        self, work: Callable[[IO[bytes]], None], pipe: IO[bytes]
    ) -> threading.Thread:
        name = f"segsuite-worker{work.__name__}"
        thread = threading.Thread(target=work, args=(pipe,), name=name, daemon=True)
        thread.start()
        return thread

    def _write(self, pipe: IO[bytes]) -> None:
        with suppress(OSError):  # the worker is gone; the reading thread will tell
            while (order := self._outbox.get()) is not None:
                line, sent = order
                pipe.write(line)
                pipe.flush()
                if sent is not None:
                    sent.set()
        with suppress(OSError):
            pipe.close()

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            while line := pipe.readline(MAX_LINE + 1):
                self.heard = time.monotonic()
                self._backlog.acquire()
                if self._dropped:
                    break
                try:
                    reply = decode_reply(line)
                except ProtocolError as error:
                    if self._greeted:
                        self._on_reply(self, error)
                        break
                    # Python's start (sitecustomize) may print before we take over.
                    self._lines.feed(line)
                    self._backlog.release()
                else:
                    self._greeted = True
                    self._on_reply(self, reply)
        if not self.wait(_EXIT_SECONDS):
            self.kill()
            self._process.wait()
        self._errors.join(_EXIT_SECONDS)  # its last words are on their way
        self._on_gone(self)

    def _collect(self, pipe: IO[bytes]) -> None:
        with pipe:
            while data := os.read(pipe.fileno(), 65536):
                self._lines.feed(data)
