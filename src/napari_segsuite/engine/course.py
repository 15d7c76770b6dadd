"""How far a job is, told as it goes."""

from __future__ import annotations

import time

from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Progress


class Course:
    """Tells how far a job is, and ends it when it was cancelled.

    Parameters
    ----------
    ctx : JobContext
        Takes `Progress` events.
    total : float
        All that is to be done, in any unit.
    """

    def __init__(self, ctx: JobContext, total: float) -> None:
        self._ctx = ctx
        self._total = total
        self._done = 0.0
        self._started = time.monotonic()

    def advance(self, amount: float, message: str) -> None:
        """Count what was done, and tell.

        Raises
        ------
        Cancelled
            If the job was cancelled.
        """
        self._ctx.check_cancelled()
        self._done += amount
        spent = time.monotonic() - self._started
        fraction = min(1.0, self._done / self._total)
        self._ctx.emit(
            Progress(
                fraction=fraction,
                message=message,
                seconds_left=spent * (1 - fraction) / fraction,
            )
        )
