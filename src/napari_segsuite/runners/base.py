"""What every runner offers: submit a job, follow the run, stop or cancel it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

from psygnal import Signal

from napari_segsuite.errors import Cancelled, SegsuiteError, WorkerCrashed
from napari_segsuite.jobs.base import Job, Result
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.messages import Cancel, Control, Stop

R = TypeVar("R", bound=Result)

_log = logging.getLogger(__name__)


class RunStatus(StrEnum):
    """Where a run is in its life.

    ::

        QUEUED ──> RUNNING ──> FINISHED | FAILED | CRASHED
           └───> CANCELLING <────┘
                     └──> CANCELLED
    """

    QUEUED = "queued"
    """Waits for the jobs before it, or for the worker to start."""
    RUNNING = "running"
    """Is being carried out."""
    CANCELLING = "cancelling"
    """Was told to give up; ends as CANCELLED whatever happens."""
    FINISHED = "finished"
    """Has a result."""
    FAILED = "failed"
    """Ended with an error."""
    CANCELLED = "cancelled"
    """Gave up as asked."""
    CRASHED = "crashed"
    """The worker process died."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in _ENDS


_ENDS = frozenset(
    {RunStatus.FINISHED, RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.CRASHED}
)


class Run(Generic[R]):
    """One execution of one job, as its submitter sees it.

    `cancel`, `stop` and `control` may be called from any thread at any time and
    return at once. Listeners are called in a thread of the runner and must return
    soon; a listener's error is logged and does not touch the run. An event that is
    emitted while `submit` still runs reaches the `on_event` given there, but not
    what is connected to `emitted` later.

    Attributes
    ----------
    id : str
        32 hexadecimal digits.
    job : Job
        What is carried out.
    future : concurrent.futures.Future
        The result, or the error.
    unresponsive : bool
        Whether the worker has been silent for long; it may still go on.
    """

    emitted = Signal(object)
    """Fires with each `Event`."""
    ended = Signal(object)
    """Fires once with this run, when it has ended and `result` returns at once."""

    def __init__(
        self,
        job: Job[R],
        ask: Callable[[Run[Any], Cancel | Stop | Control], None],
        *,
        on_event: Callable[[Event], None] | None = None,
        on_end: Callable[[Run[R]], None] | None = None,
    ) -> None:
        self.id = uuid4().hex
        self.job = job
        self.future: Future[R] = Future()
        self.unresponsive = False
        self.controls: dict[str, Any] = {}
        self._ask = ask
        self._on_event = on_event
        self._on_end = on_end
        self._status = RunStatus.QUEUED
        self._error: SegsuiteError | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Run {self.id[:8]} {self.job.kind}: {self.status}>"

    @property
    def status(self) -> RunStatus:
        """Where the run is."""
        return self._status

    @property
    def error(self) -> SegsuiteError | None:
        """Why the run ended without a result; None as long as it has not."""
        return self._error

    def result(self, timeout: float | None = None) -> R:
        """Wait for the end and return the result.

        Parameters
        ----------
        timeout : float, optional
            Longest wait in seconds.

        Raises
        ------
        Cancelled
            If the run was cancelled.
        WorkerCrashed
            If the worker process died.
        SegsuiteError
            If the job failed: `InputError`, `JobFailed`, ...
        TimeoutError
            If the run has not ended in time; it goes on.
        """
        try:
            return self.future.result(timeout)
        except CancelledError as error:
            raise _cancelled(self.job) from error

    def cancel(self) -> None:
        """Give the run up; it ends as CANCELLED, and nothing half-written is kept."""
        with self._lock:
            if self._status.ended or self._status is RunStatus.CANCELLING:
                return
            self._status = RunStatus.CANCELLING
        self._ask(self, Cancel(run=self.id))

    def stop(self) -> None:
        """Finish early and keep the best so far; a run still queued is cancelled."""
        if not self._status.ended:
            self._ask(self, Stop(run=self.id))

    def control(self, name: str, value: Any) -> None:
        """Send the job a JSON value, which replaces the one sent before as `name`."""
        if not self._status.ended:
            message = Control(run=self.id, name=name, value=value)
            self.controls[name] = value
            self._ask(self, message)

    # What follows is called by runners.

    def start(self) -> bool:
        """Mark the run as running; False if it was cancelled before."""
        with self._lock:
            if self._status is not RunStatus.QUEUED:
                return False
            if not self.future.set_running_or_notify_cancel():
                return False
            self._status = RunStatus.RUNNING
            return True

    def tell(self, event: Event) -> None:
        """Pass an event on to those who listen; none comes after `cancel`."""
        if self._status is not RunStatus.RUNNING:
            return
        if self._on_event is not None:
            self._call(self._on_event, event)
        self._call(self.emitted.emit, event)

    def finish(self, result: R) -> None:
        """End the run well, unless it was cancelled."""
        self._end(RunStatus.FINISHED, result, None)

    def fail(self, error: SegsuiteError) -> None:
        """End the run with an error, whose class decides the status."""
        if isinstance(error, Cancelled):
            self._end(RunStatus.CANCELLED, None, error)
        elif isinstance(error, WorkerCrashed):
            self._end(RunStatus.CRASHED, None, error)
        else:
            self._end(RunStatus.FAILED, None, error)

    def _end(
        self, status: RunStatus, result: R | None, error: SegsuiteError | None
    ) -> None:
        with self._lock:
            if self._status.ended:
                return
            if self._status is RunStatus.CANCELLING:
                status, result = RunStatus.CANCELLED, None
            if status is RunStatus.CANCELLED and not isinstance(error, Cancelled):
                error = _cancelled(self.job)
            self._status, self._error = status, error
        # Somebody may have cancelled the future itself, which ends it on the spot.
        with suppress(InvalidStateError):
            if result is None:
                self.future.set_exception(error)
            else:
                self.future.set_result(result)
        if self._on_end is not None:
            self._call(self._on_end, self)
        self._call(self.ended.emit, self)

    def _call(self, listener: Callable[[Any], Any], argument: object) -> None:
        try:
            listener(argument)
        except (Exception, SystemExit):
            _log.exception("a listener of %r failed", self)


class Runner(Protocol):
    """Carries jobs out, one after the other."""

    def submit(
        self,
        job: Job[R],
        *,
        on_event: Callable[[Event], None] | None = None,
        on_end: Callable[[Run[R]], None] | None = None,
    ) -> Run[R]:
        """Take a job over and return its run; it may have begun, or ended, by then."""

    def close(self) -> None:
        """Cancel what is left and free everything; may be called twice."""


def _cancelled(job: Job[Any]) -> Cancelled:
    return Cancelled(f"The job {job.kind} was cancelled.")
