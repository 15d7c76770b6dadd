"""The facts that a journal keeps of a layer, and the layer made of them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from napari.layers import Labels, Points, Shapes
from numpy.typing import NDArray
from pydantic import JsonValue, TypeAdapter, ValidationError

from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.data.journal.vectors import VectorState
from napari_segsuite.widgets.layer_classes import classes_of, declared
from napari_segsuite.widgets.layers import (
    METADATA_KEY,
    class_colormap,
    class_features,
)

FACTS = (
    "name",
    "scale",
    "translate",
    "rotate",
    "shear",
    "affine",
    "units",
    "axis_labels",
    "metadata",
)
"""The events of any layer that tell of a new fact."""

# Notes of this package: classes are kept as such, the others end with their layer.
_PASSING = {"classes", "preview", "overlay"}
_JSON = TypeAdapter[JsonValue](JsonValue)


def facts_of(layer: Labels, *, unsaved: bool = False) -> LayerFacts:
    """Return name, place, classes and metadata of a layer as they are now."""
    classes = classes_of(layer, (info.id for info in declared(layer)))
    return vector_facts(layer, unsaved=unsaved).replace(classes=classes)


def vector_facts(
    layer: Labels | Points | Shapes, *, unsaved: bool = False
) -> LayerFacts:
    """Return name, place and metadata of a layer as they are now."""
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
        metadata=_metadata(layer),
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
    metadata: dict[str, Any] = dict(facts.metadata)
    if facts.classes:
        looks = {
            "colormap": class_colormap(facts.classes),
            "features": class_features(facts.classes),
        }
        metadata["classes"] = [info.model_dump() for info in facts.classes]
    return Labels(array, **looks, **_placed(facts, metadata))


def restored_vectors(facts: LayerFacts, state: VectorState) -> Points | Shapes:
    """Return lost points or shapes as a new layer, where they were.

    Parameters
    ----------
    facts : LayerFacts
        What is known of the layer.
    state : VectorState
        The points or shapes; at least one.
    """
    features = {name: list(values) for name, values in state.features.items()}
    placed = _placed(facts, dict(facts.metadata))
    if state.kind == "points":
        return Points(
            np.array([point[0] for point in state.vertices]),
            symbol=list(state.kinds),
            size=np.array(state.sizes),
            face_color=np.array(state.face_colors),
            border_color=np.array(state.edge_colors),
            features=features,
            **placed,
        )
    return Shapes(
        [np.array(one) for one in state.vertices],
        shape_type=list(state.kinds),
        edge_width=list(state.sizes),
        face_color=np.array(state.face_colors),
        edge_color=np.array(state.edge_colors),
        features=features,
        **placed,
    )


def _placed(facts: LayerFacts, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": facts.name,
        "scale": facts.scale,
        "translate": facts.translate,
        "rotate": np.array(facts.rotate),
        "shear": facts.shear,
        "affine": np.array(facts.affine),
        "units": facts.units,
        "axis_labels": facts.axis_labels,
        "metadata": {METADATA_KEY: metadata} if metadata else {},
    }


def _metadata(layer: Labels | Points | Shapes) -> dict[str, Any]:
    kept = {}
    for name, value in layer.metadata.get(METADATA_KEY, {}).items():
        # What JSON cannot hold is not ours to keep.
        with suppress(ValidationError):
            if name not in _PASSING:
                kept[str(name)] = _JSON.validate_python(value)
    return kept


def _rows(matrix: Iterable[Iterable[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(x) for x in row) for row in matrix)
