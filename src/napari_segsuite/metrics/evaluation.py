"""From two label images to the one report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.blocks import count_blocks, count_slices
from napari_segsuite.metrics.contingency import ContingencyTable, Ids, merged
from napari_segsuite.metrics.instances import score_instances, score_panoptic
from napari_segsuite.metrics.overlap_report import score_overlap
from napari_segsuite.metrics.report import Mode, Report
from napari_segsuite.metrics.slices import SliceScores
from napari_segsuite.metrics.surfaces import score_surfaces

# Where segments do not come with their classes, ids say them, as in Cityscapes.
SEGMENTS_PER_CLASS = 1000

# With surfaces, this part of the time is taken for counting.
_COUNTING = 0.2


def evaluate(
    y_true: Any,
    y_pred: Any,
    *,
    mode: Mode = "classes",
    ignore_id: int | None = None,
    background_id: int | None = 0,
    names: Mapping[int, str] | None = None,
    true_classes: Mapping[int, int] | None = None,
    pred_classes: Mapping[int, int] | None = None,
    stuff_ids: Collection[int] = (),
    surfaces: bool = False,
    spacing: Sequence[float] | None = None,
    tolerance: float | None = None,
    n_frame_axes: int = 0,
    per_axis: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Report:
    """Score a prediction against the truth.

    Parameters
    ----------
    y_true, y_pred : array
        Two label arrays of one shape, any number of dimensions, any integer or boolean
        dtype; floating point if every value is whole. Lazy arrays (memory map, zarr,
        Dask) are read block by block; with `surfaces` they are read as a whole.
    mode, ignore_id, background_id, names, true_classes, pred_classes, stuff_ids
        How ids are read; see `score_table`.
    surfaces : bool, optional
        Whether to measure distances between surfaces too, which takes longer: of each
        class, or of each true object and the predicted one that it is matched with.
    spacing : sequence of float, optional
        Micrometre per pixel for each axis after the first `n_frame_axes`; without,
        distances are in pixels.
    tolerance : float, optional
        Of boundary F1 and surface Dice, in the unit of `spacing`; by default two pixels
        of the finest axis.
    n_frame_axes : int, optional
        How many leading axes are no axes of space, for instance 1 for a time series.
    per_axis : int, optional
        The axis along which every slice gets scores of its own.
    progress : callable, optional
        Called with the part that is done, in 0 … 1. What it raises ends the scoring.

    Returns
    -------
    Report
        Without classes and objects if the arrays are empty.

    Raises
    ------
    InputError
        If shapes differ, values are no ids, or an option does not fit the arrays.

    Examples
    --------
    >>> report = evaluate([[1, 1, 2, 2]], [[1, 2, 2, 2]], background_id=None)
    >>> [(c.id, round(c.dice, 3)) for c in report.overlap.classes]
    [(1, 0.667), (2, 0.8)]
    >>> report.overlap.pixel_accuracy
    0.75
    """
    true = y_true if hasattr(y_true, "dtype") else np.asarray(y_true)
    pred = y_pred if hasattr(y_pred, "dtype") else np.asarray(y_pred)
    scored = partial(
        score_table,
        mode=mode,
        ignore_id=ignore_id,
        background_id=background_id,
        names=names,
        true_classes=true_classes,
        pred_classes=pred_classes,
        stuff_ids=stuff_ids,
    )
    share = _COUNTING if surfaces else 1.0
    told = _part_of(progress, 0.0, share)
    if per_axis is None:
        table, slices = count_blocks(true, pred, progress=told), None
    else:
        table, tables = count_slices(true, pred, axis=per_axis, progress=told)
        axis = per_axis % len(true.shape)
        slices = SliceScores.of(axis, [scored(one).headline for one in tables])
    report = replace(scored(table), slices=slices)
    if not surfaces:
        return report
    true, pred = np.asarray(true), np.asarray(pred)
    ids: Collection[int] = [c.id for c in report.overlap.foreground]
    if report.instances is not None:
        objects = report.instances.objects
        matched = objects.pred_matches != report.instances.background_id
        ids = objects.pred_matches[matched].tolist()
        pred = _renamed(pred, objects.pred_ids[matched], objects.pred_matches[matched])
    elif report.panoptic is not None:
        void_id = 0 if ignore_id is None else ignore_id
        true = _renamed(true, *_segment_classes(table.true_ids, true_classes, void_id))
        pred = _renamed(pred, *_segment_classes(table.pred_ids, pred_classes, void_id))
    return replace(
        report,
        surfaces=score_surfaces(
            true,
            pred,
            ids=ids,
            spacing=spacing,
            tolerance=tolerance,
            ignore_id=report.overlap.ignore_id,
            n_frame_axes=n_frame_axes,
            progress=_part_of(progress, share, 1.0),
        ),
    )


def score_table(
    table: ContingencyTable,
    *,
    mode: Mode = "classes",
    ignore_id: int | None = None,
    background_id: int | None = 0,
    names: Mapping[int, str] | None = None,
    true_classes: Mapping[int, int] | None = None,
    pred_classes: Mapping[int, int] | None = None,
    stuff_ids: Collection[int] = (),
) -> Report:
    """Score a contingency table: all that needs no look at the pixels.

    Parameters
    ----------
    table : ContingencyTable
        From `count`, `count_blocks` or a `RunningCount`.
    mode : {"classes", "instances", "panoptic"}, optional
        What ids mean: classes; objects, whose ids need not agree; or segments, objects
        and areas, each of which has a class.
    ignore_id : int, optional
        Pixels with this id in the truth are not scored, for instance 0 where a
        painting is unpainted. The id is no class then: predicted on other pixels, it
        counts as a miss of the true class there. With mode "panoptic" it is the id of
        pixels without segment, on both sides; 0 if not given.
    background_id : int or None, optional
        With classes, the class that the means leave out; None leaves none out. With
        instances, the id that is no object.
    names : mapping of int to str, optional
        Names of classes by id. A class that is named but in neither array gets a row,
        scores NaN and leaves the means.
    true_classes, pred_classes : mapping of int to int, optional
        With mode "panoptic", the class of each segment id. By default as in Cityscapes:
        ids below 1000 are classes themselves; of others, the class is id // 1000.
    stuff_ids : collection of int, optional
        With mode "panoptic", the classes that are areas rather than objects.

    Returns
    -------
    Report
        Without `surfaces` and `slices`.

    Raises
    ------
    InputError
        If the mode is unknown, an object has a negative id, or a segment no class.
    """
    if mode not in get_args(Mode):
        msg = f"The mode is one of {', '.join(get_args(Mode))}; got {mode!r}."
        raise InputError(msg)
    if mode == "instances":
        return _of_instances(table, ignore_id, background_id)
    if mode == "panoptic":
        return _of_segments(
            table, ignore_id, names, true_classes, pred_classes, stuff_ids
        )
    overlap = score_overlap(
        table, ignore_id=ignore_id, background_id=background_id, names=names
    )
    return Report(mode, overlap)


def _of_instances(
    table: ContingencyTable, ignore_id: int | None, background_id: int | None
) -> Report:
    if background_id is None or background_id == ignore_id:
        msg = (
            "Objects need an id that means background and is scored, usually 0; got "
            f"{background_id}, with the ignored id {ignore_id}. Pass `background_id`."
        )
        raise InputError(msg)
    ignored = () if ignore_id is None else (ignore_id,)
    instances = score_instances(table, background_id=background_id, ignore_ids=ignored)
    overlap = score_overlap(
        _objects_together(table, ignore_id, background_id),
        ignore_id=None if ignore_id is None else -1,
        names={0: "background", 1: "objects"},
    )
    return Report("instances", replace(overlap, ignore_id=ignore_id), instances)


def _objects_together(
    table: ContingencyTable, ignore_id: int | None, background_id: int
) -> ContingencyTable:
    """Return the table of the classes 0, background, and 1, objects; -1 is ignored."""
    true, pred = table.true_ids != background_id, table.pred_ids != background_id
    ignored = 0
    if ignore_id is not None:
        void = table.true_ids == ignore_id
        ignored = int(table.counts[void].sum())
        true, pred = true & ~void, pred & ~void
    both = int(table.counts[true & pred].sum())
    true_area = int(table.counts[true].sum())
    pred_area = int(table.counts[pred].sum())
    neither = table.total - ignored - true_area - pred_area + both
    counts = np.array([neither, pred_area - both, true_area - both, both, ignored])
    return merged([(np.array([0, 0, 1, 1, -1]), np.array([0, 1, 0, 1, 0]), counts)])


def _of_segments(
    table: ContingencyTable,
    ignore_id: int | None,
    names: Mapping[int, str] | None,
    true_classes: Mapping[int, int] | None,
    pred_classes: Mapping[int, int] | None,
    stuff_ids: Collection[int],
) -> Report:
    void_id = 0 if ignore_id is None else ignore_id
    true = _segment_classes(table.true_ids, true_classes, void_id)
    pred = _segment_classes(table.pred_ids, pred_classes, void_id)
    panoptic = score_panoptic(
        table,
        dict(zip(*(column.tolist() for column in true), strict=True)),
        dict(zip(*(column.tolist() for column in pred), strict=True)),
        stuff_ids=stuff_ids,
        void_id=void_id,
        names=names,
    )
    by_class = table.renamed(
        _renamed(table.true_ids, *true), _renamed(table.pred_ids, *pred)
    )
    overlap = score_overlap(
        by_class, ignore_id=void_id, background_id=None, names=names
    )
    return Report("panoptic", overlap, panoptic=panoptic)


def _segment_classes(
    ids: Ids, classes: Mapping[int, int] | None, void_id: int
) -> tuple[Ids, Ids]:
    """Return the ids that occur, ascending, and the class of each; void is void."""
    present = np.unique(ids)
    if classes is None:
        large = present >= SEGMENTS_PER_CLASS
        found = np.where(large, present // SEGMENTS_PER_CLASS, present)
        found[present == void_id] = void_id
        return present, found
    known = dict(classes) | {void_id: void_id}
    present = np.array([i for i in present.tolist() if i in known], np.int64)
    return present, np.array([known[i] for i in present.tolist()], np.int64)


def _renamed(ids: NDArray[Any], old: Ids, new: Ids) -> Ids:
    """Return `ids` with `new` for `old`, which are unique, and 0 for all others."""
    if not old.size:
        return np.zeros(ids.shape, np.int64)
    order = np.argsort(old)
    old, new = old[order], new[order]
    at = np.minimum(np.searchsorted(old, ids), old.size - 1)
    return np.where(old[at] == ids, new[at], 0)


def _part_of(
    progress: Callable[[float], None] | None, start: float, stop: float
) -> Callable[[float], None] | None:
    """Return a progress whose 0 … 1 is `start` … `stop` of another one."""
    if progress is None:
        return None
    tell = progress
    return lambda part: tell(start + part * (stop - start))
