"""The loop of the worker process: requests in, jobs done, replies out."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO, Final

from napari_segsuite.errors import Cancelled, SegsuiteError
from napari_segsuite.jobs.base import Job, job_types, load_job
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.messages import (
    MAX_LINE,
    PROTOCOL,
    Emitted,
    Finished,
    Heartbeat,
    Preload,
    ProtocolError,
    Ready,
    Reply,
    Request,
    Started,
    Submit,
    WasCancelled,
    decode_request,
    encode,
)
from napari_segsuite.runners.context import Cache, RunContext
from napari_segsuite.runners.execution import execute
from napari_segsuite.runners.failures import failure_of

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
        types = job_types()
        while True:
            task = self._work.get()
            with self._heartbeat():
                if isinstance(task, Preload):
                    _preload(task)
                else:
                    self._carry_out(task, types)

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
        if found is not None:  # the run may just have ended
            found.obey(request)

    def _context(self, run: str, scratch: Path) -> RunContext:
        def send(event: Event) -> None:
            self._send(Emitted(run=run, event=event), only_for=run)

        return RunContext(scratch, send, self._cache)

    def _carry_out(self, task: Submit, types: Mapping[str, type[Job[Any]]]) -> None:
        began = time.monotonic()
        context = self._contexts[task.run]
        self._send(Started(run=task.run))
        reply: Reply
        try:
            result = execute(load_job(task.job, types), context)
            reply = Finished(run=task.run, result=result.model_dump(mode="json"))
            encode(reply)
        except Cancelled:
            reply = WasCancelled(run=task.run)
        except SegsuiteError as error:
            reply = failure_of(task.run, error)
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


def _free_memory() -> None:
    """Give memory of finished work back to the system, as far as it goes."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
        if trim is not None:
            trim(0)
