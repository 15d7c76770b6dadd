"""Scores of objects that were matched at one IoU: average precision, F1 and others.

With the matched objects TP, the predicted objects without a match FP and the true
objects without a match FN, every score lies in 0 … 1. It is NaN where its denominator
is 0: without any object on both sides, all are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from napari_segsuite.metrics import overlap
from napari_segsuite.metrics.contingency import Ids
from napari_segsuite.metrics.instances.pairs import ObjectPairs


@dataclass(frozen=True, slots=True)
class MatchScore:
    """How many objects were matched at one IoU, and the scores that follow.

    Parameters
    ----------
    threshold : float
        The least IoU of a match.
    tp, fp, fn : int
        Matched objects, predicted objects without match, true objects without match.
    iou_sum : float
        The IoU of all matches added up.
    """

    threshold: float
    tp: int
    fp: int
    fn: int
    iou_sum: float

    @property
    def average_precision(self) -> float:
        """``TP / (TP + FP + FN)``; NaN without objects, 0 if one side has none.

        The convention of StarDist, Cellpose and the Data Science Bowl 2018. COCO's
        average precision is the area below a precision-recall curve over the scores of
        detections: see `coco_precision.score_detections`.
        """
        return overlap.iou(self.tp, self.fp, self.fn)

    @property
    def f1(self) -> float:
        """``2 TP / (2 TP + FP + FN)``; NaN without objects. COCO's panoptic RQ."""
        return overlap.dice(self.tp, self.fp, self.fn)

    @property
    def precision(self) -> float:
        """``TP / (TP + FP)``; NaN if nothing is predicted."""
        return overlap.precision(self.tp, self.fp)

    @property
    def recall(self) -> float:
        """``TP / (TP + FN)``; NaN without true objects."""
        return overlap.recall(self.tp, self.fn)

    @property
    def mean_matched_iou(self) -> float:
        """Mean IoU of the matches (SQ); 0 without matches, NaN without objects."""
        if self.tp:
            return self.iou_sum / self.tp
        return 0.0 if self.fp or self.fn else math.nan

    @property
    def panoptic_quality(self) -> float:
        """``sum of IoU / (TP + FP / 2 + FN / 2)``; NaN without objects.

        The panoptic quality of objects of one class, equal to `mean_matched_iou` times
        `f1`. Kirillov et al. (2019) match above an IoU of 0.5; here an IoU of exactly
        0.5 matches at the threshold 0.5, as in StarDist.
        """
        whole = self.tp + (self.fp + self.fn) / 2
        return self.iou_sum / whole if whole else math.nan


def match_score(pairs: ObjectPairs, matched: Ids, threshold: float) -> MatchScore:
    """Count what was matched and what was not.

    Predicted objects without a match that lie on ignored pixels by more than half count
    as nothing; with a match they count.

    Parameters
    ----------
    pairs : ObjectPairs
        The objects and their overlaps.
    matched : ndarray of int64, shape (matches,)
        Positions of the matched pairs, from `matching.match`.
    threshold : float
        The least IoU of the matches.
    """
    counted = ~pairs.pred_ignored
    fp = np.count_nonzero(counted) - np.count_nonzero(
        counted[pairs.pred_index[matched]]
    )
    return MatchScore(
        threshold=threshold,
        tp=matched.size,
        fp=int(fp),
        fn=pairs.n_true - matched.size,
        iou_sum=float(pairs.ious[matched].sum()),
    )
