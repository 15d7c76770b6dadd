"""From a contingency table to the report on objects."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from napari_segsuite.metrics.contingency import ContingencyTable
from napari_segsuite.metrics.instances.aggregated_jaccard import aggregated_areas
from napari_segsuite.metrics.instances.average_precision import match_score
from napari_segsuite.metrics.instances.cell_tracking import segmentation_sum
from napari_segsuite.metrics.instances.matching import (
    THRESHOLDS,
    ascending_thresholds,
    match,
)
from napari_segsuite.metrics.instances.mistakes import Kind, Kinds
from napari_segsuite.metrics.instances.objects import object_table
from napari_segsuite.metrics.instances.pairs import object_pairs
from napari_segsuite.metrics.instances.report import InstanceReport


def score_instances(
    table: ContingencyTable,
    *,
    background_id: int = 0,
    ignore_ids: Collection[int] = (),
    thresholds: Sequence[float] = THRESHOLDS,
) -> InstanceReport:
    """Score predicted objects against the true ones.

    Parameters
    ----------
    table : ContingencyTable
        Of two label images in which every id is one object.
    background_id : int
        The id that is no object, in both images.
    ignore_ids : collection of int
        True ids whose pixels are not scored (void, crowds): they leave every area and
        union. A predicted object that has more than half of its pixels there and no
        match is neither right nor wrong; one that lies there entirely is left out.
    thresholds : sequence of float
        Least IoU of matches, each in 0 (excluded) … 1. The lowest one decides about
        headline numbers and what became of each object.

    Returns
    -------
    InstanceReport

    Raises
    ------
    InputError
        If an object has a negative id, or thresholds are none, out of range or equal.

    Examples
    --------
    >>> from napari_segsuite.metrics import count
    >>> report = score_instances(count([1, 1, 1, 0, 2, 2], [1, 1, 0, 0, 3, 3]))
    >>> report.f1, round(report.mean_matched_iou, 3), report.aggregated_jaccard
    (1.0, 0.833, 0.8)
    """
    pairs = object_pairs(table, background_id=background_id, ignore_ids=ignore_ids)
    ascending = ascending_thresholds(thresholds)
    matched = [match(pairs, threshold) for threshold in ascending]
    intersection, union = aggregated_areas(pairs)
    objects = object_table(pairs, matched[0], background_id=background_id)
    return InstanceReport(
        matches=tuple(
            match_score(pairs, positions, threshold)
            for positions, threshold in zip(matched, ascending, strict=True)
        ),
        true_area=int(pairs.true_areas.sum()),
        pred_area=int(pairs.pred_areas.sum()),
        jaccard_intersection=intersection,
        jaccard_union=union,
        segmentation_sum=segmentation_sum(pairs),
        true_kinds=_kind_counts(objects.true_kinds),
        pred_kinds=_kind_counts(objects.pred_kinds),
        objects=objects,
        background_id=background_id,
        ignore_ids=tuple(sorted(int(i) for i in ignore_ids)),
    )


def _kind_counts(kinds: Kinds) -> tuple[int, ...]:
    return tuple(np.bincount(kinds, minlength=len(Kind)).tolist())
