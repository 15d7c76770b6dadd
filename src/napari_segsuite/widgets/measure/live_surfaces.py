"""Measuring surfaces in a thread of its own, of the newest scores alone."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QWidget

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.measure.choice import Scores
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.surface_scores import Grid, measure_surfaces

# While someone paints, nothing is measured that the next stroke makes old.
_REST_MS = 400


class _Superseded(Exception):
    """Nobody waits for this any more."""


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    scores: Scores
    comparison: Comparison
    grid: Grid
    aborted: threading.Event = field(default_factory=threading.Event)


class LiveSurfaces(QObject):
    """Measures the surfaces of scores; newer scores replace those that are measured.

    All methods and signals belong to the GUI thread.

    Parameters
    ----------
    owner : QWidget
        When it is destroyed, nothing is measured any more.
    """

    measured = Signal(object, object)
    """The `Scores`, and the `SurfaceReport` that belongs to them."""
    progressed = Signal(float, float)
    """The part that is done, and the seconds that it took."""
    failed = Signal(str)
    """Why the surfaces cannot be measured."""

    _told = Signal(object, str, object)

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._waiting: _Task | None = None
        self._running: _Task | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._start)
        self._told.connect(self._on_told)
        owner.destroyed.connect(self.stop)

    @property
    def busy(self) -> bool:
        """Whether surfaces are being measured, or about to be."""
        return self._waiting is not None or (
            self._running is not None and not self._running.aborted.is_set()
        )

    def request(self, scores: Scores, comparison: Comparison, grid: Grid) -> None:
        """Measure soon, unless other scores come first."""
        if self._running is not None:
            self._running.aborted.set()
        self._waiting = _Task(scores, comparison, grid)
        self._rest.start()

    def stop(self, _destroyed: object = None) -> None:
        """Drop what is measured or waits; no signal follows."""
        self._waiting = None
        if self._running is not None:
            self._running.aborted.set()

    def _start(self) -> None:
        # One at a time: what was dropped ends soon, and then this comes again.
        if self._waiting is None or self._running is not None:
            return
        self._running, self._waiting = self._waiting, None
        threading.Thread(
            target=self._measure,
            args=(self._running,),
            name="segsuite-surfaces",
            daemon=True,
        ).start()

    def _measure(self, task: _Task) -> None:
        began = time.monotonic()

        def progress(part: float) -> None:
            if task.aborted.is_set():
                raise _Superseded
            self._tell(task, "progressed", part, time.monotonic() - began)

        try:
            progress(0.0)
            meaning = task.scores.meaning
            found = measure_surfaces(task.comparison, meaning, task.grid, progress)
            self._tell(task, "measured", task.scores, found)
        except _Superseded:
            pass
        except InputError as error:
            self._tell(task, "failed", str(error))
        except Exception as error:  # the array's own reader may raise anything
            self._tell(task, "failed", f"The labels could not be read: {error}")
        finally:
            self._tell(task, "ended")

    def _tell(self, task: _Task, what: str, *values: object) -> None:
        # The window may have closed meanwhile, and this object's Qt half with it.
        with suppress(RuntimeError):
            self._told.emit(task, what, values)

    def _on_told(self, task: _Task, what: str, values: Any) -> None:
        if what == "ended":
            self._running = None
            self._start()
        elif not task.aborted.is_set():
            getattr(self, what).emit(*values)
