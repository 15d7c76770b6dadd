"""Segments of a panoptic pair: which of one class overlap, without void and crowds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.contingency import ContingencyTable, Ids

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """The segments of both sides and those pairs that may match, as columns.

    Parameters
    ----------
    true_classes, pred_classes : ndarray of int64, shape (n_true,) and (n_pred,)
        The class of each segment.
    true_crowd : ndarray of bool, shape (n_true,)
        Which true segments are crowds.
    pred_excused : ndarray of bool, shape (n_pred,)
        Which predicted segments lie by more than half on void and on crowds of their
        class.
    true_index, pred_index : ndarray of int64, shape (pairs,)
        For each pair of one class that overlaps, without crowds, the positions of its
        segments in the columns above.
    ious : ndarray of float64, shape (pairs,)
        Intersection over union of each pair; void pixels are in no union.
    """

    true_classes: Ids
    pred_classes: Ids
    true_crowd: Mask
    pred_excused: Mask
    true_index: Ids
    pred_index: Ids
    ious: NDArray[np.float64]


def segment_pairs(
    table: ContingencyTable,
    true_classes: Mapping[int, int],
    pred_classes: Mapping[int, int],
    *,
    stuff_ids: Collection[int],
    void_id: int,
    crowd_ids: Collection[int],
) -> Segments:
    """Return the segments that a table counts; parameters as of `score_panoptic`.

    Raises
    ------
    InputError
        If an id that occurs has no class.
    """
    crowds = frozenset(crowd_ids)
    true, pred, counts = table.columns
    true_void, pred_void = true == void_id, pred == void_id
    true_of, true_side = _side(true, true_classes, stuff_ids, void_id, crowds, "truth")
    pred_of, pred_side = _side(
        pred, pred_classes, stuff_ids, void_id, frozenset(), "prediction"
    )
    true_areas = _areas(true_of[~true_void], counts[~true_void], true_side.classes.size)
    pred_areas = _areas(pred_of[~pred_void], counts[~pred_void], pred_side.classes.size)

    on_void = true_void & ~pred_void
    void_areas = _areas(pred_of[on_void], counts[on_void], pred_side.classes.size)

    both = ~true_void & ~pred_void
    true_at, pred_at, shared = true_of[both], pred_of[both], counts[both]
    alike = true_side.classes[true_at] == pred_side.classes[pred_at]
    on_crowd = alike & true_side.crowd[true_at]
    crowd_areas = _areas(pred_at[on_crowd], shared[on_crowd], pred_side.classes.size)

    true_index, pred_index, overlaps = _joined(
        true_at, pred_at, shared, alike & ~on_crowd
    )
    unions = (
        true_areas[true_index]
        + pred_areas[pred_index]
        - overlaps
        - void_areas[pred_index]
    )
    return Segments(
        true_classes=true_side.classes,
        pred_classes=pred_side.classes,
        true_crowd=true_side.crowd,
        pred_excused=2 * (void_areas + crowd_areas) > pred_areas,
        true_index=true_index,
        pred_index=pred_index,
        ious=overlaps / unions,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Class of each segment, and which are crowds."""

    classes: Ids
    crowd: Mask


def _side(
    column: Ids,
    classes: Mapping[int, int],
    stuff_ids: Collection[int],
    void_id: int,
    crowds: frozenset[int],
    what: str,
) -> tuple[Ids, _Side]:
    """Return the segment of each entry of `column` (0 for void), and the segments."""
    ids, where = np.unique(column, return_inverse=True)
    position = np.zeros(ids.size, np.int64)
    # Segments in the order in which they are met; those of one stuff class are one.
    segments: dict[tuple[int, int | None], int] = {}
    crowd: list[bool] = []
    for at, segment in enumerate(ids.tolist()):
        if segment == void_id:
            continue
        if segment not in classes:
            msg = (
                f"Every segment needs a class, but segment {segment} of the {what} has "
                "none. Add it to the mapping from segments to classes."
            )
            raise InputError(msg)
        label = classes[segment]
        is_crowd = segment in crowds
        alone = None if label in stuff_ids and not is_crowd else segment
        position[at] = segments.setdefault((label, alone), len(segments))
        if len(crowd) < len(segments):
            crowd.append(is_crowd)
    labels = np.array([label for label, _ in segments], np.int64)
    return position[where], _Side(labels, np.array(crowd, np.bool_))


def _joined(
    true_at: Ids, pred_at: Ids, shared: Ids, keep: Mask
) -> tuple[Ids, Ids, Ids]:
    """Return the kept pairs once each: segments of a stuff class were put together."""
    n_pred = int(pred_at.max(initial=0)) + 1
    keys, where = np.unique(true_at[keep] * n_pred + pred_at[keep], return_inverse=True)
    return keys // n_pred, keys % n_pred, _areas(where, shared[keep], keys.size)


def _areas(where: Ids, counts: Ids, size: int) -> Ids:
    # float64 weights are exact: no count reaches 2^53.
    return np.bincount(where, weights=counts, minlength=size).astype(np.int64)
