"""The pixel's extent, and lengths that are counted in it by default."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from napari_segsuite.errors import InputError

# Design's default tolerance; Csurka et al. take 0.75 % of the diagonal, which lets
# more pass the larger the picture is.
_TOLERANCE_PIXELS = 2.0
# Cheng et al. (2021), section 4: 2 % of the image's diagonal.
_WIDTH_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Extent:
    """The axes along which surfaces run: their lengths and spacing.

    Axes of length 1 have no extent and are left out, so that a stack of one slice
    scores as that slice does, not as a sheet that is surface all over. A single pixel
    keeps one axis.

    Parameters
    ----------
    shape : tuple of int
        Pixels per axis; at least one axis.
    spacing : tuple of float
        Distance of neighbouring pixels' centres per axis, positive.
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]

    @classmethod
    def of(cls, shape: Sequence[int], spacing: Sequence[float] | None) -> Self:
        """Return the extent of arrays of `shape`.

        Parameters
        ----------
        shape : sequence of int
            Lengths of the spatial axes, with those of length 1.
        spacing : sequence of float, one per axis of `shape`, or None
            None is 1 for each: distances are in pixels.

        Raises
        ------
        InputError
            If the spacing has another length, or is not finite and positive.
        """
        checked = checked_spacing(spacing, len(shape))
        kept = [
            (int(n), step) for n, step in zip(shape, checked, strict=True) if n != 1
        ] or [(1, checked[-1] if checked else 1.0)]
        return cls(tuple(n for n, _ in kept), tuple(step for _, step in kept))

    def tolerance(self, tolerance: float | None) -> float:
        """Return the tolerance; None is twice the finest spacing.

        Raises
        ------
        InputError
            If it is negative or not finite.
        """
        if tolerance is None:
            return _TOLERANCE_PIXELS * min(self.spacing)
        value = _number(tolerance)
        if not (math.isfinite(value) and value >= 0):
            msg = (
                "The tolerance must be a finite length of 0 or more, in the unit of "
                f"the spacing, but it is {tolerance}. Give a length, or none for two "
                "pixels."
            )
            raise InputError(msg)
        return value

    def width(self, width: float | None) -> float:
        """Return the width of bands; None is 2 % of the diagonal.

        Raises
        ------
        InputError
            If it is not positive or not finite.
        """
        if width is None:
            sides = (n * s for n, s in zip(self.shape, self.spacing, strict=True))
            return _WIDTH_SHARE * math.hypot(*sides)
        value = _number(width)
        if not (math.isfinite(value) and value > 0):
            msg = (
                "The width of the boundary's band must be a positive, finite length "
                f"in the unit of the spacing, but it is {width}. Give a length, or "
                "none for 2 % of the diagonal."
            )
            raise InputError(msg)
        return value

    def pixels(self, width: float) -> tuple[int, ...]:
        """Return a width in pixels per axis: rounded, at least 1, at most the axis."""
        return tuple(
            max(1, round(min(width / step, n)))
            for n, step in zip(self.shape, self.spacing, strict=True)
        )


def checked_spacing(spacing: Sequence[float] | None, n_axes: int) -> tuple[float, ...]:
    """Return the spacing of `n_axes` spatial axes; ones if it is None.

    Raises
    ------
    InputError
        If it has another length, or is not finite and positive.
    """
    if spacing is None:
        return (1.0,) * n_axes
    given = np.ravel(np.asarray(spacing, dtype=object)).tolist()
    values = tuple(_number(value) for value in given)
    valid = all(math.isfinite(value) and value > 0 for value in values)
    if len(values) != n_axes or not valid:
        msg = (
            f"The spacing must be {n_axes} positive, finite numbers, one for each "
            f"spatial axis, but it is {tuple(given)}. Correct the image's scale, or "
            "give no spacing to measure in pixels."
        )
        raise InputError(msg)
    return values


def _number(value: Any) -> float:
    """Return `value` as a float; NaN if it is no number."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
