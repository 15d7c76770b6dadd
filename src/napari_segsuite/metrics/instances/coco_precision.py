"""COCO's average precision: detections with scores, ranked.

Predicted objects, from the best score to the worst, take the free true object with
which their IoU is largest and at least the threshold; precision is averaged over 101
recalls. `MatchScore.average_precision` needs no scores and is another number.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import overlap
from napari_segsuite.metrics.contingency import ContingencyTable, Ids
from napari_segsuite.metrics.instances.matching import THRESHOLDS, ascending_thresholds
from napari_segsuite.metrics.instances.pairs import ObjectPairs, object_pairs

_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True, eq=False)
class RankedDetections:
    """What became of detections with scores, at each IoU threshold.

    Detections of several images are put together by ``+`` before precision is derived,
    which is not the mean of the images' precisions.

    Parameters
    ----------
    thresholds : tuple of float
        Least IoU of a match, ascending.
    scores : ndarray of float64, shape (detections,)
        Descending within an image.
    hits : ndarray of bool, shape (thresholds, detections)
        Whether a detection found a true object.
    counted : ndarray of bool, shape (thresholds, detections)
        Whether it counts; not if it found nothing but a crowd.
    n_true : int
        True objects without crowds.
    """

    thresholds: tuple[float, ...]
    scores: NDArray[np.float64]
    hits: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    n_true: int

    def __add__(self, other: RankedDetections) -> RankedDetections:
        """Return the detections of both.

        Raises
        ------
        InputError
            If the thresholds differ.
        """
        if self.thresholds != other.thresholds:
            msg = (
                "Detections can be put together if their IoU thresholds are equal, but "
                f"they are {self.thresholds} and {other.thresholds}. Score all with "
                "the same."
            )
            raise InputError(msg)
        return RankedDetections(
            self.thresholds,
            np.concatenate((self.scores, other.scores)),
            np.concatenate((self.hits, other.hits), axis=1),
            np.concatenate((self.counted, other.counted), axis=1),
            self.n_true + other.n_true,
        )

    def precisions(self) -> NDArray[np.float64]:
        """Return the precision at recalls of 0, 0.01, … 1.

        Each is the highest precision at that recall or a higher one, and 0 if so many
        true objects are never found.

        Returns
        -------
        ndarray of float64, shape (thresholds, 101)
            All NaN without true objects, as COCO's -1.
        """
        curves = np.zeros((len(self.thresholds), _RECALLS.size))
        if not self.n_true:
            curves.fill(math.nan)
            return curves
        order = np.argsort(-self.scores, kind="stable")
        for curve, hits, counted in zip(curves, self.hits, self.counted, strict=True):
            ranked = hits[order][counted[order]]
            n_found = np.cumsum(ranked)
            precision = n_found / np.arange(1, ranked.size + 1)
            highest = np.maximum.accumulate(precision[::-1])[::-1]
            at = np.searchsorted(n_found / self.n_true, _RECALLS)
            reached = at < highest.size
            curve[reached] = highest[at[reached]]
        return curves

    @property
    def average_precisions(self) -> tuple[float, ...]:
        """AP at each threshold, 0 … 1; NaN without true objects, 0 without hits."""
        return tuple(self.precisions().mean(axis=1).tolist())

    @property
    def average_precision(self) -> float:
        """AP as COCO reports it: the mean over all thresholds."""
        return overlap.mean(self.average_precisions)

    @property
    def average_recall(self) -> float:
        """AR: the recall of all detections, mean over thresholds; NaN as AP."""
        if not self.n_true:
            return math.nan
        return overlap.mean((self.hits.sum(axis=1) / self.n_true).tolist())

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as JSON values; NaN becomes None."""
        each = [None if math.isnan(ap) else ap for ap in self.average_precisions]
        return {
            "thresholds": list(self.thresholds),
            "average_precisions": each,
            "average_precision": self.average_precision if self.n_true else None,
            "average_recall": self.average_recall if self.n_true else None,
            "n_true": self.n_true,
            "n_detections": self.scores.size,
        }


def score_detections(
    table: ContingencyTable,
    scores: Mapping[int, float],
    *,
    background_id: int = 0,
    crowd_ids: Collection[int] = (),
    thresholds: Sequence[float] = THRESHOLDS,
) -> RankedDetections:
    """Rank the detections of one class in one image by COCO's rules for masks.

    COCO's evaluation takes the 100 best detections per image; here all count.

    Parameters
    ----------
    table : ContingencyTable
        Of two label images of one image in which every id is one object.
    scores : mapping of int to float
        The score of each predicted id that occurs; higher is surer. Other ids are
        allowed.
    background_id : int
        The id that is no object, in both images.
    crowd_ids : collection of int
        True ids that hold several objects, not drawn apart. A detection without another
        match counts as nothing if the part of it that lies in one crowd reaches the
        threshold.
    thresholds : sequence of float
        Least IoU of matches, each in 0 (excluded) … 1; by default 0.5, 0.55, … 0.95.

    Returns
    -------
    RankedDetections
        Add those of several images before reading scores.

    Raises
    ------
    InputError
        If a predicted id has no score or a score that is NaN, an object has a negative
        id, or thresholds are none, out of range or equal.

    References
    ----------
    Lin T.-Y. et al. (2014), Microsoft COCO, ECCV; rules as in pycocotools' COCOeval.
    """
    pairs = object_pairs(table, background_id=background_id)
    ascending = ascending_thresholds(thresholds)
    order, ranked = _ranked(pairs.pred_ids, scores)
    crowd = np.isin(pairs.true_ids, np.array(list(crowd_ids), np.int64))
    in_crowd = crowd[pairs.true_index]
    # A crowd is no object to be covered: the union with it is the detection alone.
    crowd_share = np.zeros(pairs.n_pred)
    np.maximum.at(
        crowd_share,
        pairs.pred_index[in_crowd],
        pairs.overlaps[in_crowd] / pairs.pred_areas[pairs.pred_index[in_crowd]],
    )
    hits = np.stack([_hits(pairs, ~in_crowd, order, t) for t in ascending])
    excused = crowd_share >= np.array(ascending)[:, np.newaxis]
    return RankedDetections(
        thresholds=tuple(ascending),
        scores=ranked,
        hits=hits[:, order],
        counted=(hits | ~excused)[:, order],
        n_true=int(np.count_nonzero(~crowd)),
    )


def _ranked(
    pred_ids: Ids, scores: Mapping[int, float]
) -> tuple[Ids, NDArray[np.float64]]:
    """Return the order of falling scores, equal ones by id, and the sorted scores."""
    found = [scores.get(i, math.nan) for i in pred_ids.tolist()]
    values = np.array(found, np.float64)
    if np.isnan(values).any():
        worst = pred_ids[np.isnan(values)][0]
        msg = (
            f"Every predicted object needs a score, but that of {worst} is missing or "
            "NaN. Give scores of all ids of the prediction."
        )
        raise InputError(msg)
    order: Ids = np.argsort(-values, kind="stable")
    return order, values[order]


def _hits(
    pairs: ObjectPairs, usable: NDArray[np.bool_], order: Ids, threshold: float
) -> NDArray[np.bool_]:
    """Return which predicted objects take a true one, in turn from the first."""
    hits = np.zeros(pairs.n_pred, np.bool_)
    candidates = np.flatnonzero(usable & (pairs.ious >= threshold))
    if threshold > 0.5:
        # No two of them share an object, so that turns do not matter.
        hits[pairs.pred_index[candidates]] = True
        return hits
    turn = np.empty(pairs.n_pred, np.int64)
    turn[order] = np.arange(pairs.n_pred)
    # Of equal IoU pycocotools takes the last true object.
    by_turn = np.lexsort(
        (
            -pairs.true_index[candidates],
            -pairs.ious[candidates],
            turn[pairs.pred_index[candidates]],
        )
    )
    free = np.ones(pairs.n_true, np.bool_)
    for pair in candidates[by_turn].tolist():
        true_at, pred_at = pairs.true_index[pair], pairs.pred_index[pair]
        if free[true_at] and not hits[pred_at]:
            free[true_at] = False
            hits[pred_at] = True
    return hits
