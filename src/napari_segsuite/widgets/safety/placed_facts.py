"""The facts that a journal keeps of a Labels layer, and the layer made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.widgets.layer_classes import classes_of, declared
from napari_segsuite.widgets.layers import (
    METADATA_KEY,
    class_colormap,
    class_features,
)


def facts_of(layer: Labels, *, unsaved: bool = False) -> LayerFacts:
    """Return name, place and classes of a layer as they are now."""
    return LayerFacts(
        # A name from a file system may hold what no text file can.
        name=layer.name.encode("utf-8", "replace").decode(),
        scale=tuple(float(x) for x in layer.scale),
        translate=tuple(float(x) for x in layer.translate),
        rotate=_rows(layer.rotate),
        shear=tuple(float(x) for x in layer.shear),
        affine=_rows(layer.affine.affine_matrix),
        units=tuple(str(unit) for unit in layer.units),
        axis_labels=tuple(layer.axis_labels),
        classes=classes_of(layer, (info.id for info in declared(layer))),
        unsaved=unsaved,
    )


def restored(facts: LayerFacts, array: NDArray[Any]) -> Labels:
    """Return a lost layer as a new one, where it was and with its classes.

    Parameters
    ----------
    facts : LayerFacts
        What is known of it.
    array : ndarray of integers or bool
        Its pixels; painted on from now on.
    """
    looks: dict[str, Any] = {}
    if facts.classes:
        looks = {
            "colormap": class_colormap(facts.classes),
            "features": class_features(facts.classes),
            "metadata": {
                METADATA_KEY: {"classes": [info.model_dump() for info in facts.classes]}
            },
        }
    return Labels(
        array,
        name=facts.name,
        scale=facts.scale,
        translate=facts.translate,
        rotate=np.array(facts.rotate),
        shear=facts.shear,
        affine=np.array(facts.affine),
        units=facts.units,
        axis_labels=facts.axis_labels,
        **looks,
    )


def _rows(matrix: Iterable[Iterable[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(x) for x in row) for row in matrix)
