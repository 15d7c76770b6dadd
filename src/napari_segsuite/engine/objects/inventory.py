"""What is known of objects that are seen block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.frames import Window
from napari_segsuite.data.object_boxes import Extent


@dataclass(frozen=True, slots=True)
class FoundObject:
    """One object of a frame."""

    area: int
    """Its pixels."""
    score: float
    """The mean probability that its pixels belong to an object, 0 to 1."""
    box: Extent
    """(start, stop) of its pixels along each axis of the frame."""


class Inventory:
    """Adds up areas, scores and boxes.

    Parameters
    ----------
    count : int
        The largest id.
    shape : tuple of int
        Shape of the frame.
    """

    def __init__(self, count: int, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._areas = np.zeros(count + 1, np.int64)
        self._sums = np.zeros(count + 1)
        self._first = np.full(count + 1, np.iinfo(np.int64).max)
        self._starts = np.tile(np.array(shape), (count + 1, 1))
        self._stops = np.zeros((count + 1, len(shape)), np.int64)

    def add(self, block: Window, ids: NDArray[Any], foreground: NDArray[Any]) -> None:
        """Add what is in a block.

        Parameters
        ----------
        block : tuple of slice
            Where it lies in the frame.
        ids : integer array, shape of the block
            Ids; 0 is none.
        foreground : float array, shape of the block
            The probability that a pixel belongs to an object.
        """
        flat = ids.ravel()
        areas = np.bincount(flat, minlength=len(self._areas))
        areas[0] = 0
        self._areas += areas
        self._sums += np.bincount(flat, foreground.ravel(), len(self._sums))
        present = np.flatnonzero(areas)
        # Assigned backwards, each id keeps the first place at which it occurs.
        places = np.flatnonzero(flat)[::-1]
        first = np.zeros(len(self._areas), np.int64)
        first[flat[places]] = places
        starts = [part.start for part in block]
        where = np.unravel_index(first[present], ids.shape)
        absolute = [w + start for w, start in zip(where, starts, strict=True)]
        self._first[present] = np.minimum(
            self._first[present], np.ravel_multi_index(absolute, self._shape)
        )
        local = np.zeros(len(self._areas), np.int32)
        local[present] = np.arange(1, len(present) + 1)
        for id_, box in zip(present, ndimage.find_objects(local[ids]), strict=True):
            low = [p.start + start for p, start in zip(box, starts, strict=True)]
            high = [p.stop + start for p, start in zip(box, starts, strict=True)]
            self._starts[id_] = np.minimum(self._starts[id_], low)
            self._stops[id_] = np.maximum(self._stops[id_], high)

    def objects(
        self, min_area: int, min_score: float = 0.0
    ) -> tuple[NDArray[np.int32], list[FoundObject]]:
        """Return the objects that are large and sure enough, and what to call them.

        Parameters
        ----------
        min_area : int
            The least pixels.
        min_score : float, optional
            The least score.

        Returns
        -------
        numbers : int32 array
            For each id its number from 1 on, in the order in which objects begin; 0
            for what is left out.
        objects : list of FoundObject
            In the order of their numbers.
        """
        large = self._areas >= max(1, min_area)
        kept = np.flatnonzero(large & (self._sums >= min_score * self._areas))
        kept = kept[np.argsort(self._first[kept])]
        numbers = np.zeros(len(self._areas), np.int32)
        numbers[kept] = np.arange(1, len(kept) + 1)
        objects = [
            FoundObject(
                area=int(self._areas[i]),
                score=round(min(1.0, float(self._sums[i] / self._areas[i])), 4),
                box=tuple(
                    zip(self._starts[i].tolist(), self._stops[i].tolist(), strict=True)
                ),
            )
            for i in kept
        ]
        return numbers, objects
