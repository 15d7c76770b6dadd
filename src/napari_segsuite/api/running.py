"""How jobs are carried out for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from napari_segsuite.jobs.base import Job, Result
from napari_segsuite.jobs.events import Event
from napari_segsuite.runners.base import Runner
from napari_segsuite.runners.inline import InlineRunner

R = TypeVar("R", bound=Result)


def run(
    job: Job[R],
    *,
    on_event: Callable[[Event], None] | None = None,
    runner: Runner | None = None,
) -> R:
    """Carry a job out and return its result.

    Parameters
    ----------
    job : Job
        What to do.
    on_event : callable, optional
        Takes each event (progress, epochs, notices) while the job runs.
    runner : Runner, optional
        Who carries it out; this process if not given. Ctrl+C ends training and keeps
        the best model so far.

    Raises
    ------
    SegsuiteError
        If the job failed or was cancelled.
    """
    if runner is not None:
        return runner.submit(job, on_event=on_event).result()
    with InlineRunner() as inline:
        return inline.submit(job, on_event=on_event).result()
