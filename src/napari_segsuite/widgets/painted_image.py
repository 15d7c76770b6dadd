"""An image with labels that can be learned from."""

from __future__ import annotations

from dataclasses import dataclass

from napari.layers import Image, Labels

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.painted import PaintingSurvey
from napari_segsuite.jobs.training import Box
from napari_segsuite.widgets.label_meaning import Learn


@dataclass(frozen=True)
class PaintedImage:
    """An image with a painting that can be learned from."""

    images: tuple[Image, ...]
    """The image; several layers are its channels."""
    axes: str
    """The axes of each of them."""
    channels: int
    """Channels that they make together."""
    labels: Labels
    """The painting."""
    survey: PaintingSurvey
    """What is painted."""
    classes: ClassTable = ()
    """The classes to learn, with the layer's colours; none to learn objects."""
    unpainted_is_background: bool = False
    """Whether unpainted pixels are a class too."""
    learn: Learn = "classes"
    """What ids are."""
    annotated: tuple[Box, ...] = ()
    """To learn objects: the boxes in which all are drawn; none stand for the slices
    with objects."""
