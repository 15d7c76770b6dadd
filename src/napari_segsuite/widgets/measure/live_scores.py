"""Scores of what the form asks for, kept up to date while people paint."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QWidget

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import SurfaceReport
from napari_segsuite.widgets.changes import everywhere, moved
from napari_segsuite.widgets.measure.choice import Scores
from napari_segsuite.widgets.measure.counter import Count, Counter
from napari_segsuite.widgets.measure.form import MetricsForm
from napari_segsuite.widgets.measure.live_count import keeps_copies
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.watch import LayerWatch

# From a change to the count: the steps of a stroke share one.
_DELAY_MS = 80
# After a slider has come to rest, whatever else may have changed is looked for.
_REST_MS = 1000
# A count that takes longer says how far it is.
_PATIENCE_S = 0.4


class LiveScores(QObject):
    """Counts what the form asks for whenever it may have changed.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The viewer, unwrapped.
    form : MetricsForm
        What is to be scored.
    owner : QWidget
        When it is destroyed, nothing is counted any more.
    """

    scored = Signal(object, object)
    """New `Scores`, and the `Comparison` that they are of."""
    cleared = Signal(str)
    """There are no scores, and why."""
    progressed = Signal(float)
    """The part of a long count that is done."""
    slice_changed = Signal()
    """The viewer shows another slice."""
    looks_changed = Signal()
    """Colours or names may have changed."""

    def __init__(self, viewer: Any, form: MetricsForm, owner: QWidget) -> None:
        super().__init__(owner)
        self._form = form
        self._scores: Scores | None = None
        self._counted: Scores | None = None
        self._comparison: Comparison | None = None
        self._requested: Comparison | None = None
        self._key: object = None
        self._asked = 0.0
        self._timer = self._clock(_DELAY_MS)
        self._rest = self._clock(_REST_MS)
        self._counter = Counter()
        self._counter.counted.connect(self._on_counted)
        self._counter.failed.connect(self._on_failed)
        self._counter.progressed.connect(self._on_progressed)
        owner.destroyed.connect(self._counter.stop)
        self._watch = LayerWatch(viewer, owner)
        self._watch.content_changed.connect(self.touch)
        self._watch.maybe_changed.connect(self._rest.start)
        self._watch.slice_changed.connect(self._on_slice)
        self._watch.view_changed.connect(self._on_view)
        self._watch.region_changed.connect(self.touch)
        self._watch.looks_changed.connect(self._on_looks)
        form.pair_changed.connect(self.touch)
        form.meaning_changed.connect(self.touch)

    @property
    def scores(self) -> Scores | None:
        """What is shown; None while there is nothing."""
        return self._scores

    @property
    def comparison(self) -> Comparison | None:
        """What the scores are of."""
        return self._comparison

    @property
    def busy(self) -> bool:
        """Whether a count is asked for or going on."""
        return self._timer.isActive() or self._counter.busy

    def touch(self) -> None:
        """Count soon; a running clock is not set back, so painting shows at once."""
        if not self._timer.isActive():
            self._timer.start()

    def add_surfaces(self, scores: Scores, surfaces: SurfaceReport) -> None:
        """Add what was measured of `scores`, if they are still shown."""
        if scores is self._scores and scores.report is not None:
            report = replace(scores.report, surfaces=surfaces)
            self._scores = replace(scores, report=report, headline=report.headline)
            self.scored.emit(self._scores, self._comparison)

    def drop_surfaces(self) -> None:
        """Show the scores as they were counted."""
        if self._counted is not None and self._scores is not self._counted:
            self._scores = self._counted
            self.scored.emit(self._scores, self._comparison)

    def _clock(self, delay: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(delay)
        timer.timeout.connect(self._count)
        return timer

    def _on_slice(self) -> None:
        if self._form.scope_wanted in ("slice", "view"):
            self.touch()
        self.slice_changed.emit()

    def _on_view(self) -> None:
        if self._form.scope_wanted == "view":
            self.touch()

    def _on_looks(self) -> None:
        self.looks_changed.emit()
        self.touch()

    def _count(self) -> None:
        self._form.choose_pair()
        # What was just chosen is counted right here.
        self._timer.stop()
        pair = self._form.pair
        self._watch.watch(pair or (), self._form.region)
        self._key = None
        if pair is None:
            self._stop(
                "Two Labels layers are compared here: a truth, painted or opened, and "
                "a prediction. Add or predict the missing one."
            )
            return
        try:
            comparison = self._form.scoped(*pair)
        except InputError as error:
            self._stop(str(error))
            return
        self._key = (*pair, self._form.scope_wanted)
        self._asked = time.monotonic()
        # To look at all of large layers whenever a slider moved would take too long.
        unsure = keeps_copies(comparison)
        true, pred = (self._watch.take(layer, unsure=unsure) for layer in pair)
        if comparison != self._requested:
            # Requests in between may have been dropped, and their changes with them.
            true = pred = everywhere(len(comparison.shape))
        self._requested = comparison
        self._counter.request(
            Count(
                comparison,
                self._key,
                self._form.wish,
                moved(true, comparison.offset),
                moved(pred, tuple(p.start for p in comparison.prediction.window)),
            )
        )

    def _on_counted(self, count: Count, scores: Scores) -> None:
        if count.key != self._key or scores is self._counted:
            return
        self._counted = self._scores = scores
        self._comparison = count.comparison
        self.scored.emit(scores, count.comparison)

    def _on_failed(self, count: Count, sentence: str) -> None:
        self._requested = None
        if count.key == self._key:
            self._clear(sentence)

    def _on_progressed(self, count: Count, fraction: float) -> None:
        if count.key == self._key and time.monotonic() - self._asked > _PATIENCE_S:
            self.progressed.emit(fraction)

    def _stop(self, sentence: str) -> None:
        self._counter.stop()
        self._requested = None
        self._clear(sentence)

    def _clear(self, sentence: str) -> None:
        self._counted = self._scores = self._comparison = None
        self.cleared.emit(sentence)
