"""Connected patches of a mask that is never in memory as a whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from napari_segsuite.data.frames import Window
from napari_segsuite.engine.memory_maps import ScratchArray

Numbers = NDArray[np.int32]


class Patches:
    """Numbers patches block by block, and remembers which of them are one.

    Neighbours are pixels that share a face.

    Parameters
    ----------
    numbers : ScratchArray
        int32, of the mask's shape: takes the numbers as they are given block by block.
    """

    def __init__(self, numbers: ScratchArray) -> None:
        self._numbers = numbers
        self._meetings: list[Numbers] = []
        self.count = 0
        """How many numbers were given."""

    def add(self, block: Window, mask: NDArray[np.bool_]) -> Numbers:
        """Give numbers to the patches in a block.

        Parameters
        ----------
        block : tuple of slice
            Where it lies. Blocks do not overlap, and come in the array's order.
        mask : bool array, shape of the block
            The mask.

        Returns
        -------
        int32 array, shape of the block
            Numbers that no other block has; 0 outside of the mask.
        """
        numbers = np.empty(mask.shape, np.int32)
        found = ndimage.label(mask, output=numbers)
        numbers[mask] += self.count
        for axis, part in enumerate(block):
            if part.start > 0:
                before = list(block)
                before[axis] = slice(part.start - 1, part.start)
                self._meet(self._numbers.read(tuple(before)), numbers, axis)
        self._numbers.write(block, numbers)
        self.count += int(found)
        return numbers

    def joined(self) -> NDArray[np.int64]:
        """Return the patch of each number, when all blocks are there.

        Returns
        -------
        int64 array, shape (count + 1,)
            Patches are counted from 1 without gaps; number 0 is none of them.
        """
        if not self.count:
            return np.zeros(1, np.int64)
        pairs = np.concatenate([np.empty((2, 0), np.int32), *self._meetings], axis=1)
        ones = np.ones(pairs.shape[1], np.int8)
        size = (self.count, self.count)
        graph = sparse.coo_array((ones, (pairs[0] - 1, pairs[1] - 1)), shape=size)
        _, patch = connected_components(graph, directed=False)
        return np.concatenate([[0], patch.astype(np.int64) + 1])

    def _meet(self, before: Numbers, numbers: Numbers, axis: int) -> None:
        pairs = np.stack([before.ravel(), numbers.take(0, axis).ravel()])
        pairs = pairs[:, (pairs > 0).all(0)]
        if pairs.size:
            self._meetings.append(np.unique(pairs, axis=1))
