"""Objects that were found as layers: labels with what is known of each, and boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from napari.layers import Image, Labels, Shapes
from napari.utils.colormaps import label_colormap
from numpy.typing import NDArray

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.object_boxes import object_boxes
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


def boxes_result(labels: Labels, axes: str, name: str) -> Shapes:
    """Return a Shapes layer with a box around each object of a result, slice by slice.

    Parameters
    ----------
    labels : Labels
        Objects, in memory; what its features say of them is told of the boxes too.
    axes : str
        Its axes.
    name : str
        The layer's name.
    """
    boxes = Shapes(
        ndim=labels.ndim,
        name=name,
        face_color="transparent",
        edge_color="yellow",
        edge_width=1,
        metadata={METADATA_KEY: {"overlay": "boxes"}},
        **placement(labels, axes, (0,) * labels.ndim),
    )
    show_boxes(boxes, labels)
    return boxes


def show_boxes(boxes: Shapes, labels: Labels) -> bool:
    """Draw the boxes anew, as the objects are now.

    Returns
    -------
    bool
        Whether there are no more than `MOST_BOXES`; else none is drawn.
    """
    corners, ids = box_corners(np.asarray(labels.data))
    complete = len(corners) <= MOST_BOXES
    if not complete:
        corners, ids = corners[:0], ids[:0]
    boxes.selected_data = set()
    boxes.data = []
    if len(corners):
        boxes.add_rectangles(list(corners))
    table = labels.features
    if "index" in table:
        known = table.set_index("index").reindex(ids)
        boxes.features = known.reset_index()
    return complete


def box_corners(labels: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the box of each object on each slice, along the rims of its pixels.

    Parameters
    ----------
    labels : integer array, (..., Y, X)
        Ids, 0 is nothing.

    Returns
    -------
    corners : array of float, (boxes, 4, dimensions)
        In pixels; slices in their order, the ids of a slice ascending.
    ids : array of int, (boxes,)
        Whose they are.
    """
    corners, ids = [], []
    for leading in np.ndindex(*labels.shape[:-2]):
        for id_, box in object_boxes(labels[leading]).items():
            (top, left), (height, width) = box.start, box.mask.shape
            rows = np.array([top, top, top + height, top + height]) - 0.5
            columns = np.array([left, left + width, left + width, left]) - 0.5
            place = np.tile(np.array(leading, float), (4, 1))
            corners.append(np.column_stack([place, rows, columns]))
            ids.append(id_)
    if not ids:
        return np.zeros((0, 4, labels.ndim)), np.zeros(0, np.int64)
    return np.stack(corners), np.asarray(ids)
