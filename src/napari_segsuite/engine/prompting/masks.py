"""Masks that are parts of a plane: how far two agree, and how one stands out."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation

from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.engine.prompting.model import Candidate, Plane

Offset = tuple[int, int]
Mask = npt.NDArray[np.bool_]


def iou(mask: Mask, offset: Offset, other: Mask, other_offset: Offset) -> float:
    """Return the intersection over union of two parts of one plane.

    Parameters
    ----------
    mask, other : array of bool, (height, width)
        The parts; all else lies outside.
    offset, other_offset : (int, int)
        (y, x) of their first pixels in the plane.

    Returns
    -------
    float
        From 0 to 1; 0 if both are empty.
    """
    common = intersection(mask, offset, other, other_offset)
    union = int(np.count_nonzero(mask)) + int(np.count_nonzero(other)) - common
    return common / union if union else 0.0


def intersection(mask: Mask, offset: Offset, other: Mask, other_offset: Offset) -> int:
    """Return how many pixels two parts of one plane share; parameters as of `iou`."""
    top, left = np.maximum(offset, other_offset)
    bottom = min(offset[0] + mask.shape[0], other_offset[0] + other.shape[0])
    right = min(offset[1] + mask.shape[1], other_offset[1] + other.shape[1])
    if top >= bottom or left >= right:
        return 0
    mine = mask[top - offset[0] : bottom - offset[0], left - offset[1] :]
    theirs = other[top - other_offset[0] : bottom - other_offset[0]]
    theirs = theirs[:, left - other_offset[1] :]
    width = right - left
    return int(np.count_nonzero(mine[:, :width] & theirs[:, :width]))


def contrast(plane: Plane, mask: MaskRuns) -> npt.NDArray[np.float64]:
    """Return how an object differs from what lies around it.

    Parameters
    ----------
    plane : array of float32, (C, Y, X)
        What the model sees.
    mask : MaskRuns
        The object; it lies inside the plane.

    Returns
    -------
    array of float64, (C,)
        Mean inside less mean of a ring around it, as wide as half the radius of a
        disc of the same area, but 2 pixels at least; zero where either is empty.
    """
    width = max(2, round(math.sqrt(mask.area / math.pi) / 2))
    inside = np.pad(mask.array(), width)
    around = binary_dilation(inside, iterations=width) & ~inside
    top, left = mask.offset[0] - width, mask.offset[1] - width
    # What of the ring lies outside the plane is left out.
    rows = slice(max(0, -top), min(inside.shape[0], plane.shape[1] - top))
    columns = slice(max(0, -left), min(inside.shape[1], plane.shape[2] - left))
    inside, around = inside[rows, columns], around[rows, columns]
    if not inside.any() or not around.any():
        return np.zeros(len(plane))
    part = plane[
        :,
        top + rows.start : top + rows.stop,
        left + columns.start : left + columns.stop,
    ]
    difference = part[:, inside].mean(axis=1) - part[:, around].mean(axis=1)
    return np.asarray(difference, np.float64)


def runs(candidate: Candidate) -> MaskRuns:
    """Return the mask of a candidate as runs."""
    return MaskRuns.of(candidate.mask, candidate.offset)
