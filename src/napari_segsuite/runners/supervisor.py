"""The thread that owns the worker process and the queue of a `ProcessRunner`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Final

from pydantic import ValidationError

from napari_segsuite.errors import (
    Cancelled,
    JobFailed,
    SegsuiteError,
    WorkerCrashed,
)
from napari_segsuite.jobs.events import Notice
from napari_segsuite.jobs.messages import (
    Cancel,
    Control,
    Emitted,
    Failed,
    Finished,
    Heartbeat,
    ProtocolError,
    Ready,
    Reply,
    Started,
    Stop,
    WasCancelled,
    encode,
)
from napari_segsuite.runners.base import Run
from napari_segsuite.runners.clearing import clear_up
from napari_segsuite.runners.connection import Connection
from napari_segsuite.runners.exits import describe_exit
from napari_segsuite.runners.failures import error_of
from napari_segsuite.runners.order import Order
from napari_segsuite.runners.order_book import OrderBook
from napari_segsuite.runners.patience import Patience
from napari_segsuite.runners.warm_worker import WarmWorker

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
        self._patience = patience
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._book = OrderBook()
        self._worker = WarmWorker(
            threads,
            on_reply=lambda c, r: self._inbox.put(partial(self._hear, c, r)),
            on_gone=lambda c: self._inbox.put(partial(self._gone, c)),
        )
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
        return self._book.idle and self._worker.ready

    @property
    def worker(self) -> Connection | None:
        """The worker process, if one was started and has not ended."""
        return self._worker.connection

    # The thread.

    def _work(self) -> None:
        while not (self._closing and self._book.current is None):
            try:
                self._next_command()()
                self._watch()
                self._feed()
            except BaseException as error:
                # A fault of ours must not leave runs waiting for ever.
                _log.exception("the runner failed")
                self._drop_worker(JobFailed("The runner failed.", repr(error)))
        self._worker.end()
        self._book.close()

    def _next_command(self) -> Callable[[], None]:
        busy = self._book.current is not None or self._worker.starting
        seconds = max(0.0, min(_TICK_SECONDS, self._book.kill_at - time.monotonic()))
        try:
            return self._inbox.get(timeout=seconds if busy else None)
        except Empty:
            return self._look_for_death

    def _submit(self, order: Order) -> None:
        if self._closing:
            order.run.fail(Cancelled("The runner was closed."))
        else:
            self._book.add(order)

    def _ask(self, run: Run[Any], request: Cancel | Stop | Control) -> None:
        # Nothing has begun that could be kept, so stopping is cancelling.
        if not isinstance(request, Control) and self._book.strike(run):
            run.fail(Cancelled(f"The job {run.job.kind} was cancelled."))
            return
        if not self._book.is_current(run):
            return
        if self._worker.connection is not None:
            self._worker.connection.send(encode(request))
        if isinstance(request, Cancel):
            patience = self._patience.close if self._closing else self._patience.cancel
            kill_at = time.monotonic() + patience
            self._book.kill_at = min(self._book.kill_at, kill_at)

    def _warm_up(self, modules: tuple[str, ...]) -> None:
        news = self._worker.learn(modules)
        self._start_worker()
        self._worker.preload(news)

    def _close(self) -> None:
        self._closing = True
        while (run := self._book.strike_next()) is not None:
            run.fail(Cancelled("The runner was closed."))
        if self._book.current is not None:
            run = self._book.current.run
            run.cancel()
            self._ask(run, Cancel(run=run.id))

    def _feed(self) -> None:
        """Give the worker the next run, if both are there."""
        while self._book.next_is_due:
            self._start_worker()
            connection = self._worker.connection
            if connection is None or not connection.ready:
                return
            order = self._book.take_up()
            if order is not None:
                self._hand_over(order, connection)

    def _hand_over(self, order: Order, connection: Connection) -> None:
        connection.heard = time.monotonic()
        connection.send(order.submit, order.sent)
        for name, value in dict(order.run.controls).items():
            message = Control(run=order.run.id, name=name, value=value)
            connection.send(encode(message))
        self._book.sweep()

    # The worker.

    def _start_worker(self) -> None:
        if self._worker.has_died:
            self._drop_worker(None)  # idle, a moment ago
        if not self._closing:
            try:
                self._worker.start()
            except Exception as error:
                self._fail_start(f"it could not be started: {error}", "")

    def _fail_start(self, reason: str, lines: str) -> None:
        """Fail the run that waited for a worker; the next one tries again."""
        message = (
            f"The worker process did not start: {reason}. Check that "
            "napari-segsuite is installed in the Python that runs here; the details "
            "say what the worker wrote."
        )
        run = self._book.strike_next()
        if run is not None:
            run.fail(WorkerCrashed(message, lines))
        else:
            _log.warning("%s\n%s", message, lines)

    def _hear(self, connection: Connection, reply: Reply | ProtocolError) -> None:
        connection.release()
        if connection is not self._worker.connection:
            return  # of a worker that was given up
        try:
            self._obey(reply)
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

    def _obey(self, reply: Reply | ProtocolError) -> None:
        match reply:
            case ProtocolError():
                raise reply
            case Ready(protocol=protocol):
                self._worker.welcome(protocol)
            case Heartbeat():
                pass
            case Started(run=run):
                self._book.begun = True
                if not self._book.named(run).start():
                    self._book.named(run).cancel()  # somebody cancelled its future
            case Emitted(run=run, event=event):
                self._book.named(run).tell(event)
            case Finished(run=run, result=values):
                named = self._book.named(run)
                result = named.job.result_type.model_validate(values)
                self._book.end()
                named.finish(result)
            case WasCancelled(run=run):
                named = self._book.named(run)
                self._book.end()
                named.fail(Cancelled(f"The job {named.job.kind} was cancelled."))
            case Failed(run=run):
                named, error = self._book.named(run), error_of(reply)
                if isinstance(error, JobFailed):
                    # Who knows what state it is in; a GPU may be lost to it for good.
                    self._drop_worker(error)
                else:
                    self._book.end()
                    named.fail(error)

    def _watch(self) -> None:
        """Look at the deadlines and at the worker's health."""
        connection, now = self._worker.connection, time.monotonic()
        if connection is None:
            return
        if not connection.ready and now > connection.started + self._patience.start:
            self._drop_worker(None)
            reason = f"it was not ready within {self._patience.start:g} s"
            self._fail_start(reason, connection.last_lines)
        elif self._book.current is not None and now > self._book.kill_at:
            self._drop_worker(Cancelled("The job was cancelled."))
        elif self._book.current is not None:
            run = self._book.current.run
            silent = now > connection.heard + self._patience.silence
            if silent and not run.unresponsive:
                message = (
                    f"The worker has been silent for {self._patience.silence:g} s. It "
                    "may be busy with one long step; Cancel ends it."
                )
                run.tell(Notice(message=message))
            run.unresponsive = silent

    def _look_for_death(self) -> None:
        connection = self._worker.connection
        if connection is not None and self._worker.is_seen_dead():
            self._gone(connection)

    def _gone(self, connection: Connection) -> None:
        """Deal with the end of a worker that nobody asked for."""
        if connection is not self._worker.connection:
            return
        reason = describe_exit(connection.exit_code or 0)
        if not connection.ready:
            self._drop_worker(None)
            self._fail_start(reason, connection.last_lines)
            return
        if self._book.put_back():
            # It died idle, just before it was given the run.
            self._drop_worker(None)
            return
        message = (
            f"The worker process died ({reason}). What was saved before is safe; the "
            "next job starts a new worker."
        )
        self._drop_worker(WorkerCrashed(message, connection.last_lines))

    def _drop_worker(self, error: SegsuiteError | None) -> None:
        """Kill the worker and end its run with `error`; a warm one takes its place."""
        run, connection = self._book.end(), self._worker.give_up()
        if connection is not None:
            clear_up(run, connection)
        if run is None:
            return
        if self._worker.is_warm:
            self._start_worker()
        run.fail(error or JobFailed("The worker process was ended."))
