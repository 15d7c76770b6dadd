"""Scores of the surfaces of two masks, each by its own function.

All take two masks of one shape, any number of axes, of any dtype: what is not zero is
in the mask. `spacing` is the distance of neighbouring pixels' centres along each axis,
usually in micrometre; none means 1, and lengths are in pixels. The boundary is the
inner one, by face neighbours; a mask that touches the array's rim ends there. Axes of
length 1 are left out. With a boundary in neither mask every score is NaN; in one only,
shares are 0 and distances infinite.

`score_surfaces` computes all of them for all classes from one measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.label_arrays import check_alike
from napari_segsuite.metrics.surfaces.bands import band_counts
from napari_segsuite.metrics.surfaces.boundary import Mask
from napari_segsuite.metrics.surfaces.distances import (
    SurfaceDistances,
    surface_distances,
)
from napari_segsuite.metrics.surfaces.extent import Extent


def boundary_f1(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    spacing: Sequence[float] | None = None,
    tolerance: float | None = None,
) -> float:
    """Return the boundary F1, ``2 P R / (P + R)``, in 0 … 1.

    P is the share of the prediction's boundary pixels that lie within `tolerance` of
    the truth's boundary, R the share of the truth's that lie within it of the
    prediction's. Csurka et al. ask for less than the tolerance; here a distance that
    equals it is within, so that 0 asks for equal boundaries.

    Parameters
    ----------
    y_true, y_pred : array_like
        Masks, see the module.
    spacing : sequence of float, optional
        One per axis, see the module.
    tolerance : float, optional
        In the unit of the spacing, 0 or more; by default twice the finest spacing.

    Returns
    -------
    float
        NaN if neither mask has a boundary, 0 if only one has.

    Raises
    ------
    InputError
        If the shapes differ, a mask holds NaN, the spacing is not one positive finite
        number per axis, or the tolerance is negative or not finite.

    References
    ----------
    Csurka G., Larlus D., Perronnin F. (2013), What is a good evaluation measure for
    semantic segmentation? BMVC.
    """
    true, pred, extent = _prepared(y_true, y_pred, spacing)
    limit = extent.tolerance(tolerance)
    return surface_distances(true, pred, extent.spacing).boundary_f1(limit)


def surface_dice(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    spacing: Sequence[float] | None = None,
    tolerance: float | None = None,
) -> float:
    """Return the normalised surface Dice (NSD), in 0 … 1.

    The boundary pixels of both masks that lie within `tolerance` of the other's
    boundary, divided by all boundary pixels of both. The surface's size is its number
    of boundary pixels, as in MONAI's `compute_surface_dice`; with its `use_subvoxels`,
    MONAI weighs by the area of a surface laid between the pixels, as DeepMind's
    surface-distance does, and gives other values.

    Parameters
    ----------
    y_true, y_pred : array_like
        Masks, see the module.
    spacing : sequence of float, optional
        One per axis, see the module.
    tolerance : float, optional
        In the unit of the spacing, 0 or more; by default twice the finest spacing. A
        distance that equals it is within.

    Returns
    -------
    float
        NaN if neither mask has a boundary, 0 if only one has.

    Raises
    ------
    InputError
        If the shapes differ, a mask holds NaN, the spacing is not one positive finite
        number per axis, or the tolerance is negative or not finite.

    References
    ----------
    Nikolov S. et al. (2021), J. Med. Internet Res. 23(7), e26151; in the form of
    Seidlitz S. et al. (2022), Med. Image Anal. 80, 102488.
    """
    true, pred, extent = _prepared(y_true, y_pred, spacing)
    limit = extent.tolerance(tolerance)
    return surface_distances(true, pred, extent.spacing).surface_dice(limit)


def boundary_iou(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    spacing: Sequence[float] | None = None,
    width: float | None = None,
) -> float:
    """Return the boundary IoU: intersection over union of the bands, in 0 … 1.

    The band of a mask is its pixels within `width` of its outside: those from which
    the mask is left within ``round(width / spacing)`` pixels, at least one, along
    every axis at most. On isotropic images this is the authors' program (erosion by a
    3 × 3 square, repeated), to the pixel.

    Parameters
    ----------
    y_true, y_pred : array_like
        Masks, see the module.
    spacing : sequence of float, optional
        One per axis, see the module.
    width : float, optional
        In the unit of the spacing, positive; by default 2 % of the array's diagonal,
        as in the paper.

    Returns
    -------
    float
        NaN if both masks are empty, 0 if one is.

    Raises
    ------
    InputError
        If the shapes differ, a mask holds NaN, the spacing is not one positive finite
        number per axis, or the width is not positive and finite.

    References
    ----------
    Cheng B. et al. (2021), Boundary IoU: improving object-centric image segmentation
    evaluation. CVPR.
    """
    true, pred, extent = _prepared(y_true, y_pred, spacing)
    return band_counts(true, pred, extent.pixels(extent.width(width))).iou


def hausdorff(
    y_true: ArrayLike, y_pred: ArrayLike, *, spacing: Sequence[float] | None = None
) -> float:
    """Return the Hausdorff distance: the largest distance of both directions.

    Parameters
    ----------
    y_true, y_pred : array_like
        Masks, see the module.
    spacing : sequence of float, optional
        One per axis, see the module.

    Returns
    -------
    float
        0 or more, in the unit of the spacing; NaN if neither mask has a boundary,
        infinite if only one has.

    Raises
    ------
    InputError
        If the shapes differ, a mask holds NaN, or the spacing is not one positive
        finite number per axis.

    References
    ----------
    Huttenlocher D. P., Klanderman G. A., Rucklidge W. J. (1993), IEEE Trans. PAMI
    15(9), 850-863.
    """
    return _distances(y_true, y_pred, spacing).hausdorff


def hausdorff_95(
    y_true: ArrayLike, y_pred: ArrayLike, *, spacing: Sequence[float] | None = None
) -> float:
    """Return the Hausdorff distance with the 95th percentile in place of the maximum.

    The percentile is taken of each direction's distances, with linear interpolation
    (numpy's default), and the larger of both is returned, as MONAI does. Programs that
    take one percentile of both directions together (medpy) give less.

    Parameters
    ----------
    y_true, y_pred : array_like
        Masks, see the module.
    spacing : sequence of float, optional
        One per axis, see the module.

    Returns
    -------
    float
        0 or more, in the unit of the spacing; NaN if neither mask has a boundary,
        infinite if only one has.

    Raises
    ------
    InputError
        If the shapes differ, a mask holds NaN, or the spacing is not one positive
        finite number per axis.
    """
    return _distances(y_true, y_pred, spacing).hausdorff_95


def average_surface_distance(
    y_true: ArrayLike, y_pred: ArrayLike, *, spacing: Sequence[float] | None = None
) -> float:
    """Return the symmetric average surface distance.

    The mean over the boundary pixels of both masks together of their distance to the
    other's boundary; the same as MONAI's with ``symmetric=True``. It is not the mean
    of the two directed means unless both boundaries are equally long.

    Parameters
    ----------
    y_true, y_pred : array_like
        Masks, see the module.
    spacing : sequence of float, optional
        One per axis, see the module.

    Returns
    -------
    float
        0 or more, in the unit of the spacing; NaN if neither mask has a boundary,
        infinite if only one has.

    Raises
    ------
    InputError
        If the shapes differ, a mask holds NaN, or the spacing is not one positive
        finite number per axis.

    References
    ----------
    Heimann T. et al. (2009), IEEE Trans. Med. Imaging 28(8), 1251-1265.
    """
    return _distances(y_true, y_pred, spacing).mean


def directed_surface_distance(
    y_from: ArrayLike, y_to: ArrayLike, *, spacing: Sequence[float] | None = None
) -> float:
    """Return the mean distance from one mask's boundary to the other's.

    MONAI's `compute_average_surface_distance(a, b)` is this from `a` to `b`.

    Parameters
    ----------
    y_from, y_to : array_like
        Masks, see the module.
    spacing : sequence of float, optional
        One per axis, see the module.

    Returns
    -------
    float
        0 or more, in the unit of the spacing; NaN if `y_from` has no boundary,
        infinite if only `y_from` has one.

    Raises
    ------
    InputError
        If the shapes differ, a mask holds NaN, or the spacing is not one positive
        finite number per axis.
    """
    return _distances(y_from, y_to, spacing).mean_true_to_pred


def _distances(
    y_true: ArrayLike, y_pred: ArrayLike, spacing: Sequence[float] | None
) -> SurfaceDistances:
    true, pred, extent = _prepared(y_true, y_pred, spacing)
    return surface_distances(true, pred, extent.spacing)


def _prepared(
    y_true: ArrayLike, y_pred: ArrayLike, spacing: Sequence[float] | None
) -> tuple[Mask, Mask, Extent]:
    """Return both masks without axes of length 1, cropped to where either is."""
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    check_alike(true, pred)
    extent = Extent.of(true.shape, spacing)
    true_mask = _mask(true, "truth").reshape(extent.shape)
    pred_mask = _mask(pred, "prediction").reshape(extent.shape)
    window = _window(true_mask | pred_mask)
    return true_mask[window], pred_mask[window], extent


def _mask(array: NDArray[Any], what: str) -> Mask:
    if array.dtype.kind == "f" and np.isnan(array).any():
        msg = (
            f"The {what} must be a mask, but some of its values are NaN. Replace them "
            "by 0 where nothing is."
        )
        raise InputError(msg)
    return np.asarray(array != 0)


def _window(mask: Mask) -> tuple[slice, ...]:
    """Return the smallest window that holds the mask; an empty one if it is empty."""
    window = []
    for axis in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        filled = np.flatnonzero(mask.any(axis=others))
        window.append(slice(filled[0], filled[-1] + 1) if filled.size else slice(0))
    return tuple(window)
