"""Objects that were found as layers: labels with what is known of each, and boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from napari.layers import Image, Labels, Shapes
from napari.utils.colormaps import label_colormap
from numpy.typing import NDArray

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.object_boxes import id_extents
from napari_segsuite.data.segments import Segment, features
from napari_segsuite.widgets.layers import METADATA_KEY, labels_result, placement

# Colours that napari gives labels by default.
_COLOURS: Final = 49

MOST_BOXES: Final = 2000
"""More rectangles make napari slow: it draws each on its own."""


def objects_result(
    array: Any,
    *,
    like: Image | Labels,
    axes: str,
    offset: Sequence[int],
    name: str,
    segments: Sequence[Segment],
    classes: Sequence[ClassInfo],
    provenance: Mapping[str, Any],
) -> Labels:
    """Return a new Labels layer with one id per object, neighbours in other colours.

    Parameters
    ----------
    array : array of int32, axes of the image without channels
        The ids, cut to a region if need be.
    segments : sequence of Segment
        What is known of each id: the layer's features.
    classes : sequence of ClassInfo
        The classes that the segments name.

    The other parameters are those of `labels_result`.
    """
    layer = labels_result(
        array,
        like=like,
        axes=axes,
        offset=offset,
        name=name,
        classes=classes,
        provenance={**provenance, "objects": True},
    )
    layer.colormap = label_colormap(_COLOURS)
    layer.features = features(segments, classes, without_channels(axes))
    return layer


@dataclass(frozen=True, eq=False)
class ObjectBoxes:
    """A box around each object on each slice."""

    corners: NDArray[np.float64]
    """In pixels along the rims, (boxes, 4, dimensions): slice by slice, the ids of a
    slice ascending."""
    ids: NDArray[np.int64]
    """Whose they are, (boxes,)."""
    complete: bool = True
    """Whether these are all; none are if there are more than `MOST_BOXES`."""


def boxes_around(labels: NDArray[Any]) -> ObjectBoxes:
    """Return the boxes of the objects of a label image.

    Parameters
    ----------
    labels : integer array, (..., Y, X)
        Ids, 0 is nothing.
    """
    corners, ids = [], []
    for leading in np.ndindex(*labels.shape[:-2]):
        for id_, (rows, columns) in id_extents(labels[leading]).items():
            top, bottom = rows[0] - 0.5, rows[1] - 0.5
            left, right = columns[0] - 0.5, columns[1] - 0.5
            around = ((top, left), (top, right), (bottom, right), (bottom, left))
            corners.append([(*leading, *corner) for corner in around])
            ids.append(id_)
        if len(ids) > MOST_BOXES:
            break
    complete = len(ids) <= MOST_BOXES
    if not complete:
        corners, ids = [], []
    return ObjectBoxes(
        np.array(corners, float).reshape(-1, 4, labels.ndim),
        np.array(ids, np.int64),
        complete,
    )


def boxes_result(labels: Labels, axes: str, name: str, boxes: ObjectBoxes) -> Shapes:
    """Return a Shapes layer with the boxes of a result's objects.

    Parameters
    ----------
    labels : Labels
        The result; what its features say of objects is told of their boxes too.
    axes : str
        Its axes.
    name : str
        The layer's name.
    boxes : ObjectBoxes
        The boxes.
    """
    layer = Shapes(
        ndim=labels.ndim,
        name=name,
        face_color="transparent",
        edge_color="yellow",
        edge_width=1,
        metadata={METADATA_KEY: {"overlay": "boxes"}},
        **placement(labels, axes, (0,) * labels.ndim),
    )
    show_boxes(layer, labels, boxes)
    return layer


def show_boxes(layer: Shapes, labels: Labels, boxes: ObjectBoxes) -> None:
    """Draw other boxes in a layer that `boxes_result` made."""
    layer.selected_data = set()
    layer.data = []
    if len(boxes.corners):
        layer.add_rectangles(list(boxes.corners))
    table = labels.features
    if "index" in table:
        layer.features = table.set_index("index").reindex(boxes.ids).reset_index()
