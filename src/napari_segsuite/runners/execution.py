"""Carry a job out in this process, with foreseen errors only."""

from __future__ import annotations

import traceback
from typing import Any, TypeVar, cast

from napari_segsuite.errors import Cancelled, JobFailed, SegsuiteError
from napari_segsuite.jobs.base import Job, JobContext, Result, resolve

R = TypeVar("R", bound=Result)


def execute(job: Job[R], ctx: JobContext) -> R:
    """Call the handler of `job` and return its result.

    Parameters
    ----------
    job : Job
        What to do.
    ctx : JobContext
        What the handler may know of the outside.

    Raises
    ------
    Cancelled
        If the job was cancelled, before or while it ran, or by Ctrl+C.
    SegsuiteError
        If the handler said what is wrong: `InputError`, `StorageError`, ...
    JobFailed
        If anything else went wrong; `details` holds the traceback.
    """
    try:
        ctx.check_cancelled()
        result = resolve(job)(job, ctx)
        if not isinstance(result, job.result_type):
            needed, came = job.result_type.__name__, type(result).__name__
            msg = f"the handler returned {came}, not {needed}"
            raise TypeError(msg)
    except SegsuiteError:
        raise
    except KeyboardInterrupt as error:
        msg = f"The job {job.kind} was cancelled."
        raise Cancelled(msg) from error
    except (Exception, SystemExit) as error:
        raise JobFailed(_sentence(job, error), traceback.format_exc()) from error
    return cast(R, result)


def _sentence(job: Job[Any], error: BaseException) -> str:
    name = type(error).__name__
    # torch has an OutOfMemoryError of its own, which may not be imported here.
    if isinstance(error, MemoryError) or name == "OutOfMemoryError":
        return (
            f"Memory ran out in the job {job.kind}. Close other programs, or choose "
            "smaller patches, tiles or batches."
        )
    return (
        f"The job {job.kind} failed, and nobody foresaw how: {name}: {error}. "
        "Please report it with its details."
    )
