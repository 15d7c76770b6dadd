"""Panoptic quality: things as objects, stuff as areas, class by class."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from napari_segsuite.metrics.contingency import ContingencyTable, Ids
from napari_segsuite.metrics.instances.panoptic_report import (
    PanopticReport,
    PanopticScore,
)
from napari_segsuite.metrics.instances.segments import Mask, segment_pairs


def score_panoptic(
    table: ContingencyTable,
    true_classes: Mapping[int, int],
    pred_classes: Mapping[int, int],
    *,
    stuff_ids: Collection[int] = (),
    void_id: int = 0,
    crowd_ids: Collection[int] = (),
    names: Mapping[int, str] | None = None,
) -> PanopticReport:
    """Score segments of things and stuff by COCO's panoptic rules.

    A true and a predicted segment of one class match if their IoU is above 0.5; void
    pixels of the truth are no part of the union. A predicted segment without a match
    counts as nothing if more than half of it lies on void and on crowds of its class;
    crowds are neither matched nor missed.

    Parameters
    ----------
    table : ContingencyTable
        Of two images of segment ids, each belonging to one image: add up reports of
        several images, not their tables.
    true_classes, pred_classes : mapping of int to int
        The class of each segment id of the truth and of the prediction. Ids that do not
        occur are allowed. Segments of one stuff class are one segment.
    stuff_ids : collection of int
        Classes that are areas; all others are things.
    void_id : int
        The segment id of pixels without segment, on both sides.
    crowd_ids : collection of int
        True segment ids that hold several objects of their class, not drawn apart.
    names : mapping of int to str, optional
        Names of classes by id. A class that is named but on neither side gets a row,
        scores NaN and leaves the means.

    Returns
    -------
    PanopticReport
        Without classes if no segment occurs.

    Raises
    ------
    InputError
        If an id that occurs has no class.

    References
    ----------
    Kirillov A. et al. (2019), Panoptic segmentation, CVPR; the rules on void and crowds
    are those of COCO's panopticapi, in which a class has one crowd at most. Here
    several crowds of a class count together.

    Examples
    --------
    >>> from napari_segsuite.metrics import count
    >>> table = count([1, 1, 1, 2, 2, 2], [5, 5, 6, 6, 6, 6])
    >>> report = score_panoptic(table, {1: 7, 2: 8}, {5: 7, 6: 8}, stuff_ids=[8])
    >>> [(c.id, round(c.pq, 3)) for c in report.classes]
    [(7, 0.667), (8, 0.75)]
    """
    named = dict(names or {})
    stuff = frozenset(stuff_ids)
    segments = segment_pairs(
        table,
        true_classes,
        pred_classes,
        stuff_ids=stuff,
        void_id=void_id,
        crowd_ids=crowd_ids,
    )
    matched = np.flatnonzero(segments.ious > 0.5)
    true_left = ~segments.true_crowd
    true_left[segments.true_index[matched]] = False
    pred_left = ~segments.pred_excused
    pred_left[segments.pred_index[matched]] = False
    matched_classes = segments.true_classes[segments.true_index[matched]]
    ids = np.union1d(
        np.union1d(segments.true_classes, segments.pred_classes),
        np.array(sorted(named), np.int64),
    )
    return PanopticReport(
        tuple(
            PanopticScore(
                id=label,
                name=named.get(label, f"class {label}"),
                is_thing=label not in stuff,
                tp=int(np.count_nonzero(matched_classes == label)),
                fp=_count(segments.pred_classes, pred_left, label),
                fn=_count(segments.true_classes, true_left, label),
                iou_sum=float(segments.ious[matched[matched_classes == label]].sum()),
            )
            for label in ids.tolist()
        )
    )


def _count(classes: Ids, left: Mask, label: int) -> int:
    return int(np.count_nonzero(left & (classes == label)))
