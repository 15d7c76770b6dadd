"""Objects of the truth and the prediction, and the pairs of them that overlap.

Everything that scores objects starts from these columns, which follow from one
contingency table; no pixel is looked at again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.contingency import (
    ContingencyTable,
    Ids,
    empty_table,
)
from napari_segsuite.metrics.ranks import ranked


@dataclass(frozen=True, slots=True, eq=False)
class ObjectPairs:
    """The objects of both sides and which of them overlap, as columns.

    Parameters
    ----------
    true_ids, true_areas : ndarray of int64, shape (n_true,)
        Ids of the true objects, ascending, and their scored pixels.
    pred_ids, pred_areas : ndarray of int64, shape (n_pred,)
        The same of the predicted objects.
    pred_ignored : ndarray of bool, shape (n_pred,)
        Whether more than half of all pixels of a predicted object lie on ignored ones.
    true_index, pred_index : ndarray of int64, shape (pairs,)
        For each pair that overlaps the positions of its objects in the columns above;
        ascending by true, then by predicted position.
    overlaps : ndarray of int64, shape (pairs,)
        Pixels that both objects of a pair share; positive.
    ious : ndarray of float64, shape (pairs,)
        Intersection over union of each pair, in 0 (excluded) … 1.
    """

    true_ids: Ids
    true_areas: Ids
    pred_ids: Ids
    pred_areas: Ids
    pred_ignored: NDArray[np.bool_]
    true_index: Ids
    pred_index: Ids
    overlaps: Ids
    ious: NDArray[np.float64]

    @property
    def n_true(self) -> int:
        """The number of true objects."""
        return self.true_ids.size

    @property
    def n_pred(self) -> int:
        """The number of predicted objects."""
        return self.pred_ids.size


def object_pairs(
    table: ContingencyTable,
    *,
    background_id: int = 0,
    ignore_ids: Collection[int] = (),
) -> ObjectPairs:
    """Return the objects that a contingency table counts, and their overlaps.

    Every id but `background_id` is one object. Pixels whose true id is in `ignore_ids`
    are not scored: they belong to no area, overlap or union. A predicted object that
    lies on ignored pixels alone is left out.

    Parameters
    ----------
    table : ContingencyTable
        Of two label images whose ids are objects.
    background_id : int
        The id that is no object, in both images.
    ignore_ids : collection of int
        True ids whose pixels are not scored (void, crowds).

    Returns
    -------
    ObjectPairs
        With empty columns where there is no object.

    Raises
    ------
    InputError
        If an object has a negative id. The background and ignored ids may be negative.
    """
    ignored = np.zeros(table.counts.size, np.bool_)
    for label in ignore_ids:
        ignored |= table.true_ids == label
    scored, void = table, empty_table()
    if ignored.any():
        scored, void = table.where(~ignored), table.where(ignored)
    true = _side(scored.true_ids, scored.counts, background_id, "truth")
    pred = _side(scored.pred_ids, scored.counts, background_id, "prediction")
    beyond = np.zeros(pred.ids.size, np.int64)
    if void.counts.size:
        _check_ids(void.pred_ids[void.pred_ids != background_id], "prediction")
        known = np.isin(void.pred_ids, pred.ids)
        np.add.at(
            beyond, np.searchsorted(pred.ids, void.pred_ids[known]), void.counts[known]
        )
    both = np.flatnonzero((true.at >= 0) & (pred.at >= 0))
    true_index, pred_index = true.at[both], pred.at[both]
    overlaps = scored.counts[both]
    unions = true.areas[true_index] + pred.areas[pred_index] - overlaps
    return ObjectPairs(
        true_ids=true.ids,
        true_areas=true.areas,
        pred_ids=pred.ids,
        pred_areas=pred.areas,
        # Half of all pixels, ignored or not: the area counts scored pixels alone.
        pred_ignored=beyond > pred.areas,
        true_index=true_index,
        pred_index=pred_index,
        overlaps=overlaps,
        ious=overlaps / unions,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Ids and areas of objects, and the object of each pair, -1 for background."""

    ids: Ids
    areas: Ids
    at: Ids


def _side(column: Ids, counts: Ids, background_id: int, what: str) -> _Side:
    ids, at = ranked(column)
    is_object = ids != background_id
    _check_ids(ids[is_object], what)
    position = np.where(is_object, np.cumsum(is_object) - 1, -1)
    # float64 weights are exact: no count reaches 2^53.
    areas = np.bincount(at, weights=counts, minlength=ids.size).astype(np.int64)
    return _Side(ids[is_object], areas[is_object], position[at])


def _check_ids(ids: Ids, what: str) -> None:
    if ids.size and ids.min() < 0:
        way_out = "Ignore that id, or give" if what == "truth" else "Give"
        msg = (
            f"Objects need ids above 0, but the {what} holds {ids.min()}. {way_out} "
            "the object another id."
        )
        raise InputError(msg)
