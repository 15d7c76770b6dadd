"""The bands along two boundaries, and how much they share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_segsuite.metrics.surfaces.boundary import Mask, inner_band


@dataclass(frozen=True, slots=True)
class BandCounts:
    """Pixels of the bands along the insides of two masks; counts add up.

    Parameters
    ----------
    n_both : int
        Pixels in both bands.
    n_either : int
        Pixels in at least one.
    """

    n_both: int = 0
    n_either: int = 0

    def __add__(self, other: BandCounts) -> BandCounts:
        """Return the counts of both parts together."""
        return BandCounts(self.n_both + other.n_both, self.n_either + other.n_either)

    @property
    def iou(self) -> float:
        """Shared part of the bands, in 0 … 1; NaN if neither mask has one."""
        return self.n_both / self.n_either if self.n_either else math.nan


def band_counts(
    true: Mask, pred: Mask, widths: Sequence[int], void: Mask | None = None
) -> BandCounts:
    """Count the bands of two masks; the parameters are those of `inner_band`."""
    true_band = inner_band(true, widths, void)
    pred_band = inner_band(pred, widths, void)
    return BandCounts(
        int(np.count_nonzero(true_band & pred_band)),
        int(np.count_nonzero(true_band | pred_band)),
    )
