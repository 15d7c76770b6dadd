"""Counting the pixels of arrays that are in memory, any number of them."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_segsuite.metrics.contingency import (
    Columns,
    ContingencyTable,
    merged,
)
from napari_segsuite.metrics.label_arrays import as_ids, check_alike

# Pixels per pass: small enough that every temporary stays in the cache.
_PASS = 1 << 17
# Runs that wait before they are merged: bounds the memory on noisy images.
_WAITING = 1 << 20
# From here on the compiled loop repays the second that loading it may take.
_MANY_PIXELS = 1 << 21
# Pairs for which there is room at first, and places for each in the hash table: the
# fuller it is, the slower.
_FIRST_ROOM = 1 << 15
_PLACES = 4


class Tally:
    """A count in progress: arrays are added one after the other.

    Label images are runs of equal pixels: runs are found first, and only they are
    sorted, or put into a hash table. The hash table is compiled code, which is loaded
    when two million pixels have been added; its first use on a computer takes some
    seconds, later ones less than one.
    """

    def __init__(self) -> None:
        self._waiting: list[Columns] = []
        self._n_waiting = 0
        self._most_waiting = _WAITING
        self._pairs = np.empty((0, 3), np.int64)
        self._places = np.empty(0, np.int32)
        self._used = 0
        self._n_pixels = 0

    def add(self, y_true: ArrayLike, y_pred: ArrayLike) -> Self:
        """Count two label arrays; the parameters and errors are those of `count`."""
        true, pred = np.asarray(y_true), np.asarray(y_pred)
        check_alike(true, pred)
        true = as_ids(true.reshape(-1), "truth")
        pred = as_ids(pred.reshape(-1), "prediction")
        self._n_pixels += true.size
        kernel = run_kernel() if self._n_pixels >= _MANY_PIXELS else None
        if kernel is not None:
            self._add_fast(true, pred, kernel)
        else:
            self._add_plain(true, pred)
        return self

    def table(self) -> ContingencyTable:
        """Return the table of all that was added."""
        true, pred, counts = self._pairs[: self._used].T
        return merged([*self._waiting, (true, pred, counts)])

    def _add_plain(self, true: NDArray[Any], pred: NDArray[Any]) -> None:
        for start in range(0, true.size, _PASS):
            runs = _runs(true[start : start + _PASS], pred[start : start + _PASS])
            self._waiting.append(runs)
            self._n_waiting += runs[2].size
            if self._n_waiting > self._most_waiting:
                self._waiting = [merged(self._waiting).columns]
                self._n_waiting = self._waiting[0][2].size
                # Merging costs as much as what waits: twice as much may come next.
                self._most_waiting = max(_WAITING, 2 * self._n_waiting)

    def _add_fast(
        self, true: NDArray[Any], pred: NDArray[Any], kernel: ModuleType
    ) -> None:
        narrow = all(np.can_cast(ids.dtype, np.int32) for ids in (true, pred))
        dtype = np.dtype(np.int32 if narrow else np.int64)
        ready = all(i.dtype == dtype and i.flags.c_contiguous for i in (true, pred))
        step = true.size if ready else _PASS
        start = 0
        while start < true.size:
            if self._used + kernel.WORD > len(self._pairs):
                self._make_room(kernel)
            stop = start + step
            done, self._used = kernel.count_runs(
                np.ascontiguousarray(true[start:stop], dtype),
                np.ascontiguousarray(pred[start:stop], dtype),
                self._pairs,
                self._used,
                self._places,
            )
            start += done

    def _make_room(self, kernel: ModuleType) -> None:
        pairs = np.empty((max(_FIRST_ROOM, 4 * len(self._pairs)), 3), np.int64)
        pairs[: self._used] = self._pairs[: self._used]
        self._pairs = pairs
        self._places = np.zeros(_PLACES * len(pairs), np.int32)
        kernel.fill(pairs, self._used, self._places)


def count(y_true: ArrayLike, y_pred: ArrayLike) -> ContingencyTable:
    """Count which ids meet on which number of pixels.

    Parameters
    ----------
    y_true, y_pred : array_like of int
        Two label arrays of one shape, any number of dimensions, any integer or
        boolean dtype; floating point if every value is whole. Ids may be negative,
        have gaps, and go up to 2^63 - 1.

    Returns
    -------
    ContingencyTable
        Without any pair if the arrays are empty.

    Raises
    ------
    InputError
        If shapes differ or values are no ids.
    """
    return Tally().add(y_true, y_pred).table()


@cache
def run_kernel() -> ModuleType | None:
    """Load the compiled loop; None where numba cannot be loaded, or keep its work."""
    try:
        from napari_segsuite.metrics import run_kernel as kernel
    except (ImportError, RuntimeError):
        # RuntimeError: numba finds no folder for its cache, in a sealed container.
        return None
    return kernel


def _runs(true: NDArray[Any], pred: NDArray[Any]) -> Columns:
    """Return true id, predicted id and length of each run of equal pixels."""
    change = true[1:] != true[:-1]
    change |= pred[1:] != pred[:-1]
    starts = np.concatenate(([0], np.flatnonzero(change) + 1))
    lengths = np.diff(starts, append=true.size)
    return true[starts].astype(np.int64), pred[starts].astype(np.int64), lengths
