"""How far the surfaces of two layers lie apart, as the dock asks for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_segsuite.data.axes import KNOWN, SPATIAL, Spacing, guess_axes
from napari_segsuite.errors import InputError
from napari_segsuite.metrics import SurfaceReport, evaluate
from napari_segsuite.widgets.layers import full_resolution, spacing
from napari_segsuite.widgets.measure.meaning import Meaning
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.parts import OUTSIDE, ArrayPart, RegionPart

# Surfaces need whole arrays, and some copies of them: half a gigabyte each, at most.
MOST_PIXELS = 1 << 26


@dataclass(frozen=True, slots=True)
class Grid:
    """How the pixels of a layer lie in space.

    Parameters
    ----------
    order : tuple of int
        All axes of the layer, those of space last.
    n_frames : int
        How many axes are none of space, such as time.
    spacing : tuple of float or None
        Micrometre per pixel along the axes of space; None if the layer does not tell.
    """

    order: tuple[int, ...]
    n_frames: int
    spacing: Spacing | None


def grid_of(layer: Labels) -> Grid:
    """Return how the pixels of a layer lie in space, by its axis labels and scale.

    Raises
    ------
    InputError
        If the layer has more dimensions than are understood.
    """
    named = "".join(str(label).upper() for label in layer.axis_labels)
    known = len(named) == layer.ndim == len(set(named)) and set(named) <= set(KNOWN)
    if not known:
        named = guess_axes(full_resolution(layer).shape, labels=True)
    order = sorted(range(layer.ndim), key=lambda axis: named[axis] in SPATIAL)
    n_frames = sum(letter not in SPATIAL for letter in named)
    return Grid(tuple(order), n_frames, spacing(layer, named))


def measure_surfaces(
    comparison: Comparison,
    meaning: Meaning,
    grid: Grid,
    progress: Callable[[float], None],
) -> SurfaceReport:
    """Measure the surfaces of classes, of matched objects, or of segments' classes.

    Parameters
    ----------
    comparison : Comparison
        What is compared; copied first, so that painting may go on.
    meaning : Meaning
        How ids are read; must be that of scores that were taken.
    grid : Grid
        Of the truth's layer.
    progress : callable
        Called with the part that is done, in 0 … 1. What it raises ends the measuring.

    Returns
    -------
    SurfaceReport
        NaN for what has no surface; distances are in micrometre, or in pixels if the
        grid has no spacing.

    Raises
    ------
    InputError
        If there are more than `MOST_PIXELS` pixels.
    """
    if math.prod(comparison.shape) > MOST_PIXELS:
        msg = (
            f"Surfaces are measured of up to {MOST_PIXELS / 1e6:.0f} million pixels, "
            f"these are {math.prod(comparison.shape) / 1e6:,.0f} million. Score a "
            "slice or what is in view."
        )
        raise InputError(msg)
    ignore_id = None
    truth = comparison.truth
    if meaning.unpainted:
        ignore_id, truth = 0, truth.with_outside(0)
    elif isinstance(truth, RegionPart):
        ignore_id = OUTSIDE
    report = evaluate(
        _copied(truth, grid),
        _copied(comparison.prediction, grid),
        mode=meaning.mode,
        ignore_id=ignore_id,
        background_id=meaning.background_id,
        names=meaning.names,
        true_classes=meaning.true_segments,
        pred_classes=meaning.pred_segments,
        stuff_ids=meaning.stuff_ids,
        surfaces=True,
        spacing=grid.spacing,
        n_frame_axes=grid.n_frames,
        progress=progress,
    )
    if report.surfaces is None:
        msg = "No surfaces were measured."
        raise InputError(msg)
    return report.surfaces


def unit_of(report: SurfaceReport) -> str:
    """Return the unit of the report's distances."""
    return "px" if report.spacing is None else "µm"


def _copied(part: ArrayPart, grid: Grid) -> NDArray[np.integer]:
    pixels = part[tuple(slice(0, n) for n in part.shape)]
    return np.array(pixels.transpose(grid.order), order="C")
