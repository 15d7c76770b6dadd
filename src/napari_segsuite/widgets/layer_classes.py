"""The class table of a painted layer: names and colours, both kept in the layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from napari.layers import Labels
from pydantic import ValidationError

from napari_segsuite.data.classes import ClassInfo, ClassTable, table_of
from napari_segsuite.widgets.layers import METADATA_KEY, class_features

FIRST_CLASSES: Final = (1, 2)
"""What a new painting begins with: background, and what is looked for."""


def classes_of(layer: Labels, ids: Iterable[int]) -> ClassTable:
    """Return the class table of `layer` for `ids`, in the layer's colours."""
    table = table_of(ids, declared(layer))
    return tuple(info.replace(color=color_of(layer, info.id)) for info in table)


def declared(layer: Labels) -> ClassTable:
    """Return the classes that were named in this layer, but for damaged entries."""
    entries = layer.metadata.get(METADATA_KEY, {}).get("classes", ())
    found = []
    for entry in entries:
        try:
            found.append(ClassInfo.model_validate(entry))
        except ValidationError:
            continue
    return tuple(found)


def declare(layer: Labels, classes: Sequence[ClassInfo]) -> None:
    """Keep the names of classes in the layer; the status bar shows them too."""
    known = {info.id: info for info in declared(layer)}
    known.update({info.id: info for info in classes})
    table = [known[i] for i in sorted(known)]
    facts = {**layer.metadata.get(METADATA_KEY, {})}
    facts["classes"] = [info.model_dump() for info in table]
    layer.metadata = {**layer.metadata, METADATA_KEY: facts}
    if set(layer.features.columns) <= {"index", "class"}:
        layer.features = class_features(table)


def offered_ids(layer: Labels) -> tuple[int, ...]:
    """Return the ids to offer for painting: those named, or two to begin with."""
    return tuple(info.id for info in declared(layer)) or FIRST_CLASSES


def color_of(layer: Labels, label: int) -> str:
    """Return the colour in which the layer draws `label`, as ``#rrggbb``."""
    rgba = np.asarray(layer.colormap.map(label), float).ravel()
    red, green, blue = (round(255 * channel) for channel in rgba[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"
