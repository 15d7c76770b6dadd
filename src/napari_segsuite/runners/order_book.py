"""The runs of one worker: those that wait, and the one that is carried out."""

from __future__ import annotations

import shutil
from collections import deque
from pathlib import Path
from typing import Any

from napari_segsuite.errors import Cancelled, StorageError
from napari_segsuite.jobs.messages import ProtocolError
from napari_segsuite.runners.base import Run, RunStatus
from napari_segsuite.runners.order import Order


class OrderBook:
    """Knows which run is whose turn, and removes their scratch folders after them.

    One thread writes in it; `idle` may be asked in any.

    Attributes
    ----------
    current : Order or None
        The run that the worker was given.
    begun : bool
        Whether the worker has said that it began with it.
    kill_at : float
        When the worker is killed for it, being cancelled (`time.monotonic`).
    """

    def __init__(self) -> None:
        self.current: Order | None = None
        self.begun = False
        self.kill_at = float("inf")
        self._waiting: deque[Order] = deque()
        self._retried: Order | None = None
        self._litter: deque[Path] = deque()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return self.current is None and not self._waiting

    @property
    def next_is_due(self) -> bool:
        """Whether a run waits and none is carried out."""
        return self.current is None and bool(self._waiting)

    def add(self, order: Order) -> None:
        """Let a run wait for its turn."""
        self._waiting.append(order)

    def strike_next(self) -> Run[Any] | None:
        """Strike out the run that would be next and return it; None if none waits."""
        return self._waiting.popleft().run if self._waiting else None

    def strike(self, run: Run[Any]) -> bool:
        """Strike out a run; False if it does not wait."""
        for order in self._waiting:
            if order.run is run:
                self._waiting.remove(order)
                return True
        return False

    def is_current(self, run: Run[Any]) -> bool:
        """Whether the worker was given this run."""
        return self.current is not None and self.current.run is run

    def named(self, run: str) -> Run[Any]:
        """Return the run that the worker speaks of.

        Raises
        ------
        ProtocolError
            If it was not given it.
        """
        if self.current is None or self.current.run.id != run:
            msg = f"it spoke of run {run}, which it does not have"
            raise ProtocolError(msg)
        return self.current.run

    def take_up(self) -> Order | None:
        """Make the next run the current one and return it.

        None if it cannot be: it was cancelled, or there is no scratch folder for it.
        """
        order = self._waiting.popleft()
        if order.run.status is not RunStatus.QUEUED:
            order.run.fail(Cancelled("The job was cancelled."))
            return None
        self.current, self.begun = order, False
        try:
            order.scratch.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.end()
            msg = f"No temporary folder can be made: {error}. Free some space."
            order.run.fail(StorageError(msg))
            return None
        return order

    def end(self) -> Run[Any] | None:
        """Take the current run off the worker and return it; None if there is none."""
        order, self.current = self.current, None
        self.kill_at = float("inf")
        if order is None:
            return None
        self._retried = None
        self._litter.append(order.scratch)
        return order.run

    def put_back(self) -> bool:
        """Let a run that the worker never began be the next one, but only once.

        False if the worker has begun, has none, or the run was put back before.
        """
        if self.begun or self.current in (None, self._retried):
            return False
        self._retried, self.current = self.current, None
        self._waiting.appendleft(self._retried)
        return True

    def sweep(self) -> None:
        """Remove the scratch folders of runs that have ended, but for the last.

        Its previews may still be on their way to the screen.
        """
        while len(self._litter) > 1:
            shutil.rmtree(self._litter.popleft(), ignore_errors=True)

    def close(self) -> None:
        """Remove the scratch folders of all runs that have ended."""
        for folder in self._litter:
            shutil.rmtree(folder, ignore_errors=True)
