"""Run jobs in a worker process, so that nothing they do can hurt this one."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from napari_segsuite.data.scratch import Scratch
from napari_segsuite.errors import InputError, JobFailed
from napari_segsuite.jobs.base import Job, Result, dump_job
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.messages import (
    Cancel,
    Control,
    ProtocolError,
    Stop,
    Submit,
    encode,
)
from napari_segsuite.runners.base import Run
from napari_segsuite.runners.order import Order
from napari_segsuite.runners.patience import Patience
from napari_segsuite.runners.supervisor import Supervisor

R = TypeVar("R", bound=Result)

_CLOSE_SECONDS: Final = 1.8
_HAND_OVER_SECONDS: Final = 0.005


class ProcessRunner:
    """Runs jobs one after the other in a worker process of its own.

    The worker is started by the first job, or before by `warm_up`. It is replaced
    when it dies, when a cancelled job does not give up, and after an error nobody
    foresaw; it ends with this process, however that ends. No method but `close`
    blocks for more than some milliseconds. Listeners are called in a thread of the
    runner: in a GUI, hop to the main thread by a queued signal.

    Parameters
    ----------
    threads : int, optional
        How many threads the worker computes with; the libraries choose if not given.
    scratch : Scratch, optional
        Where runs get their folders for temporary arrays. A runner that is given
        none makes one and deletes it when it is closed.
    patience : Patience, optional
        How long to wait for the worker.
    """

    def __init__(
        self,
        *,
        threads: int | None = None,
        scratch: Scratch | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._given_scratch = scratch
        self._own_scratch: Scratch | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._supervisor = Supervisor(threads, patience or Patience())
        # A runner that was forgotten ends its worker. At the end of Python there is
        # nothing to do: the closed pipe ends it.
        weakref.finalize(self, self._supervisor.close).atexit = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker; None while there is none."""
        worker = self._supervisor.worker
        return None if worker is None else worker.pid

    @property
    def last_lines(self) -> str:
        """The last lines that the worker wrote, for a report."""
        worker = self._supervisor.worker
        return "" if worker is None else worker.last_lines

    def warm_up(self, modules: Iterable[str] = ()) -> None:
        """Start the worker now, and again whenever it is replaced.

        Parameters
        ----------
        modules : iterable of str, optional
            What it imports before jobs come, such as the module of a handler.

        Raises
        ------
        JobFailed
            If the runner is closed.
        """
        with self._lock:
            self._begin()
            self._supervisor.warm_up(modules)

    def submit(
        self,
        job: Job[R],
        *,
        on_event: Callable[[Event], None] | None = None,
        on_end: Callable[[Run[R]], None] | None = None,
    ) -> Run[R]:
        """Queue `job` and return its run at once.

        Parameters
        ----------
        job : Job
            What to do. Relative paths count from the folder that was the current
            one when the worker started: give absolute ones.
        on_event : callable, optional
            Takes each event, also those emitted before this method has returned.
        on_end : callable, optional
            Takes the run when it has ended.

        Raises
        ------
        InputError
            If the job cannot be written as JSON, for example because a path is no
            Unicode.
        JobFailed
            If the runner is closed.
        StorageError
            If no folder for temporary arrays can be made.
        """
        run = Run(job, self._ask, on_event=on_event, on_end=on_end)
        with self._lock:
            self._begin()
            folder = self._scratch().path()
        try:
            line = encode(Submit(run=run.id, job=dump_job(job), scratch=folder))
        except (ProtocolError, ValueError) as error:
            msg = f"The job {job.kind} cannot be passed to the worker: {error}."
            raise InputError(msg) from error
        with self._lock:
            self._begin()  # somebody may have closed the runner meanwhile
            order, idle = Order(run, line, folder), self._supervisor.idle
            self._supervisor.submit(order)
        if idle:
            # The threads that pass it on need Python's lock, which a window that draws
            # next keeps from them for tens of milliseconds; now it takes less than one.
            order.sent.wait(_HAND_OVER_SECONDS)
        return run

    def close(self) -> None:
        """Cancel what is left and end the worker, within 2 s; may be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        thread = self._supervisor.thread
        if thread.is_alive():
            self._supervisor.close()
            if threading.current_thread() is not thread:  # a listener may close us
                thread.join(_CLOSE_SECONDS)
            worker = self._supervisor.worker
            if worker is not None and threading.current_thread() is not thread:
                worker.kill()  # a listener blocks the thread
        if self._own_scratch is not None:
            self._own_scratch.close()

    def _begin(self) -> None:
        if self._closed:
            msg = "This runner is closed; make a new one."
            raise JobFailed(msg)
        if self._supervisor.thread.ident is None:
            self._supervisor.thread.start()

    def _scratch(self) -> Scratch:
        if self._given_scratch is not None:
            return self._given_scratch
        if self._own_scratch is None:
            self._own_scratch = Scratch()
        return self._own_scratch

    def _ask(self, run: Run[Any], request: Cancel | Stop | Control) -> None:
        self._supervisor.ask(run, request)
