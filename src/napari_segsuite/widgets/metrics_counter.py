"""Counting and scoring in a thread of its own, so that the window never waits."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count_blocks
from napari_segsuite.widgets.metrics_choice import Wish, score_as
from napari_segsuite.widgets.metrics_pair import Comparison


class _Superseded(Exception):
    """Nobody waits for this count any more."""


@dataclass(frozen=True, slots=True)
class Count:
    """One count that was asked for.

    Parameters
    ----------
    comparison : Comparison
        What to count.
    key : object
        What the count is for; a count for another key replaces a running one at once,
        one for the same key waits its turn, so that a long stroke cannot starve it.
    wish : Wish
        How to score what was counted.
    """

    comparison: Comparison
    key: object
    wish: Wish
    aborted: threading.Event = field(default_factory=threading.Event)


class Counter(QObject):
    """Counts the newest request; of those that wait, all but the last are dropped.

    All methods and signals belong to the GUI thread.
    """

    counted = Signal(object, object, object)
    """The `Count`, its `ContingencyTable` and its `Scores`."""
    failed = Signal(object, str)
    """The `Count` and a sentence that says why."""
    progressed = Signal(object, float)
    """The `Count` and the part that is done."""

    _ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._running: Count | None = None
        self._waiting: Count | None = None
        self._ended.connect(self._next)

    @property
    def busy(self) -> bool:
        """Whether something is being counted."""
        return self._running is not None

    def request(self, count: Count) -> None:
        """Count `count` as soon as possible."""
        if self._running is None:
            self._start(count)
            return
        if self._running.key != count.key:
            self._running.aborted.set()
        self._waiting = count

    def stop(self) -> None:
        """Drop whatever is counted or waits; no signal follows."""
        self._waiting = None
        if self._running is not None:
            self._running.aborted.set()

    def _start(self, count: Count) -> None:
        self._running = count
        threading.Thread(
            target=self._count, args=(count,), name="segsuite-metrics", daemon=True
        ).start()

    def _next(self) -> None:
        self._running = None
        if self._waiting is not None:
            count, self._waiting = self._waiting, None
            self._start(count)

    def _count(self, count: Count) -> None:
        def progress(fraction: float) -> None:
            if count.aborted.is_set():
                raise _Superseded
            _tell(self.progressed, count, fraction)

        try:
            pair = count.comparison
            table = count_blocks(pair.truth, pair.prediction, progress=progress)
            _tell(self.counted, count, table, score_as(table, count.wish))
        except _Superseded:
            pass
        except InputError as error:
            _tell(self.failed, count, str(error))
        except Exception as error:  # the array's own reader may raise anything
            _tell(self.failed, count, f"The labels could not be read: {error}")
        finally:
            _tell(self._ended)


def _tell(signal: Any, *values: object) -> None:
    # The window may have closed meanwhile, and the object behind the signal with it.
    with suppress(RuntimeError):
        signal.emit(*values)
