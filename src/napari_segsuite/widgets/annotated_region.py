"""Where every object is drawn: the slices with labels, everything, or rectangles."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from napari.layers import Labels, Shapes
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QWidget

from napari_segsuite.errors import InputError
from napari_segsuite.jobs.training import Box
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.layers import full_resolution, is_overlay

# How far the sides of a rectangle may be off the pixels' axes, in pixels.
_STRAIGHT: Final = 0.5

_SLICES: Final = "slices with objects"
_WHOLE: Final = "whole image"


class AnnotatedRegion(QComboBox):
    """Choose in which part of the labels every object is drawn.

    Outside of it nothing is learned; inside, what is not drawn is background.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose Shapes layers are offered.
    """

    changed = Signal()
    """Another part is chosen, or its rectangles may be others."""

    def __init__(self, viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._flat = False
        self._shapes: list[Shapes] = []
        self._watched: Shapes | None = None
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(4)
        self.setToolTip(
            "Where every object is drawn; what is not drawn there is learned as "
            "background. Outside of it nothing is learned. Draw rectangles in a "
            "Shapes layer to annotate parts of large images."
        )
        self.currentIndexChanged.connect(self._chosen)
        self._connections = Connections(self)
        self._of_shapes = Connections(self)
        events = viewer.layers.events
        for event in (events.inserted, events.removed, events.renamed):
            self._connections.add(event, self._fill)
        self._fill()

    @property
    def shapes(self) -> Shapes | None:
        """The Shapes layer that is chosen; None for whole slices."""
        chosen = self.currentData()
        return self._shapes[chosen] if isinstance(chosen, int) else None

    def choose(self, layer: Shapes) -> None:
        """Choose a Shapes layer, if it is offered."""
        if layer in self._shapes:
            self.setCurrentIndex(self.findData(self._shapes.index(layer)))

    def suit(self, slices: int) -> None:
        """Offer what makes sense for labels of so many slices."""
        if self._flat != (slices == 1):
            self._flat = slices == 1
            self._fill()

    def boxes(self, labels: Labels) -> tuple[Box, ...]:
        """Return the annotated boxes; none stand for all slices that hold an object.

        Raises
        ------
        InputError
            As `boxes_of`.
        """
        if self.shapes is not None:
            return boxes_of(self.shapes, labels)
        if self.currentData() == _WHOLE:
            return (tuple((0, int(size)) for size in full_resolution(labels).shape),)
        return ()

    def _fill(self, _event: object = None) -> None:
        chosen, whole = self.shapes, self.currentData() == _WHOLE
        self.blockSignals(True)
        self._shapes = [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Shapes) and not is_overlay(layer)
        ]
        self.clear()
        if not self._flat:
            self.addItem(_SLICES, _SLICES)
        self.addItem(_WHOLE, _WHOLE)
        for number, layer in enumerate(self._shapes):
            self.addItem(f"rectangles of {layer.name}", number)
        self.setCurrentIndex(self.findData(_WHOLE) if whole else 0)
        if chosen is not None:
            self.choose(chosen)
        self.blockSignals(False)
        if self.shapes is not chosen:
            self._chosen()

    def _chosen(self, _index: int = 0) -> None:
        self._of_shapes.close()
        if self.shapes is not None:
            self._of_shapes.add_soon((self.shapes.events.data,), self._tell)
        self._tell()

    def _tell(self) -> None:
        self.changed.emit()


def boxes_of(shapes: Shapes, labels: Labels) -> tuple[Box, ...]:
    """Return the rectangles of a Shapes layer as boxes in pixels of a Labels layer.

    A rectangle holds the pixels whose centres lie in it. It belongs to the slice that
    it was drawn on; one of a layer with fewer dimensions goes through all slices.
    Rectangles outside the labels are left out; other shapes are refused, since a
    training reads whole boxes.

    Parameters
    ----------
    shapes : Shapes
        With no more dimensions than `labels`.
    labels : Labels
        In whose pixels the boxes are returned.

    Returns
    -------
    tuple of boxes
        (start, stop) in pixels per axis of the labels; at least one.

    Raises
    ------
    InputError
        If there is no rectangle on the labels, a shape is none or is turned, or the
        layer has more dimensions.
    """
    if shapes.ndim > labels.ndim:
        msg = (
            f"“{shapes.name}” has {shapes.ndim} dimensions, but “{labels.name}” only "
            f"{labels.ndim}. Draw the rectangles in a new Shapes layer."
        )
        raise InputError(msg)
    shape = full_resolution(labels).shape
    found = []
    for corners, kind in zip(shapes.data, shapes.shape_type, strict=True):
        box = None
        if kind == "rectangle":
            box = _straight_box(_in_pixels(np.asarray(corners, float), shapes, labels))
        if box is None:
            msg = (
                f"“{shapes.name}” holds a {kind} that is no straight rectangle. "
                "Annotated regions are rectangles along the pixels: delete it, or "
                "draw a rectangle instead."
            )
            raise InputError(msg)
        for axis in range(labels.ndim - shapes.ndim):
            box[axis] = (0, int(shape[axis]))
        clipped = tuple(
            (max(0, start), min(int(size), stop))
            for (start, stop), size in zip(box, shape, strict=True)
        )
        if all(start < stop for start, stop in clipped):
            found.append(clipped)
    if not found:
        msg = (
            f"“{shapes.name}” has no rectangle on “{labels.name}”. Draw one around a "
            "part in which every object is labelled."
        )
        raise InputError(msg)
    return tuple(found)


def _straight_box(points: NDArray[np.float64]) -> list[tuple[int, int]] | None:
    """Return the pixels between four corners; None if these are no straight box."""
    low, high = points.min(axis=0), points.max(axis=0)
    at_a_side = np.minimum(np.abs(points - low), np.abs(points - high))
    if at_a_side.max() > _STRAIGHT:
        return None
    flat = high - low < _STRAIGHT
    # A slice is hit by being the nearest; of the plane, what has its centre inside.
    starts = np.where(flat, np.rint(low), np.ceil(low)).astype(int)
    stops = np.where(flat, np.rint(low), np.floor(high)).astype(int) + 1
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def _in_pixels(
    points: NDArray[np.float64], shapes: Shapes, labels: Labels
) -> NDArray[np.float64]:
    """Return corners in pixels of the labels; layers align at their last axes."""
    surplus = labels.ndim - shapes.ndim
    world = np.array([np.asarray(shapes.data_to_world(point)) for point in points])
    if surplus:
        origin = np.asarray(labels.data_to_world(np.zeros(labels.ndim)))[:surplus]
        world = np.hstack([np.tile(origin, (len(world), 1)), world])
    return np.array([np.asarray(labels.world_to_data(point)) for point in world])
