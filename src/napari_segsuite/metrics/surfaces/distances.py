"""How far the boundaries of two masks lie apart: measured once, scored many ways."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.metrics.surfaces.boundary import Mask, boundary

# A distance that equals the tolerance is within it, whichever way it was rounded.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceDistances:
    """From each boundary pixel of one mask to the nearest one of the other.

    Parameters
    ----------
    true_to_pred : ndarray of float64, shape (boundary pixels of the truth,)
        In units of the spacing, any order; all infinite if the prediction has no
        boundary.
    pred_to_true : ndarray of float64, shape (boundary pixels of the prediction,)
        The other way round.
    """

    true_to_pred: NDArray[np.float64]
    pred_to_true: NDArray[np.float64]

    @property
    def hausdorff(self) -> float:
        """The largest distance of both directions; NaN without any boundary."""
        return self._largest_quantile(1.0)

    @property
    def hausdorff_95(self) -> float:
        """The larger of both directions' 95th percentiles; NaN without any boundary."""
        return self._largest_quantile(0.95)

    @property
    def mean(self) -> float:
        """Mean over the boundary pixels of both; NaN without any boundary."""
        n = self.true_to_pred.size + self.pred_to_true.size
        summed = float(self.true_to_pred.sum() + self.pred_to_true.sum())
        return summed / n if n else math.nan

    @property
    def mean_true_to_pred(self) -> float:
        """Mean over the truth's boundary pixels; NaN if it has none."""
        return _mean(self.true_to_pred)

    @property
    def mean_pred_to_true(self) -> float:
        """Mean over the prediction's boundary pixels; NaN if it has none."""
        return _mean(self.pred_to_true)

    def boundary_f1(self, tolerance: float) -> float:
        """Harmonic mean of both shares within `tolerance`; NaN without any boundary."""
        n_true, n_pred = self.true_to_pred.size, self.pred_to_true.size
        if not n_true + n_pred:
            return math.nan
        if not (n_true and n_pred):
            return 0.0
        recall = _n_within(self.true_to_pred, tolerance) / n_true
        precision = _n_within(self.pred_to_true, tolerance) / n_pred
        both = precision + recall
        return 2 * precision * recall / both if both else 0.0

    def surface_dice(self, tolerance: float) -> float:
        """Share of all boundary pixels within `tolerance`; NaN without any."""
        n = self.true_to_pred.size + self.pred_to_true.size
        within = _n_within(self.true_to_pred, tolerance)
        within += _n_within(self.pred_to_true, tolerance)
        return within / n if n else math.nan

    def _largest_quantile(self, part: float) -> float:
        directions = [d for d in (self.true_to_pred, self.pred_to_true) if d.size]
        return max((_quantile(d, part) for d in directions), default=math.nan)


def surface_distances(
    true: Mask,
    pred: Mask,
    spacing: Sequence[float],
    void: Mask | None = None,
) -> SurfaceDistances:
    """Measure exactly from each boundary to the other, both ways.

    Pixels that both boundaries share are 0 apart and need no search; the others ask a
    tree of the other's boundary pixels, which costs what the surfaces are large, not
    what the image is.

    Parameters
    ----------
    true, pred : ndarray of bool
        Masks of one shape, any number of axes.
    spacing : sequence of float, one per axis
        Distance of neighbouring pixels' centres, positive.
    void : ndarray of bool, same shape, optional
        Pixels that are not scored, see `boundary`.

    Returns
    -------
    SurfaceDistances
        Without any distance if neither mask has a boundary.
    """
    true_edge = boundary(true, void)
    pred_edge = boundary(pred, void)
    return SurfaceDistances(
        _nearest(true_edge, pred_edge, spacing), _nearest(pred_edge, true_edge, spacing)
    )


def pooled(parts: Sequence[SurfaceDistances]) -> SurfaceDistances:
    """Return the distances of several pairs of masks together, for instance frames."""
    nothing = [np.empty(0)]
    return SurfaceDistances(
        np.concatenate([part.true_to_pred for part in parts] or nothing),
        np.concatenate([part.pred_to_true for part in parts] or nothing),
    )


def _nearest(
    source: Mask, target: Mask, spacing: Sequence[float]
) -> NDArray[np.float64]:
    """Return for each pixel of `source` its distance to the nearest of `target`."""
    n_source = int(np.count_nonzero(source))
    if not n_source or not target.any():
        return np.full(n_source, np.inf)
    apart = source & ~target
    if not apart.any():
        return np.zeros(n_source)

    from scipy.spatial import cKDTree

    scale = np.asarray(spacing, dtype=np.float64)
    # Pixels lie evenly: a balanced tree costs more than it saves.
    tree = cKDTree(
        np.argwhere(target) * scale, 32, compact_nodes=False, balanced_tree=False
    )
    found = np.asarray(tree.query(np.argwhere(apart) * scale)[0], np.float64)
    return np.concatenate([found, np.zeros(n_source - found.size)])


def _n_within(distances: NDArray[np.float64], tolerance: float) -> int:
    return int(np.count_nonzero(distances <= tolerance * (1 + _ROUNDING)))


def _mean(distances: NDArray[np.float64]) -> float:
    return float(distances.mean()) if distances.size else math.nan


def _quantile(distances: NDArray[np.float64], part: float) -> float:
    """Return the quantile with linear interpolation, also among infinite distances.

    numpy's own returns NaN there, as infinity less infinity.
    """
    position = part * (distances.size - 1)
    below, above = math.floor(position), math.ceil(position)
    ordered = np.partition(distances, [below, above])
    low, high = float(ordered[below]), float(ordered[above])
    return low if low == high else low + (position - below) * (high - low)
