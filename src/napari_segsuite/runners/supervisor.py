"""The thread that owns the worker process and the queue of a `ProcessRunner`."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from pydantic import ValidationError

from napari_segsuite.errors import (
    Cancelled,
    JobFailed,
    SegsuiteError,
    StorageError,
    WorkerCrashed,
)
from napari_segsuite.jobs.events import Notice
from napari_segsuite.jobs.messages import (
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
    Started,
    Stop,
    WasCancelled,
    encode,
)
from napari_segsuite.runners.base import Run, RunStatus
from napari_segsuite.runners.clearing import clear_up
from napari_segsuite.runners.connection import Connection
from napari_segsuite.runners.environment import worker_environment
from napari_segsuite.runners.exits import describe_exit
from napari_segsuite.runners.failures import error_of
from napari_segsuite.runners.order import Order
from napari_segsuite.runners.patience import Patience

_log = logging.getLogger(__name__)

_TICK_SECONDS: Final = 0.25
"""How often deadlines are looked at while there are any."""


class Supervisor:
    """Starts, feeds, watches and ends the worker process of one runner.

    Everything happens in one thread, which takes one command after the other from
    an inbox; so there is nothing to lock. Listeners of runs are called in it.

    Parameters
    ----------
    threads : int or None
        Threads of the worker; None leaves it to the libraries.
    patience : Patience
        How long to wait for what.
    """

    def __init__(self, threads: int | None, patience: Patience) -> None:
        self._threads = threads
        self._patience = patience
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._pending: deque[Order] = deque()
        self._current: Order | None = None
        self._started = False
        self._retried: Order | None = None
        self._connection: Connection | None = None
        self._modules: dict[str, None] = {}
        self._kill_at = float("inf")
        self._seen_dead = False
        self._litter: deque[Path] = deque()
        self._closing = False
        self.thread = threading.Thread(
            target=self._work, name="segsuite-runner", daemon=True
        )

    # Called from any thread; each returns at once.

    def submit(self, order: Order) -> None:
        """Queue a run."""
        self._inbox.put(partial(self._submit, order))

    def ask(self, run: Run[Any], request: Cancel | Stop | Control) -> None:
        """Cancel, stop or control a run, wherever it is."""
        self._inbox.put(partial(self._ask, run, request))

    def warm_up(self, modules: Iterable[str]) -> None:
        """Have a worker ready that has imported `modules`."""
        self._inbox.put(partial(self._warm_up, tuple(modules)))

    def close(self) -> None:
        """Cancel all runs, end the worker and then the thread."""
        self._inbox.put(self._close)

    @property
    def idle(self) -> bool:
        """Whether a worker waits for the next run."""
        found = self._connection
        is_free = self._current is None and not self._pending
        return is_free and found is not None and found.ready

    @property
    def worker(self) -> Connection | None:
        """The worker process, if one was started and has not ended."""
        return self._connection

    # The thread.

    def _work(self) -> None:
        while not (self._closing and self._current is None):
            try:
                self._next_command()()
                self._watch()
                self._feed()
            except BaseException as error:
                # A fault of ours must not leave runs waiting for ever.
                _log.exception("the runner failed")
                self._drop_worker(JobFailed("The runner failed.", repr(error)))
        self._end_worker()

    def _next_command(self) -> Callable[[], None]:
        busy = self._current is not None or self._is_starting()
        seconds = max(0.0, min(_TICK_SECONDS, self._kill_at - time.monotonic()))
        try:
            return self._inbox.get(timeout=seconds if busy else None)
        except Empty:
            return self._look_for_death

    def _submit(self, order: Order) -> None:
        if self._closing:
            order.run.fail(Cancelled("The runner was closed."))
        else:
            self._pending.append(order)

    def _ask(self, run: Run[Any], request: Cancel | Stop | Control) -> None:
        for order in self._pending:
            # Nothing has begun that could be kept, so stopping is cancelling.
            if order.run is run and not isinstance(request, Control):
                self._pending.remove(order)
                run.fail(Cancelled(f"The job {run.job.kind} was cancelled."))
                return
        if self._current is None or self._current.run is not run:
            return
        if self._connection is not None:
            self._connection.send(encode(request))
        if isinstance(request, Cancel):
            patience = self._patience.close if self._closing else self._patience.cancel
            self._kill_at = min(self._kill_at, time.monotonic() + patience)

    def _warm_up(self, modules: tuple[str, ...]) -> None:
        news = tuple(module for module in modules if module not in self._modules)
        self._modules.update(dict.fromkeys(news))
        connection = self._start_worker()
        if connection is not None and connection.ready and news:
            connection.send(encode(Preload(modules=news)))

    def _close(self) -> None:
        self._closing = True
        while self._pending:
            self._pending.popleft().run.fail(Cancelled("The runner was closed."))
        if self._current is not None:
            self._current.run.cancel()
            self._ask(self._current.run, Cancel(run=self._current.run.id))

    # Runs.

    def _feed(self) -> None:
        """Give the worker the next run, if both are there."""
        while self._current is None and self._pending:
            connection = self._start_worker()
            if connection is None or not connection.ready:
                return
            order = self._pending.popleft()
            if order.run.status is not RunStatus.QUEUED:
                order.run.fail(Cancelled("The job was cancelled."))
                continue
            self._current, self._started = order, False
            try:
                order.scratch.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                self._end_current()
                msg = f"No temporary folder can be made: {error}. Free some space."
                order.run.fail(StorageError(msg))
                continue
            connection.heard = time.monotonic()
            connection.send(order.submit, order.sent)
            for name, value in dict(order.run.controls).items():
                message = Control(run=order.run.id, name=name, value=value)
                connection.send(encode(message))
            self._sweep()

    def _end_current(self) -> Run[Any] | None:
        """Take the run that is being carried out off the worker."""
        order, self._current = self._current, None
        self._kill_at = float("inf")
        if order is None:
            return None
        self._retried = None
        self._litter.append(order.scratch)
        return order.run

    def _sweep(self) -> None:
        # Previews of the run before may still be on their way to the screen.
        while len(self._litter) > 1:
            shutil.rmtree(self._litter.popleft(), ignore_errors=True)

    # The worker.

    def _start_worker(self) -> Connection | None:
        found = self._connection
        if found is not None and found.ready and found.exit_code is not None:
            self._drop_worker(None)  # died idle, a moment ago
        if self._connection is None and not self._closing:
            environment = worker_environment(os.environ, threads=self._threads)
            try:
                # Linux ends a worker with the thread that started it: this one.
                self._connection = Connection(
                    environment,
                    on_reply=lambda c, r: self._inbox.put(partial(self._hear, c, r)),
                    on_gone=lambda c: self._inbox.put(partial(self._gone, c)),
                )
            except Exception as error:
                self._fail_start(f"it could not be started: {error}", "")
        return self._connection

    def _is_starting(self) -> bool:
        return self._connection is not None and not self._connection.ready

    def _fail_start(self, reason: str, lines: str) -> None:
        """Fail the run that waited for a worker; the next one tries again."""
        message = (
            f"The worker process did not start: {reason}. Check that "
            "napari-segsuite is installed in the Python that runs here; the details "
            "say what the worker wrote."
        )
        if self._pending:
            self._pending.popleft().run.fail(WorkerCrashed(message, lines))
        else:
            _log.warning("%s\n%s", message, lines)

    def _hear(self, connection: Connection, reply: Reply | ProtocolError) -> None:
        connection.release()
        if connection is not self._connection:
            return  # of a worker that was given up
        try:
            self._obey(connection, reply)
        except (ProtocolError, ValidationError) as error:
            if not connection.ready:
                self._drop_worker(None)
                self._fail_start(str(error), connection.last_lines)
                return
            message = (
                "The worker process sent something that cannot be understood, so it "
                "was ended. The next job starts a new one."
            )
            self._drop_worker(JobFailed(message, f"{error}\n{connection.last_lines}"))

    def _obey(self, connection: Connection, reply: Reply | ProtocolError) -> None:
        match reply:
            case ProtocolError():
                raise reply
            case Ready(protocol=protocol):
                if protocol != PROTOCOL:
                    msg = (
                        f"it speaks protocol {protocol}, and {PROTOCOL} is needed; was "
                        "napari-segsuite updated meanwhile? Then start napari again"
                    )
                    raise ProtocolError(msg)
                connection.ready = True
                if self._modules:
                    connection.send(encode(Preload(modules=tuple(self._modules))))
            case Heartbeat():
                pass
            case Started(run=run):
                self._started = True
                if not self._named(run).start():
                    self._named(run).cancel()  # somebody cancelled its future
            case Emitted(run=run, event=event):
                self._named(run).tell(event)
            case Finished(run=run, result=values):
                named = self._named(run)
                result = named.job.result_type.model_validate(values)
                self._end_current()
                named.finish(result)
            case WasCancelled(run=run):
                named = self._named(run)
                self._end_current()
                named.fail(Cancelled(f"The job {named.job.kind} was cancelled."))
            case Failed(run=run):
                named, error = self._named(run), error_of(reply)
                if isinstance(error, JobFailed):
                    # Who knows what state it is in; a GPU may be lost to it for good.
                    self._drop_worker(error)
                else:
                    self._end_current()
                    named.fail(error)

    def _named(self, run: str) -> Run[Any]:
        if self._current is None or self._current.run.id != run:
            msg = f"it spoke of run {run}, which it does not have"
            raise ProtocolError(msg)
        return self._current.run

    def _watch(self) -> None:
        """Look at the deadlines and at the worker's health."""
        connection, now = self._connection, time.monotonic()
        if connection is None:
            return
        if not connection.ready and now > connection.started + self._patience.start:
            self._drop_worker(None)
            reason = f"it was not ready within {self._patience.start:g} s"
            self._fail_start(reason, connection.last_lines)
        elif self._current is not None and now > self._kill_at:
            self._drop_worker(Cancelled("The job was cancelled."))
        elif self._current is not None:
            run = self._current.run
            silent = now > connection.heard + self._patience.silence
            if silent and not run.unresponsive:
                message = (
                    f"The worker has been silent for {self._patience.silence:g} s. It "
                    "may be busy with one long step; Cancel ends it."
                )
                run.tell(Notice(message=message))
            run.unresponsive = silent

    def _look_for_death(self) -> None:
        """Notice a dead worker whose pipe stays open, held by a child of its own."""
        connection = self._connection
        # Called when no reply came for a tick; after two, the last ones have arrived.
        if connection is None or connection.exit_code is None:
            self._seen_dead = False
        elif self._seen_dead:
            self._gone(connection)
        else:
            self._seen_dead = True

    def _gone(self, connection: Connection) -> None:
        """Deal with the end of a worker that nobody asked for."""
        if connection is not self._connection:
            return
        reason = describe_exit(connection.exit_code or 0)
        if not connection.ready:
            self._drop_worker(None)
            self._fail_start(reason, connection.last_lines)
            return
        if self._current not in (None, self._retried) and not self._started:
            # It died idle, just before it was given the run: once more, but once.
            self._retried, self._current = self._current, None
            self._pending.appendleft(self._retried)
            self._drop_worker(None)
            return
        message = (
            f"The worker process died ({reason}). What was saved before is safe; the "
            "next job starts a new worker."
        )
        self._drop_worker(WorkerCrashed(message, connection.last_lines))

    def _drop_worker(self, error: SegsuiteError | None) -> None:
        """Kill the worker and end its run with `error`; a warm one takes its place."""
        connection, self._connection = self._connection, None
        self._seen_dead = False
        run = self._end_current()
        if connection is not None:
            connection.kill()
            clear_up(run, connection)
        if run is None:
            return
        if self._modules:
            self._start_worker()
        run.fail(error or JobFailed("The worker process was ended."))

    def _end_worker(self) -> None:
        connection = self._connection
        if connection is not None:
            connection.close_input()
            if not connection.wait(_TICK_SECONDS):
                connection.kill()
                connection.wait(_TICK_SECONDS)
        self._connection = None
        for folder in self._litter:
            shutil.rmtree(folder, ignore_errors=True)
