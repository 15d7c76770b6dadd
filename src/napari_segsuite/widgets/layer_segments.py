"""What a Labels layer says of its ids: axes, classes, and class and score of each."""

from __future__ import annotations

import math
from typing import Any

from napari.layers import Labels

from napari_segsuite.data.axes import check_axes, guess_axes
from napari_segsuite.data.classes import ClassTable, table_of
from napari_segsuite.data.segmented_files import OBJECT
from napari_segsuite.data.segments import LARGEST_ID, Segment
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layer_classes import declared
from napari_segsuite.widgets.layers import full_resolution
from napari_segsuite.widgets.measure.segments import segment_classes


def labels_axes(layer: Labels) -> str:
    """Return the axes of a layer: as it names them, else guessed.

    Raises
    ------
    InputError
        If it has a number of dimensions that is not understood.
    """
    named = "".join(str(label).upper() for label in layer.axis_labels)
    try:
        if "C" not in named:
            check_axes(named, layer.ndim)
            return named
    except InputError:
        pass
    return guess_axes(full_resolution(layer).shape, labels=True)


def known_segments(layer: Labels) -> dict[int, Segment]:
    """Return class and score of each id, as the layer's features say them.

    Empty if they say no classes; ids and classes below 1 are left out.
    """
    classes = segment_classes(layer) or {}
    scores = _scores(layer)
    return {
        i: Segment(id=i, class_id=class_id, score=scores.get(i))
        for i, class_id in classes.items()
        if 0 < i <= LARGEST_ID and 0 < class_id <= LARGEST_ID
    }


def segment_table(layer: Labels, segments: dict[int, Segment]) -> ClassTable:
    """Return the classes of segments, as the layer or its features name them."""
    used = {one.class_id for one in segments.values()} or {OBJECT.id}
    known = {info.id: info for info in (OBJECT, *declared(layer))}
    for label, name in _names(layer, segments).items():
        info = known.get(label) or table_of((label,))[0]
        known[label] = info.replace(name=name)
    return table_of(used, tuple(known.values()))


def _names(layer: Labels, segments: dict[int, Segment]) -> dict[int, str]:
    """Return the names of classes that the features tell."""
    features = layer.features
    if "class" not in features or "index" not in features:
        return {}
    found = {}
    for label, name in zip(features["index"], features["class"], strict=True):
        number = _number(label)
        one = None if number is None else segments.get(int(number))
        if one is not None and str(name).strip():
            found[one.class_id] = str(name)[:200]
    return found


def _scores(layer: Labels) -> dict[int, float]:
    features = layer.features
    if "score" not in features or "index" not in features:
        return {}
    found = {}
    for label, score in zip(features["index"], features["score"], strict=True):
        value = _number(score)
        if value is not None and _number(label) is not None:
            found[int(label)] = value
    return found


def _number(value: Any) -> float | None:
    """Return a finite number of a feature table; None for what is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
