"""Counting and scoring in a thread of its own, so that the window never waits."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.changes import Box, joined
from napari_segsuite.widgets.measure.choice import Scorer, Scores
from napari_segsuite.widgets.measure.compiled_loop import CompiledLoop
from napari_segsuite.widgets.measure.live_count import LiveCount
from napari_segsuite.widgets.measure.meaning import Wish
from napari_segsuite.widgets.measure.pair import Comparison


class _Superseded(Exception):
    """Nobody waits for this count any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """One count that was asked for.

    Parameters
    ----------
    comparison : Comparison
        What to count; if it is what was counted last, only changes are looked at.
    key : object
        What the count is for; a count for another key replaces a running one at once,
        one for the same key waits its turn, so that a long stroke cannot starve it.
    wish : Wish
        How to score what was counted.
    true, pred : box or None
        Where truth and prediction may have changed, in pixels of the comparison.
    """

    comparison: Comparison
    key: object
    wish: Wish
    true: Box | None = None
    pred: Box | None = None
    aborted: threading.Event = field(default_factory=threading.Event)


class Counter(QObject):
    """Counts the newest request; those that wait become one.

    All methods and signals belong to the GUI thread.
    """

    counted = Signal(object, object)
    """The `Count` and its `Scores`: the same object as before if nothing changed."""
    failed = Signal(object, str)
    """The `Count` and a sentence that says why."""
    progressed = Signal(object, float)
    """The `Count` and the part that is done."""

    _ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._running: Count | None = None
        self._waiting: Count | None = None
        # These four are touched by the one thread that counts alone.
        self._loop = CompiledLoop()
        self._live: LiveCount | None = None
        self._scorer = Scorer()
        self._last: tuple[Wish, Scores] | None = None
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
        waiting = self._waiting
        if waiting is not None and waiting.comparison == count.comparison:
            count = replace(
                count,
                true=joined(waiting.true, count.true),
                pred=joined(waiting.pred, count.pred),
            )
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

        # Only a count that came to its end may be built upon.
        live, self._live = self._live, None
        try:
            self._loop.make_ready(count.comparison.shape, progress)
            changed = True
            if live is not None and live.comparison == count.comparison:
                changed = live.update(count.true, count.pred, progress)
            else:
                live = LiveCount(count.comparison, progress)
            if changed or self._last is None or self._last[0] != count.wish:
                wish = count.wish
                if wish.objects is None and wish.mode == "auto" and not wish.classes:
                    wish = replace(wish, objects=live.objects)
                scores = self._scorer.score(
                    live.table, wish, axis=live.axis, slices=live.slices
                )
                self._last = count.wish, scores
            self._live = live
            _tell(self.counted, count, self._last[1])
        except _Superseded:
            self._last = None
        except InputError as error:
            self._last = None
            _tell(self.failed, count, str(error))
        except Exception as error:  # the array's own reader may raise anything
            self._last = None
            _tell(self.failed, count, f"The labels could not be read: {error}")
        finally:
            _tell(self._ended)


def _tell(signal: Any, *values: object) -> None:
    # The window may have closed meanwhile, and the object behind the signal with it.
    with suppress(RuntimeError):
        signal.emit(*values)
