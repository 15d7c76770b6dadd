"""The loop of the worker process: requests in, jobs done, replies out."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, Final, Literal

from napari_segsuite.errors import (
    Cancelled,
    InputError,
    JobFailed,
    ModelFolderError,
    SegsuiteError,
    StorageError,
)
from napari_segsuite.jobs.base import load_job
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.messages import (
    MAX_LINE,
    PROTOCOL,
    Cancel,
    Control,
    Emitted,
    Failed,
    Finished,
    Heartbeat,
    Preload,
    ProtocolError,
    Ready,
    Reply,
    Request,
    Stop,
    Submit,
    WasCancelled,
    decode_request,
    encode,
)
from napari_segsuite.runners.context import Cache, RunContext
from napari_segsuite.runners.execution import execute

_HEARTBEAT_SECONDS: Final = 1.0
_LONG_SECONDS: Final = 2.0
"""After a run longer than this, memory is given back, which takes some 0.1 s."""


class Server:
    """Carries out what the parent process asks for.

    Jobs run one after the other in the thread that calls `serve`; a thread of its
    own reads requests, so that a running job can be cancelled, and so that the end
    of the parent, which closes the pipe, ends this process at once.

    Parameters
    ----------
    requests : binary file
        Where requests come from.
    replies : binary file
        Where replies go.
    """

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests = requests
        self._replies = replies
        self._sending = threading.Lock()
        self._work: SimpleQueue[Submit | Preload] = SimpleQueue()
        self._contexts: dict[str, RunContext] = {}
        self._cache = Cache()

    def serve(self) -> None:
        """Work until the parent closes the pipe; never returns."""
        threading.Thread(target=self._listen, name="requests", daemon=True).start()
        self._send(Ready(protocol=PROTOCOL, pid=os.getpid()))
        while True:
            task = self._work.get()
            with self._heartbeat():
                if isinstance(task, Preload):
                    _preload(task)
                else:
                    self._carry_out(task)

    def _listen(self) -> None:
        code = 3
        try:
            while line := self._requests.readline(MAX_LINE + 1):
                self._take(decode_request(line))
            # The parent closed the pipe or died. Whatever runs, nobody waits for it.
            code = 0
        except ProtocolError as error:
            sys.stderr.write(f"protocol error: {error}\n")
        except BaseException:
            traceback.print_exc()
        finally:
            # Without this thread nobody could cancel, and nobody would end us.
            sys.stderr.flush()
            os._exit(code)

    def _take(self, request: Request) -> None:
        if isinstance(request, Preload):
            self._work.put(request)
            return
        if isinstance(request, Submit):
            # Made here, so that a cancel that follows at once finds it.
            context = self._context(request.run, request.scratch)
            self._contexts[request.run] = context
            self._work.put(request)
            return
        found = self._contexts.get(request.run)
        if found is None:
            return  # for a run that has just ended
        match request:
            case Cancel():
                found.request_cancel()
            case Stop():
                found.request_stop()
            case Control(name=name, value=value):
                found.set_control(name, value)

    def _context(self, run: str, scratch: Path) -> RunContext:
        def send(event: Event) -> None:
            self._send(Emitted(run=run, event=event), only_for=run)

        return RunContext(scratch, send, self._cache)

    def _carry_out(self, task: Submit) -> None:
        began = time.monotonic()
        context = self._contexts[task.run]
        reply: Reply
        try:
            result = execute(load_job(task.job), context)
            reply = Finished(run=task.run, result=result.model_dump(mode="json"))
            encode(reply)
        except Cancelled:
            reply = WasCancelled(run=task.run)
        except SegsuiteError as error:
            reply = _failure(task.run, error)
        self._send(reply, last_of=task.run)
        if not isinstance(reply, Finished) or time.monotonic() - began > _LONG_SECONDS:
            _free_memory()

    def _send(
        self, reply: Reply, *, only_for: str | None = None, last_of: str | None = None
    ) -> None:
        line = encode(reply)
        with self._sending:
            if only_for is not None and only_for not in self._contexts:
                return  # some thread of a handler talks on after the run's end
            if last_of is not None:
                del self._contexts[last_of]
            try:
                self._replies.write(line)
                self._replies.flush()
            except OSError:
                os._exit(0)  # the parent is gone

    @contextmanager
    def _heartbeat(self) -> Iterator[None]:
        over = threading.Event()

        def beat() -> None:
            while not over.wait(_HEARTBEAT_SECONDS):
                self._send(Heartbeat())

        threading.Thread(target=beat, name="heartbeat", daemon=True).start()
        try:
            yield
        finally:
            over.set()


def _preload(task: Preload) -> None:
    for module in task.modules:
        try:
            import_module(module)
        except Exception:
            # The job that needs it will say so; here nobody has asked yet.
            traceback.print_exc()


def _failure(run: str, error: SegsuiteError) -> Failed:
    name: Literal["InputError", "ModelFolderError", "StorageError", "JobFailed"]
    match error:
        case InputError():
            name = "InputError"
        case ModelFolderError():
            name = "ModelFolderError"
        case StorageError():
            name = "StorageError"
        case _:
            name = "JobFailed"
    details = error.details if isinstance(error, JobFailed) else ""
    return Failed(
        run=run, error=name, message=_printable(str(error)), details=_printable(details)
    )


def _printable(text: str) -> str:
    """Return the end of `text` without what JSON cannot hold (lone surrogates)."""
    return text[-100_000:].encode(errors="backslashreplace").decode()


def _free_memory() -> None:
    """Give memory of finished work back to the system, as far as it goes."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
        if trim is not None:
            trim(0)
