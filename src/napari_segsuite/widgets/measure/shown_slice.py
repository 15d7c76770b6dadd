"""The slice that is shown, of layers and of what is compared of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels

from napari_segsuite.widgets.measure.judged import Rule
from napari_segsuite.widgets.measure.meaning import Meaning
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.parts import OUTSIDE, ArrayPart
from napari_segsuite.widgets.measure.slice_pixels import image_slice, shown_image

if TYPE_CHECKING:
    from napari_segsuite.metrics.html_page import Picture
    from napari_segsuite.widgets.measure.pictures import Colors


def rule_of(meaning: Meaning, target: int | None = None) -> Rule:
    """Return how the overlay reads ids; goes with `judged_truth`.

    Parameters
    ----------
    meaning : Meaning
        How scores read them.
    target : int, optional
        The one class to judge.
    """
    background = 0 if meaning.mode == "panoptic" else meaning.background_id
    return Rule(
        background_id=background,
        ignore_id=0 if meaning.unpainted else OUTSIDE,
        target=target,
        by_class=meaning.mode == "classes",
    )


def judged_truth(comparison: Comparison, meaning: Meaning) -> ArrayPart:
    """Return the truth with the rule's ignored id beyond the region of interest."""
    return comparison.truth.with_outside(0 if meaning.unpainted else OUTSIDE)


def go_to_slice(viewer: Any, layer: Labels, axis: int, index: int) -> None:
    """Move the viewer to a slice of a layer.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The viewer.
    layer : Labels
        The layer.
    axis, index : int
        Its axis, and the pixel along it.
    """
    pixel = np.array(layer.world_to_data(viewer.dims.point))
    pixel[axis] = index
    world = layer.data_to_world(pixel)
    viewer.dims.set_point(viewer.dims.ndim - layer.ndim + axis, float(world[axis]))


def current_slice(viewer: Any, layer: Labels, axis: int) -> int:
    """Return the pixel of a layer at the viewer's point along an axis."""
    return round(float(layer.world_to_data(viewer.dims.point)[axis]))


def pictures_of(
    viewer: Any,
    pair: tuple[Labels, Labels],
    comparison: Comparison,
    meaning: Meaning,
) -> tuple[Picture, ...]:
    """Return pictures of the slice shown, for the page of a report.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Says which slice, and which image lies below.
    pair : (Labels, Labels)
        Truth and prediction.
    comparison : Comparison
        What was compared of them.
    meaning : Meaning
        How their ids were read.
    """
    # Pillow takes a while to load: not with the dock.
    from napari_segsuite.widgets.measure.pictures import report_pictures

    truth, prediction = pair
    surplus = viewer.dims.ndim - truth.ndim
    displayed = sorted(a - surplus for a in viewer.dims.displayed if a >= surplus)[-2:]
    window: list[slice] = []
    plane: list[int | slice] = []
    below: list[int | slice] = []
    for axis, size in enumerate(comparison.shape):
        start = comparison.offset[axis]
        if axis in displayed:
            window.append(slice(0, size))
            plane.append(slice(None))
            below.append(slice(start, start + size))
            continue
        at = int(np.clip(current_slice(viewer, truth, axis) - start, 0, size - 1))
        window.append(slice(at, at + 1))
        plane.append(0)
        below.append(start + at)
    part = tuple(window)
    image = shown_image(viewer.layers, truth)
    limits = None
    if image is not None and not image.rgb:
        low, high = image.contrast_limits
        limits = float(low), float(high)
    return report_pictures(
        truth=judged_truth(comparison, meaning)[part][tuple(plane)],
        prediction=comparison.prediction[part][tuple(plane)],
        true_colors=_inside(truth.colormap.map),
        pred_colors=prediction.colormap.map,
        rule=rule_of(meaning),
        image=None if image is None else image_slice(image, tuple(below)),
        limits=limits,
    )


def _inside(colors: Colors) -> Colors:
    return lambda ids: colors(np.where(ids == OUTSIDE, 0, ids))
