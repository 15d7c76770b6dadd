"""A count kept as one table per part: what changed is counted again, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from napari_segsuite.metrics import ContingencyTable, count, empty_table
from napari_segsuite.metrics.blocks import block_shape, windows
from napari_segsuite.metrics.contingency import Columns, merged
from napari_segsuite.widgets.changes import Box
from napari_segsuite.widgets.measure.parts import ArrayPart, Window

# The number of a block, and the index of a slice in it.
_Part = tuple[int, int]


class PartTables:
    """The contingency tables of the parts of two arrays, and of all of them together.

    Parts are the blocks in which arrays are read, whole chunks of some four million
    pixels; along `axis` they are cut into slices. No pixels are kept: tables take 24
    bytes for each pair of ids that meet in a part.

    Parameters
    ----------
    truth, prediction : ArrayPart
        Label arrays of one shape.
    axis : int or None
        The axis along which slices are counted; None if there is but one.
    progress : callable
        Called with the part that is done, in 0 … 1. What it raises ends the counting;
        then this must not be used any more.

    Raises
    ------
    InputError
        If an array holds what are no ids.
    """

    def __init__(
        self,
        truth: ArrayPart,
        prediction: ArrayPart,
        axis: int | None,
        progress: Callable[[float], None],
    ) -> None:
        self._true, self._pred = truth, prediction
        self._axis = axis
        shape = truth.shape
        self._blocks = list(windows(shape, block_shape(shape, truth, prediction)))
        self._nothing = empty_table()
        self._parts: dict[_Part, ContingencyTable] = {}
        self.table = self._nothing
        """The table of everything."""
        self.slices = [] if axis is None else [self._nothing] * shape[axis]
        """One table per index along the axis; the same object until it changes."""
        whole = tuple((0, n) for n in shape)
        self.update((whole,), progress)

    def update(
        self, boxes: Iterable[Box | None], progress: Callable[[float], None]
    ) -> bool:
        """Count the parts again that these boxes meet; tell whether any changed.

        Parameters
        ----------
        boxes : iterable of box or None
            Where either array may have changed; they may reach beyond. None is
            nowhere.
        progress : callable
            As for the class.
        """
        touched = self._touched([box for box in boxes if box is not None])
        changed: dict[_Part, ContingencyTable] = {}
        for done, (number, indices) in enumerate(touched.items(), start=1):
            for index, table in self._count(number, sorted(indices)):
                if table != self._parts.get((number, index), self._nothing):
                    changed[number, index] = table
            progress(done / len(touched))
        by_slice: dict[int, list[_Part]] = {}
        for part in changed:
            by_slice.setdefault(part[1], []).append(part)
        if self._axis is not None:
            for index, parts in by_slice.items():
                self.slices[index] = self._exchanged(
                    self.slices[index], {part: changed[part] for part in parts}
                )
        if changed:
            self.table = self._exchanged(self.table, changed)
        self._parts |= changed
        return bool(changed)

    def _touched(self, boxes: Iterable[Box]) -> dict[int, set[int]]:
        """Return, by the number of their block, the slices that boxes meet."""
        touched: dict[int, set[int]] = {}
        for box in boxes:
            for number, block in enumerate(self._blocks):
                common = [
                    range(max(start, part.start), min(stop, part.stop))
                    for (start, stop), part in zip(box, block, strict=True)
                ]
                if all(common):
                    indices = (0,) if self._axis is None else common[self._axis]
                    touched.setdefault(number, set()).update(indices)
        return touched

    def _count(
        self, number: int, indices: list[int]
    ) -> Iterable[tuple[int, ContingencyTable]]:
        """Return the tables of some slices of a block; what holds them is read once."""
        block, axis = self._blocks[number], self._axis
        if axis is None:
            yield 0, count(self._true[block], self._pred[block])
            return
        low, high = indices[0], indices[-1] + 1
        window: Window = (*block[:axis], slice(low, high), *block[axis + 1 :])
        true, pred = self._true[window], self._pred[window]
        for index in indices:
            pixels = (np.take(array, index - low, axis) for array in (true, pred))
            yield index, count(*pixels)

    def _exchanged(
        self, table: ContingencyTable, changed: dict[_Part, ContingencyTable]
    ) -> ContingencyTable:
        """Return `table` with the new tables of some of its parts."""
        old = [self._parts.get(part, self._nothing) for part in changed]
        if len(old) == 1 and table is old[0]:
            return next(iter(changed.values()))
        gained: list[Columns] = [one.columns for one in changed.values()]
        lost = [(one.true_ids, one.pred_ids, -one.counts) for one in old]
        return merged([table.columns, *gained, *lost])
