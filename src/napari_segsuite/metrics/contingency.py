"""The contingency table: which id meets which, and on how many pixels.

Everything that overlap can tell follows from this one table, so pixels are counted
once. Tables of tiles, slices and files add up to the table of the whole, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_segsuite.errors import InputError

Ids = NDArray[np.int64]

# Pixels per pass: small enough that every temporary stays in the cache.
_PASS = 1 << 17
# Runs that wait before they are merged: bounds the memory on noisy images.
_WAITING = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class ContingencyTable:
    """Pairs of ids that meet on at least one pixel, and how often.

    The three arrays have one entry per pair, shape ``(pairs,)``, sorted by true id,
    then by predicted id. Two tables are equal if they hold the same pairs and counts.

    Parameters
    ----------
    true_ids : ndarray of int64, shape (pairs,)
        The id in the truth.
    pred_ids : ndarray of int64, shape (pairs,)
        The id in the prediction.
    counts : ndarray of int64, shape (pairs,)
        On how many pixels the two meet; positive.
    """

    true_ids: Ids
    pred_ids: Ids
    counts: Ids

    @property
    def total(self) -> int:
        """The number of pixels counted."""
        return int(self.counts.sum())

    def __add__(self, other: ContingencyTable) -> ContingencyTable:
        """Return the table of both parts together."""
        return _merged([self.columns, other.columns])

    def __sub__(self, other: ContingencyTable) -> ContingencyTable:
        """Return the table without a part that it contains.

        Raises
        ------
        ValueError
            If `other` has pixels that this table has not.
        """
        rest = _merged([self.columns, (other.true_ids, other.pred_ids, -other.counts)])
        if (rest.counts < 0).any():
            msg = "The table to subtract is no part of this table."
            raise ValueError(msg)
        return rest

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ContingencyTable):
            return NotImplemented
        return all(
            np.array_equal(mine, theirs)
            for mine, theirs in zip(self.columns, other.columns, strict=True)
        )

    def updated(
        self,
        old_true: ArrayLike,
        old_pred: ArrayLike,
        new_true: ArrayLike,
        new_pred: ArrayLike,
    ) -> ContingencyTable:
        """Return the table after some pixels changed, without a recount.

        Parameters
        ----------
        old_true, old_pred : array_like of int
            The ids of the changed pixels before, as they were counted.
        new_true, new_pred : array_like of int
            The ids of the same pixels now.

        Raises
        ------
        ValueError
            If the old pixels were not counted in this table.
        """
        return self + count(new_true, new_pred) - count(old_true, old_pred)

    def without_true(self, ignore_id: int) -> ContingencyTable:
        """Return the table without the pixels whose true id is `ignore_id`."""
        keep = self.true_ids != ignore_id
        return ContingencyTable(
            self.true_ids[keep], self.pred_ids[keep], self.counts[keep]
        )

    @property
    def columns(self) -> tuple[Ids, Ids, Ids]:
        """True ids, predicted ids and counts."""
        return self.true_ids, self.pred_ids, self.counts


def empty_table() -> ContingencyTable:
    """Return the table of no pixels."""
    nothing = np.empty(0, np.int64)
    return ContingencyTable(nothing, nothing, nothing)


def count(y_true: ArrayLike, y_pred: ArrayLike) -> ContingencyTable:
    """Count which ids meet on which number of pixels.

    Label images are runs of equal pixels: runs are found first, and only they are
    sorted or binned.

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
    true = np.asarray(y_true)
    pred = np.asarray(y_pred)
    check_alike(true, pred)
    true = _as_ids(true.reshape(-1), "truth")
    pred = _as_ids(pred.reshape(-1), "prediction")
    waiting: list[tuple[Ids, Ids, Ids]] = []
    n_waiting = 0
    for start in range(0, true.size, _PASS):
        runs = _runs(true[start : start + _PASS], pred[start : start + _PASS])
        waiting.append(runs)
        n_waiting += runs[2].size
        if n_waiting > _WAITING:
            waiting = [_merged(waiting).columns]
            n_waiting = waiting[0][2].size
    return _merged(waiting)


def check_alike(y_true: Any, y_pred: Any) -> None:
    """Refuse two arrays, lazy or not, that cannot be compared pixel by pixel.

    Raises
    ------
    InputError
        If shapes differ or a dtype cannot hold ids.
    """
    if tuple(y_true.shape) != tuple(y_pred.shape):
        msg = (
            "The truth and the prediction must have the same shape, but the truth is "
            f"{_sizes(y_true.shape)} and the prediction {_sizes(y_pred.shape)}. "
            "Pick the two label images that belong together."
        )
        raise InputError(msg)
    for array, what in ((y_true, "truth"), (y_pred, "prediction")):
        if np.dtype(array.dtype).kind not in "biuf":
            msg = (
                f"The {what} must hold whole numbers (ids), but its type is "
                f"{array.dtype}. Convert it to an integer type."
            )
            raise InputError(msg)


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape) if shape else "a single value"


def _as_ids(flat: NDArray[Any], what: str) -> NDArray[Any]:
    """Return `flat` in an integer type whose values fit int64."""
    if flat.dtype.kind == "b":
        return flat.view(np.uint8)
    if flat.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            # Strictly below 2^63, which int64 does not reach.
            whole = (flat == np.trunc(flat)) & (np.abs(flat) < 2.0**63)
        if not whole.all():
            worst = flat[np.flatnonzero(~whole)[0]]
            msg = (
                f"The {what} must hold whole numbers (ids), but {worst:g} is among its "
                "values. Use a label image, not probabilities or intensities."
            )
            raise InputError(msg)
        return flat.astype(np.int64)
    if flat.dtype.kind == "u" and flat.dtype.itemsize == 8 and flat.size:
        largest = int(flat.max())
        if largest > np.iinfo(np.int64).max:
            msg = (
                f"The {what} holds the id {largest}; ids up to 2^63 - 1 can be scored."
            )
            raise InputError(msg)
    return flat


def _runs(true: NDArray[Any], pred: NDArray[Any]) -> tuple[Ids, Ids, Ids]:
    """Return true id, predicted id and length of each run of equal pixels."""
    change = true[1:] != true[:-1]
    change |= pred[1:] != pred[:-1]
    starts = np.concatenate(([0], np.flatnonzero(change) + 1))
    lengths = np.diff(starts, append=true.size)
    return true[starts].astype(np.int64), pred[starts].astype(np.int64), lengths


def _merged(parts: list[tuple[Ids, Ids, Ids]]) -> ContingencyTable:
    """Return one table of `parts`: equal pairs added up, zeros left out, sorted."""
    parts = [part for part in parts if part[2].size]
    if not parts:
        return empty_table()
    true, pred, counts = (np.concatenate(column) for column in zip(*parts, strict=True))
    true_low, true_span = _range(true)
    pred_low, pred_span = _range(pred)
    if true_span * pred_span >= 2**63:
        return _merged_by_rank(true, pred, counts)
    key = (true - true_low) * pred_span + (pred - pred_low)
    if true_span * pred_span <= max(1 << 16, key.size):
        # float64 weights are exact: no count reaches 2^53.
        bins = np.bincount(key, weights=counts)
        keys = np.flatnonzero(bins)
        sums = bins[keys].astype(np.int64)
    else:
        order = np.argsort(key)
        key = key[order]
        first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
        keys = key[first]
        sums = np.add.reduceat(counts[order], first)
        keys, sums = keys[sums != 0], sums[sums != 0]
    high, low = np.divmod(keys, pred_span)
    return ContingencyTable(high + true_low, low + pred_low, sums)


def _range(ids: Ids) -> tuple[int, int]:
    low = int(ids.min())
    return low, int(ids.max()) - low + 1


def _merged_by_rank(true: Ids, pred: Ids, counts: Ids) -> ContingencyTable:
    """Merge pairs whose joint key would not fit 64 bits: rank the ids first."""
    true_ids, true_rank = np.unique(true, return_inverse=True)
    pred_ids, pred_rank = np.unique(pred, return_inverse=True)
    ranked = _merged([(true_rank, pred_rank, counts)])
    return ContingencyTable(
        true_ids[ranked.true_ids], pred_ids[ranked.pred_ids], ranked.counts
    )
