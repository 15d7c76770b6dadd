"""What a journal knows of a layer besides its pixels, points or shapes."""

from __future__ import annotations

from pydantic import Field, JsonValue

from napari_segsuite._model import Model
from napari_segsuite.data.classes import ClassTable


class LayerFacts(Model):
    """The name, the place in the world and the classes of a layer."""

    name: str
    """The layer's name."""
    scale: tuple[float, ...]
    """World units per pixel, per axis."""
    translate: tuple[float, ...]
    """World position of the first pixel, per axis."""
    rotate: tuple[tuple[float, ...], ...]
    """Rotation matrix, one row per axis."""
    shear: tuple[float, ...]
    """The upper triangle of the shear matrix, row by row."""
    affine: tuple[tuple[float, ...], ...]
    """A further transform in homogeneous coordinates, one more row than axes."""
    units: tuple[str, ...]
    """The unit of each axis, as ``"micrometer"``."""
    axis_labels: tuple[str, ...]
    """What each axis is called."""
    classes: ClassTable = ()
    """The class table as far as classes were named, in the layer's colours."""
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    """What else this package notes of the layer, such as the prompts of its objects."""
    unsaved: bool = False
    """Whether the layer has content that is in no file of the user's."""
