"""Scoring the surfaces of all classes: each is measured once, in its own box."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.label_arrays import as_ids, check_alike
from napari_segsuite.metrics.surfaces.bands import BandCounts, band_counts
from napari_segsuite.metrics.surfaces.boxes import Box, id_boxes
from napari_segsuite.metrics.surfaces.distances import (
    SurfaceDistances,
    pooled,
    surface_distances,
)
from napari_segsuite.metrics.surfaces.extent import Extent, checked_spacing
from napari_segsuite.metrics.surfaces.report import SurfaceReport, SurfaceScore


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is known of one id in one frame."""

    distances: SurfaceDistances
    bands: BandCounts


def score_surfaces(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    ids: Iterable[int] | None = None,
    spacing: Sequence[float] | None = None,
    tolerance: float | None = None,
    width: float | None = None,
    ignore_id: int | None = None,
    background_id: int | None = 0,
    n_frame_axes: int = 0,
    progress: Callable[[float], None] | None = None,
) -> SurfaceReport:
    """Score the surfaces of classes (or objects) by their ids.

    Each score is that of the function of the same name on the masks ``y_true == id``
    and ``y_pred == id``; the distances are measured once for all of them.

    A void pixel (true id `ignore_id`) belongs to no surface of either array, and a
    pixel is no surface because its neighbour is void: what a class does there is not
    known. A class that touches nothing but itself and void has no surface.

    Parameters
    ----------
    y_true, y_pred : array_like of int
        Two label arrays of one shape, any number of axes, any integer or boolean
        dtype; floating point if every value is whole.
    ids : iterable of int, optional
        The classes to score; by default all in either array but the background. One
        that is in neither scores NaN and leaves the means.
    spacing : sequence of float, one per spatial axis, optional
        Distance of neighbouring pixels' centres, usually in micrometre; none means 1,
        and lengths are in pixels.
    tolerance : float, optional
        Of boundary F1 and surface Dice, in the unit of the spacing, 0 or more; by
        default twice the finest spacing.
    width : float, optional
        Of the bands of the boundary IoU, in the unit of the spacing, positive; by
        default 2 % of the diagonal of the spatial axes.
    ignore_id : int, optional
        The id in the truth whose pixels are void; never scored as a class.
    background_id : int or None, optional
        The id that is scored only if `ids` names it.
    n_frame_axes : int, optional
        How many leading axes count frames, for instance 1 for time. No surface and no
        distance runs from frame to frame; the boundary pixels of all frames are scored
        together, so that a class in one array only makes the distances infinite.
    progress : callable, optional
        Called with the part that is done, in 0 … 1. What it raises ends the scoring.

    Returns
    -------
    SurfaceReport
        Without classes if the arrays hold none.

    Raises
    ------
    InputError
        If shapes differ, values are no ids, the spacing is not one positive finite
        number per spatial axis, or a tolerance or width is not finite or negative.

    Examples
    --------
    >>> report = score_surfaces([0, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0], spacing=[0.5])
    >>> [(c.id, c.hausdorff, c.boundary_f1) for c in report.classes]
    [(1, 0.5, 1.0)]
    """
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    check_alike(true, pred)
    if not 0 <= n_frame_axes <= true.ndim:
        msg = (
            f"The number of frame axes must be 0 to {true.ndim}, as the label arrays "
            f"have {true.ndim} axes, but it is {n_frame_axes}."
        )
        raise InputError(msg)
    shape, n_spatial = true.shape, true.ndim - n_frame_axes
    extent = Extent.of(shape[n_frame_axes:], spacing)
    limit, band = extent.tolerance(tolerance), extent.width(width)
    n_frames = math.prod(shape[:n_frame_axes])
    true = as_ids(true.reshape(-1), "truth").reshape(n_frames, *extent.shape)
    pred = as_ids(pred.reshape(-1), "prediction").reshape(n_frames, *extent.shape)
    wanted = None if ids is None else {int(label) for label in ids} - {ignore_id}
    found: dict[int, list[_Measured]] = {label: [] for label in wanted or ()}
    for frame in range(n_frames):
        boxes = _joint_boxes(true[frame], pred[frame])
        if wanted is None:
            labels = [
                label for label in boxes if label not in (ignore_id, background_id)
            ]
        else:
            labels = [label for label in boxes if label in wanted]
        for done, label in enumerate(labels):
            measured = _measure(
                true[frame], pred[frame], label, boxes[label], extent, band, ignore_id
            )
            found.setdefault(label, []).append(measured)
            if progress is not None:
                progress((frame + (done + 1) / len(labels)) / n_frames)
    return SurfaceReport(
        classes=tuple(_score(label, found[label], limit) for label in sorted(found)),
        spacing=None if spacing is None else checked_spacing(spacing, n_spatial),
        tolerance=limit,
        width=band,
        ignore_id=ignore_id,
    )


def _joint_boxes(true: NDArray[Any], pred: NDArray[Any]) -> dict[int, Box]:
    """Return for each id the box that holds it in both arrays."""
    boxes = id_boxes(true)
    for label, (low, high) in id_boxes(pred).items():
        low_true, high_true = boxes.get(label, (low, high))
        boxes[label] = (
            tuple(map(min, low, low_true)),
            tuple(map(max, high, high_true)),
        )
    return boxes


def _measure(
    true: NDArray[Any],
    pred: NDArray[Any],
    label: int,
    box: Box,
    extent: Extent,
    band: float,
    ignore_id: int | None,
) -> _Measured:
    """Measure one id within its box."""
    widths = extent.pixels(band)
    # Without void, what lies beyond the box is not the id's, as beyond the rim.
    margins = widths if ignore_id is not None else (0,) * len(widths)
    window = tuple(
        slice(max(0, low - margin), high + 1 + margin)
        for low, high, margin in zip(*box, margins, strict=True)
    )
    void = None if ignore_id is None else true[window] == ignore_id
    masks = true[window] == label, pred[window] == label
    return _Measured(
        surface_distances(*masks, extent.spacing, void),
        band_counts(*masks, widths, void),
    )


def _score(label: int, parts: list[_Measured], tolerance: float) -> SurfaceScore:
    distances = pooled([part.distances for part in parts])
    return SurfaceScore(
        id=label,
        boundary_f1=distances.boundary_f1(tolerance),
        boundary_iou=sum((part.bands for part in parts), BandCounts()).iou,
        hausdorff=distances.hausdorff,
        hausdorff_95=distances.hausdorff_95,
        mean_distance=distances.mean,
        surface_dice=distances.surface_dice(tolerance),
    )
