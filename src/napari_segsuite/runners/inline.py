"""Run jobs in this process, in the thread that submits them."""

from __future__ import annotations

import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

from napari_segsuite.data.scratch import Scratch
from napari_segsuite.errors import Cancelled, JobFailed, SegsuiteError
from napari_segsuite.jobs.base import Job, Result
from napari_segsuite.jobs.events import Event, Notice
from napari_segsuite.jobs.messages import Cancel, Control, Stop
from napari_segsuite.runners.base import Run
from napari_segsuite.runners.context import Cache, RunContext
from napari_segsuite.runners.execution import execute

R = TypeVar("R", bound=Result)


class InlineRunner:
    """Runs each job at once in the calling thread; for scripts, notebooks, tests.

    `submit` returns when the run has ended. Ctrl+C while a job runs that can stop
    early (`Job.stoppable`: training) finishes it, so that the best so far is kept
    and the result says that it was stopped; Ctrl+C again, or in any other job,
    cancels the run.
    """

    def __init__(self) -> None:
        self._scratch: Scratch | None = None
        self._closed = False
        self._cache = Cache()
        self._running: list[tuple[Run[Any], RunContext]] = []

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
    def current(self) -> Run[Any] | None:
        """The run that is being carried out, for listeners and other threads."""
        return self._running[-1][0] if self._running else None

    def submit(
        self,
        job: Job[R],
        *,
        on_event: Callable[[Event], None] | None = None,
        on_end: Callable[[Run[R]], None] | None = None,
    ) -> Run[R]:
        """Carry `job` out and return its run, which has ended.

        Parameters
        ----------
        job : Job
            What to do.
        on_event : callable, optional
            Takes each event while the job runs.
        on_end : callable, optional
            Takes the run at its end.

        Raises
        ------
        JobFailed
            If the runner is closed. Errors of the job come by `Run.result`.
        """
        if self._closed:
            msg = "This runner is closed; make a new one."
            raise JobFailed(msg)
        if self._scratch is None:
            self._scratch = Scratch()
        run = Run(job, self._ask, on_event=on_event, on_end=on_end)
        folder = self._scratch.path()
        folder.mkdir()
        context = _InlineContext(folder, run.tell, self._cache)
        self._running.append((run, context))
        run.start()
        try:
            with _interrupts(run, context):
                result = execute(job, context)
        except SegsuiteError as error:
            run.fail(error)
        except KeyboardInterrupt:  # came in the instant after the job's end
            run.fail(Cancelled(f"The job {job.kind} was cancelled."))
        else:
            run.finish(result)
        finally:
            self._running.remove((run, context))
            shutil.rmtree(folder, ignore_errors=True)
        return run

    def close(self) -> None:
        """Delete the temporary folder; may be called twice."""
        self._closed = True
        if self._scratch is not None:
            self._scratch.close()

    def _ask(self, run: Run[Any], request: Cancel | Stop | Control) -> None:
        for running, context in self._running.copy():
            if running is run:
                context.obey(request)


class _InlineContext(RunContext):
    """Tells about Ctrl+C at the next step: a signal handler must not call listeners."""

    def __init__(
        self, scratch: Path, send: Callable[[Event], None], cache: Cache
    ) -> None:
        super().__init__(scratch, send, cache)
        self.notices: deque[Notice] = deque()

    def check_cancelled(self) -> None:
        super().check_cancelled()
        while self.notices:
            self.emit(self.notices.popleft())


@contextmanager
def _interrupts(run: Run[Any], context: _InlineContext) -> Iterator[None]:
    """Let Ctrl+C stop or cancel the run while the block runs."""
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if not ours:  # an application that has its own idea of Ctrl+C keeps it
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if run.job.stoppable and not context.stop_requested():
            context.obey(Stop(run=run.id))
            message = "Stopping; the best so far is kept. Ctrl+C again cancels."
            context.notices.append(Notice(message=message))
            return
        context.obey(Cancel(run=run.id))  # some library may swallow the interrupt
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
