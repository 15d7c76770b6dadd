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
from napari_segsuite.metrics.contingency import ContingencyTable, Ids


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
    true, pred, counts = table.columns
    ignored = np.isin(true, np.array(list(ignore_ids), np.int64))
    _check_ids(true[(true != background_id) & ~ignored], "truth")
    _check_ids(pred[pred != background_id], "prediction")
    in_true = ~ignored & (true != background_id)
    in_pred = ~ignored & (pred != background_id)

    true_ids, true_at = np.unique(true[in_true], return_inverse=True)
    pred_ids, pred_at = np.unique(pred[in_pred], return_inverse=True)
    true_areas = _sums(true_at, counts[in_true], true_ids.size)
    pred_areas = _sums(pred_at, counts[in_pred], pred_ids.size)

    known = ignored & np.isin(pred, pred_ids)
    beyond = _sums(np.searchsorted(pred_ids, pred[known]), counts[known], pred_ids.size)

    both = in_true & in_pred
    true_index = true_at[both[in_true]]
    pred_index = pred_at[both[in_pred]]
    overlaps = counts[both]
    unions = true_areas[true_index] + pred_areas[pred_index] - overlaps
    return ObjectPairs(
        true_ids=true_ids,
        true_areas=true_areas,
        pred_ids=pred_ids,
        pred_areas=pred_areas,
        # Half of all pixels, ignored or not: the area counts scored pixels alone.
        pred_ignored=beyond > pred_areas,
        true_index=true_index,
        pred_index=pred_index,
        overlaps=overlaps,
        ious=overlaps / unions,
    )


def _check_ids(ids: Ids, what: str) -> None:
    if ids.size and ids.min() < 0:
        msg = (
            f"Objects need ids above 0, but the {what} holds {ids.min()}. Ignore that "
            "id in the truth, or give the object another id."
        )
        raise InputError(msg)


def _sums(where: Ids, counts: Ids, size: int) -> Ids:
    # float64 weights are exact: no count reaches 2^53.
    return np.bincount(where, weights=counts, minlength=size).astype(np.int64)
