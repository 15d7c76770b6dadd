"""The model bench at work: one prediction after the other, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_segsuite.widgets.measure.bench import Contender, Standing, try_out


class _Cancelled(Exception):
    """Nobody waits for the rest any more."""


class BenchThread(QObject):
    """Scores contenders while the window goes on; one bench at a time.

    All methods and signals belong to the GUI thread.
    """

    progressed = Signal(int, float)
    """Which contender is scored, and the part of all that is done."""
    scored = Signal(object)
    """The `Standing` of the next contender."""
    ended = Signal(str)
    """There is nothing more to come; a sentence if something unforeseen failed."""

    _told = Signal(object, str, object)

    def __init__(self) -> None:
        super().__init__()
        self._aborted: threading.Event | None = None
        self._told.connect(self._pass_on)

    @property
    def busy(self) -> bool:
        """Whether contenders are being scored."""
        return self._aborted is not None

    def start(self, contenders: Sequence[Contender]) -> None:
        """Score these; what is scored at present is dropped."""
        self.cancel()
        self._aborted = aborted = threading.Event()
        threading.Thread(
            target=self._work,
            args=(tuple(contenders), aborted),
            name="segsuite-bench",
            daemon=True,
        ).start()

    def cancel(self) -> None:
        """Stop soon; no signal follows."""
        if self._aborted is not None:
            self._aborted.set()
            self._aborted = None

    def _pass_on(self, aborted: threading.Event, what: str, values: Any) -> None:
        # Of a bench that was cancelled, signals may still be under way.
        if aborted is not self._aborted:
            return
        if what == "ended":
            self._aborted = None
        getattr(self, what).emit(*values)

    def _work(self, contenders: Sequence[Contender], aborted: threading.Event) -> None:
        def tell(what: str, *values: object) -> None:
            # The window may have closed meanwhile, and this object's Qt half with it.
            with suppress(RuntimeError):
                self._told.emit(aborted, what, values)

        def work_on(index: int, contender: Contender) -> Standing:
            def progress(part: float) -> None:
                if aborted.is_set():
                    raise _Cancelled
                tell("progressed", index, (index + part) / len(contenders))

            progress(0.0)
            return try_out(contender, progress)

        problem = ""
        try:
            for index, contender in enumerate(contenders):
                tell("scored", work_on(index, contender))
        except _Cancelled:
            return
        except Exception as error:  # a lazy array's own reader may raise anything
            problem = f"The bench stopped: {error}"
        tell("ended", problem)
