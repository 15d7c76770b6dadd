"""All the predictions of a viewer that can be scored against one truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from napari.layers import Labels

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import is_overlay
from napari_segsuite.widgets.measure.bench import Contender
from napari_segsuite.widgets.measure.meaning import Meaning
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.segments import segment_classes
from napari_segsuite.widgets.measure.surface_scores import Grid, measure_surfaces


def contenders_of(
    viewer: Any,
    truth: Labels,
    meaning: Meaning,
    compare: Callable[[Labels, Labels], Comparison],
    grid: Grid | None = None,
) -> list[Contender]:
    """Return every other Labels layer, with what is to be compared or why not.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Whose layers compete.
    truth : Labels
        What counts as right.
    meaning : Meaning
        How ids are read, in all of them.
    compare : callable
        Returns what is compared of truth and prediction; raises `InputError` if they
        do not fit each other.
    grid : Grid, optional
        How the truth's pixels lie in space: surfaces are measured too.
    """
    found = []
    for layer in viewer.layers:
        if not isinstance(layer, Labels) or layer is truth or is_overlay(layer):
            continue
        try:
            comparison = compare(truth, layer)
        except InputError as error:
            found.append(Contender(layer, layer.name, problem=str(error)))
            continue
        own = meaning
        if meaning.mode == "panoptic":
            own = replace(meaning, pred_segments=segment_classes(layer) or {})
        found.append(
            Contender(
                layer,
                layer.name,
                comparison.truth,
                comparison.prediction,
                own.score,
                comparison.where,
                surfaces=None
                if grid is None
                else partial(measure_surfaces, comparison, own, grid),
            )
        )
    return found
