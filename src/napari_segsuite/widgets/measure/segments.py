"""The class of each segment, where a layer says it."""

from __future__ import annotations

import math
from typing import Any

from napari.layers import Labels

from napari_segsuite.widgets.layer_classes import declared


def segment_classes(layer: Labels) -> dict[int, int] | None:
    """Return the class of each segment of a panoptic layer.

    The layer's features say it: ``index`` holds the id of a segment, and ``class_id``
    the id of its class; or ``class`` its name, which the layer's class table knows.

    Parameters
    ----------
    layer : Labels
        Any Labels layer.

    Returns
    -------
    dict of int to int, or None
        Without segments whose class is not told. None if no class is told at all.
    """
    features = layer.features
    if "index" not in features:
        return None
    if "class_id" in features:
        labels = [_whole(value) for value in features["class_id"]]
    elif "class" in features:
        by_name = {info.name: info.id for info in declared(layer)}
        labels = [by_name.get(str(name)) for name in features["class"]]
    else:
        return None
    ids = [_whole(value) for value in features["index"]]
    pairs = zip(ids, labels, strict=True)
    found = {i: label for i, label in pairs if i is not None and label is not None}
    return found or None


def _whole(value: Any) -> int | None:
    """Return a number of a feature table as int; None for what is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(value) if math.isfinite(number) and number == int(number) else None
