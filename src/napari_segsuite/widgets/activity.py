"""One kind of work as the docks show it: asked for, prepared, running, ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from psygnal import Signal

from napari_segsuite.errors import Cancelled, SegsuiteError
from napari_segsuite.jobs.base import Job
from napari_segsuite.jobs.events import Event, Notice, Progress
from napari_segsuite.runners.base import Run, Runner, RunStatus
from napari_segsuite.widgets.session import Session

_CANCELLED = "Cancelled; nothing was kept."


class State(Enum):
    """Where the work stands."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    CANCELLING = "cancelling"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


_BUSY = {State.PREPARING, State.RUNNING, State.STOPPING, State.CANCELLING}


class Activity:
    """At most one run at a time of one kind of job; lives as long as the window.

    Docks may come and go meanwhile: they show what they find here. Everything here
    happens in the GUI thread, except the preparation.

    Parameters
    ----------
    session : Session
        Whose worker and scratch folder are used.
    """

    changed = Signal()
    """State, message, progress or details are new."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.state = State.IDLE
        self.message = ""
        self.details = ""
        """The traceback behind an unforeseen error."""
        self.notices: list[str] = []
        self.names: dict[str, str] = {}
        """Names of temporary files, and of the layers that people know them by."""
        self.fraction = 0.0
        self.result: Any = None
        self.run: Run[Any] | None = None
        self._left: tuple[float, float] | None = None
        self._serial = 0

    @property
    def runner(self) -> Runner:
        """Who carries the jobs out; for subclasses to choose another."""
        return self.session.runner

    @property
    def busy(self) -> bool:
        """Whether work is under way."""
        return self.state in _BUSY

    @property
    def seconds_left(self) -> float | None:
        """Estimate of the time left, counted down since it was made."""
        if self._left is None or self.state is not State.RUNNING:
            return None
        seconds, at = self._left
        return max(0.0, seconds - (time.monotonic() - at))

    def start(self, prepare: Callable[[Callable[[], None]], Job[Any]]) -> None:
        """Prepare a job in a thread and submit it.

        Parameters
        ----------
        prepare : callable
            Called in a thread with a function that raises `Cancelled` once the work
            was cancelled; returns the job.
        """
        if self.busy:
            return
        self._serial += 1
        serial = self._serial
        self.details, self.result, self.run, self._left = "", None, None, None
        self.fraction = 0.0
        self.notices, self.names = [], {}
        self._set(State.PREPARING, "Preparing…")

        def check() -> None:
            if serial != self._serial or self.state is State.CANCELLING:
                raise Cancelled
            if self.session.closed:
                raise Cancelled

        self.session.in_background(
            lambda: prepare(check), self._prepared, self._preparation_failed
        )

    def stop(self) -> None:
        """Ask the job to finish early and keep the best so far."""
        if self.state is State.RUNNING and self.run is not None:
            self._set(State.STOPPING, "Stopping, keeping the best so far…")
            self.run.stop()

    def cancel(self) -> None:
        """Give the job up and keep nothing."""
        if self.busy and self.state is not State.CANCELLING:
            self._set(State.CANCELLING, "Cancelling…")
            if self.run is not None:
                self.run.cancel()

    def fail(self, error: Exception) -> None:
        """Show why the work could not start or ended badly."""
        if isinstance(error, SegsuiteError):
            self.details = str(getattr(error, "details", ""))
            self._set(State.FAILED, self._named(str(error)))
        else:
            self.details = repr(error)
            self._set(
                State.FAILED, f"Something went wrong that nobody foresaw: {error}"
            )

    def on_prepared(self, submit: Callable[[], None]) -> None:
        """Call `submit`, now or in a later turn of the event loop; for subclasses."""
        submit()

    def on_started(self, job: Any) -> None:
        """Do what follows once the job was handed over; for subclasses."""

    def load(self, event: Event) -> Any:
        """Read what an event refers to, in a thread of the runner; for subclasses.

        The files behind an event may be gone when the GUI thread gets to it.
        """

    def on_event(self, event: Event, loaded: Any) -> None:
        """Take an event other than progress and notices; for subclasses."""

    def load_result(self, result: Any) -> Any:
        """Read what the result refers to, in a thread of the runner; for subclasses."""

    def on_finished(self, result: Any, loaded: Any) -> str:
        """Show the result and return the closing message; for subclasses."""
        return "Done."

    def on_cancelled(self) -> str:
        """Remove what a run left and return the closing message; for subclasses."""
        return _CANCELLED

    def on_ended(self) -> None:
        """Clean up when the work is over, however it ended; for subclasses."""

    def _prepared(self, job: Job[Any]) -> None:
        self.on_prepared(lambda: self._submit(job))

    def _submit(self, job: Job[Any]) -> None:
        if self.state is State.CANCELLING:
            self._end(State.CANCELLED, _CANCELLED)
            return
        hop = self.session.in_gui
        try:
            self.run = self.runner.submit(
                job,
                on_event=lambda event: hop(self._event, event, self.load(event)),
                on_end=lambda run: hop(self._ended, run, *self._outcome(run)),
            )
        except Exception as error:  # starting a process can fail in many ways
            self.fail(error)
            self.on_ended()
            return
        waiting = self.run.status is RunStatus.QUEUED
        self._set(State.RUNNING, "Waiting for the worker…" if waiting else "Starting…")
        self.on_started(job)

    def _preparation_failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self._end(State.CANCELLED, _CANCELLED)
        else:
            self.fail(error)
            self.on_ended()

    def _event(self, event: Event, loaded: Any) -> None:
        if not self.busy:
            return
        if isinstance(event, Progress):
            self.fraction = event.fraction
            if event.seconds_left is not None:
                self._left = (event.seconds_left, time.monotonic())
            if self.state is State.RUNNING and event.message:
                self.message = event.message
            self.changed.emit()
        elif isinstance(event, Notice):
            message = self._named(event.message)
            if message not in self.notices:
                self.notices.append(message)
            self.changed.emit()
        else:
            self.on_event(event, loaded)

    def _outcome(self, run: Run[Any]) -> tuple[Any, Any, Exception | None]:
        try:
            result = run.result(timeout=0)
            return result, self.load_result(result), None
        except Exception as error:  # passed on whole; the GUI thread shows it
            return None, None, error

    def _ended(
        self, run: Run[Any], result: Any, loaded: Any, error: Exception | None
    ) -> None:
        if run is not self.run:
            return
        if error is None:
            try:
                message = self.on_finished(result, loaded)
            except Exception as failure:  # a result that cannot be shown is told
                error = failure
            else:
                self.result = result
                self.fraction = 1.0
                self._end(State.FINISHED, message)
                return
        if isinstance(error, Cancelled):
            self._end(State.CANCELLED, self.on_cancelled())
        else:
            self.fail(error)
            self.on_ended()

    def _named(self, text: str) -> str:
        for file, layer in self.names.items():
            text = text.replace(file, layer)
        return text

    def _end(self, state: State, message: str) -> None:
        self._set(state, message)
        self.on_ended()

    def _set(self, state: State, message: str) -> None:
        self.state = state
        self.message = message
        self.changed.emit()
