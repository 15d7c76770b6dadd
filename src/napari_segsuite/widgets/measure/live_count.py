"""A count that is kept while its layers change: only what changed is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from napari_segsuite.metrics import ContingencyTable, RunningCount, empty_table
from napari_segsuite.metrics.contingency import merged
from napari_segsuite.widgets.changes import Box
from napari_segsuite.widgets.measure.blobs import looks_like_objects
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.part_tables import PartTables
from napari_segsuite.widgets.measure.parts import Window

# A copy of larger arrays, and of those that are not in memory, would take more than
# half a gigabyte.
MOST_KEPT = 1 << 26


def keeps_copies(comparison: Comparison) -> bool:
    """Return whether a count keeps the pixels, and so can look for changes itself.

    Otherwise it keeps tables, and counts again wherever it is told to look.
    """
    parts = (comparison.truth, comparison.prediction)
    in_memory = all(isinstance(part.array, np.ndarray) for part in parts)
    return in_memory and math.prod(comparison.shape) <= MOST_KEPT


class LiveCount:
    """The contingency table of a comparison, and one per slice of a stack.

    Parameters
    ----------
    comparison : Comparison
        What is counted.
    progress : callable
        Called with the part that is done, in 0 … 1. What it raises ends the counting.

    Raises
    ------
    InputError
        If a layer holds what are no ids.
    """

    def __init__(
        self, comparison: Comparison, progress: Callable[[float], None]
    ) -> None:
        self.comparison = comparison
        shape = comparison.shape
        self.axis = next((i for i in range(len(shape) - 2) if shape[i] > 1), None)
        """The axis along which slices are counted; None if there is but one."""
        self.table = empty_table()
        """The table of everything."""
        self._slices: list[ContingencyTable] = []
        self._running: list[RunningCount] = []
        self._parts: PartTables | None = None
        if keeps_copies(comparison):
            self._keep(progress)
        else:
            self._parts = PartTables(
                comparison.truth, comparison.prediction, self.axis, progress
            )
            self._take_over(self._parts)

    @property
    def slices(self) -> list[ContingencyTable]:
        """One table per index along `axis`; empty without axis."""
        return list(self._slices)

    @cached_property
    def objects(self) -> bool:
        """Whether the ids of both looked like objects when this was first asked.

        Later strokes do not change it: nobody wants the meaning of ids to change
        while they paint.
        """
        return looks_like_objects(self.comparison.truth) and looks_like_objects(
            self.comparison.prediction
        )

    def update(
        self, true: Box | None, pred: Box | None, progress: Callable[[float], None]
    ) -> bool:
        """Look again at what may have changed; tell whether anything did.

        Parameters
        ----------
        true, pred : box or None
            Where the truth and the prediction may have changed, in pixels of the
            comparison; None for nowhere. It may reach beyond.
        progress : callable
            As for the class.
        """
        if true is None and pred is None:
            return False
        if self._parts is not None:
            changed = self._parts.update((true, pred), progress)
            self._take_over(self._parts)
            return changed
        old: list[ContingencyTable] = []
        new: list[ContingencyTable] = []
        for box, is_true in ((true, True), (pred, False)):
            if box is None:
                continue
            for index, window in self._windows(box):
                running = self._running[index]
                was = running.table
                self._look(running, index, window, is_true=is_true)
                if running.table is not was:
                    old.append(was)
                    new.append(running.table)
        if not new:
            return False
        lost = [(t.true_ids, t.pred_ids, -t.counts) for t in old]
        self.table = merged([self.table.columns, *(t.columns for t in new), *lost])
        self._slices = self._kept_slices()
        return True

    def _keep(self, progress: Callable[[float], None]) -> None:
        shape, axis = self.comparison.shape, self.axis
        n_slices = 1 if axis is None else shape[axis]
        for index in range(n_slices):
            window = self._outer(tuple(slice(0, n) for n in shape), index)
            self._running.append(
                RunningCount(
                    self.comparison.truth[window], self.comparison.prediction[window]
                )
            )
            progress((index + 1) / n_slices)
        self.table = merged([one.table.columns for one in self._running])
        self._slices = self._kept_slices()

    def _take_over(self, parts: PartTables) -> None:
        self.table, self._slices = parts.table, list(parts.slices)

    def _kept_slices(self) -> list[ContingencyTable]:
        if self.axis is None:
            return []
        return [one.table for one in self._running]

    def _windows(self, box: Box) -> list[tuple[int, Window]]:
        """Return the slices that a box meets, and its window in each."""
        shape = self.comparison.shape
        window = tuple(
            slice(max(0, start), min(size, stop))
            for (start, stop), size in zip(box, shape, strict=True)
        )
        if any(part.start >= part.stop for part in window):
            return []
        if self.axis is None:
            return [(0, window)]
        part = window[self.axis]
        return [(index, window) for index in range(part.start, part.stop)]

    def _outer(self, window: Window, index: int) -> Window:
        """Return the window, cut to one slice, in pixels of the comparison."""
        return tuple(
            slice(index, index + 1) if axis == self.axis else part
            for axis, part in enumerate(window)
        )

    def _look(
        self, running: RunningCount, index: int, window: Window, *, is_true: bool
    ) -> None:
        outer = self._outer(window, index)
        inner = tuple(
            slice(0, 1) if axis == self.axis else part
            for axis, part in enumerate(window)
        )
        # A copy, since people paint on while this thread counts: what changes after
        # it was taken is told again.
        if is_true:
            running.update(inner, true=self.comparison.truth[outer].copy())
        else:
            running.update(inner, pred=self.comparison.prediction[outer].copy())
