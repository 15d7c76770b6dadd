"""The contingency table: which id meets which, and on how many pixels.

Everything that overlap can tell follows from this one table, so pixels are counted
once. Tables of tiles, slices and files add up to the table of the whole, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Columns = tuple[Ids, Ids, Ids]


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
        return merged([self.columns, other.columns])

    def __sub__(self, other: ContingencyTable) -> ContingencyTable:
        """Return the table without a part that it contains.

        Raises
        ------
        ValueError
            If `other` has pixels that this table has not.
        """
        rest = merged([self.columns, (other.true_ids, other.pred_ids, -other.counts)])
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

    def without_true(self, ignore_id: int) -> ContingencyTable:
        """Return the table without the pixels whose true id is `ignore_id`."""
        return self.where(self.true_ids != ignore_id)

    def where(self, keep: NDArray[np.bool_]) -> ContingencyTable:
        """Return the table of those pairs for which `keep`, shape (pairs,), is true."""
        return ContingencyTable(
            self.true_ids[keep], self.pred_ids[keep], self.counts[keep]
        )

    def renamed(self, true_ids: Ids, pred_ids: Ids) -> ContingencyTable:
        """Return the table with other ids, one of each per pair, in the pairs' order.

        Pairs that become equal are added up: instances of one class, for instance.
        """
        return merged([(true_ids, pred_ids, self.counts)])

    @property
    def columns(self) -> Columns:
        """True ids, predicted ids and counts."""
        return self.true_ids, self.pred_ids, self.counts


def empty_table() -> ContingencyTable:
    """Return the table of no pixels."""
    nothing = np.empty(0, np.int64)
    return ContingencyTable(nothing, nothing, nothing)


def merged(parts: Sequence[Columns]) -> ContingencyTable:
    """Return one table of all `parts`: equal pairs added up, zeros left out, sorted.

    Parameters
    ----------
    parts : sequence of (true ids, predicted ids, counts)
        In any order; counts may be negative, and pairs may occur more than once.
    """
    parts = [part for part in parts if part[2].size]
    if not parts:
        return empty_table()
    true, pred, counts = parts[0]
    if len(parts) > 1:
        true, pred, counts = map(np.concatenate, zip(*parts, strict=True))
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
        order = _order(key, true_span * pred_span)
        keys, sums = key[order], counts[order]
        is_first = np.concatenate(([True], keys[1:] != keys[:-1]))
        # Those of one hash table are all different.
        if not is_first.all():
            first = np.flatnonzero(is_first)
            keys, sums = keys[first], np.add.reduceat(sums, first)
        if not sums.all():
            keys, sums = keys[sums != 0], sums[sums != 0]
    high = keys // pred_span
    low = keys - high * pred_span
    return ContingencyTable(high + true_low, low + pred_low, sums)


def _order(key: Ids, span: int) -> Ids:
    """Return what ``numpy.argsort`` returns, for keys of 0 … `span` - 1."""
    bits = key.size.bit_length()
    if span << bits >= 2**63:
        return np.argsort(key)
    # Sorting numbers that carry their place is several times faster than argsort.
    placed = (key << bits) | np.arange(key.size)
    placed.sort()
    return placed & ((1 << bits) - 1)


def _range(ids: Ids) -> tuple[int, int]:
    low = int(ids.min())
    return low, int(ids.max()) - low + 1


def _merged_by_rank(true: Ids, pred: Ids, counts: Ids) -> ContingencyTable:
    """Merge pairs whose joint key would not fit 64 bits: rank the ids first."""
    true_ids, true_rank = np.unique(true, return_inverse=True)
    pred_ids, pred_rank = np.unique(pred, return_inverse=True)
    ranked = merged([(true_rank, pred_rank, counts)])
    return ContingencyTable(
        true_ids[ranked.true_ids], pred_ids[ranked.pred_ids], ranked.counts
    )
