"""Corrections of a Labels layer: worked out in a thread, written as one undo step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray
from psygnal import Signal

from napari_segsuite.data.outlines import filled
from napari_segsuite.data.proofreading import objects, shapes
from napari_segsuite.data.proofreading.change import Change
from napari_segsuite.data.proofreading.splitting import split
from napari_segsuite.data.proofreading.strokes import stroke_pixels
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.layers import is_overlay
from napari_segsuite.widgets.measure.shapes_region import Region
from napari_segsuite.widgets.proofread.part import Part
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.session import Session

Line = NDArray[np.float64]


def can_be_corrected(layer: object) -> bool:
    """Whether a layer may be corrected: labels that no job only shows."""
    return isinstance(layer, Labels) and not is_overlay(layer)


class Proofreading:
    """Corrects one layer at a time.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    """

    changed = Signal()
    """`busy` is another."""
    told = Signal(str)
    """Something was done, or could not be done."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.busy = False
        """Whether a correction is being worked out."""

    def merge(self, layer: Labels, part: Part, line: Line) -> None:
        """Merge the objects on a line of the plane shown into the first of them."""

        def make(labels: NDArray[Any]) -> Change:
            plane = part.plane(labels)
            ids = objects.ids_along(plane, stroke_pixels(line, _shape(plane)))
            return objects.merge(part.of(labels), ids)

        self._correct(layer, part, make)

    def split(self, layer: Labels, part: Part, line: Line) -> None:
        """Split the objects on a line of the plane shown along it."""

        def make(labels: NDArray[Any]) -> Change:
            plane = part.plane(labels)
            pixels = stroke_pixels(line, _shape(plane))
            cut = np.zeros(plane.shape, bool)
            cut[pixels[:, 0], pixels[:, 1]] = True
            return split(
                part.of(labels),
                objects.ids_along(plane, pixels),
                part.spread(cut),
                # Free in the whole layer, not only in the slice.
                next_id=int(labels.max()) + 1,
            )

        self._correct(layer, part, make)

    def delete(self, layer: Labels, part: Part, place: Line) -> None:
        """Delete the object at a place of the plane shown."""

        def make(labels: NDArray[Any]) -> Change:
            plane = part.plane(labels)
            pixels = stroke_pixels(place[None], _shape(plane))
            return objects.delete(part.of(labels), objects.ids_along(plane, pixels))

        self._correct(layer, part, make)

    def fill_holes(self, layer: Labels, part: Part, only: int | None) -> None:
        """Fill the holes of all objects or of one."""
        self._correct(layer, part, lambda la: shapes.fill_holes(part.of(la), only))

    def smooth(self, layer: Labels, part: Part, radius: int, only: int | None) -> None:
        """Smooth the outlines of all objects or of one."""
        self._correct(layer, part, lambda la: shapes.smooth(part.of(la), radius, only))

    def remove_small(self, layer: Labels, part: Part, least: int) -> None:
        """Delete objects of fewer pixels."""
        self._correct(layer, part, lambda la: objects.remove_small(part.of(la), least))

    def relabel(self, layer: Labels, part: Part) -> None:
        """Give the objects of the whole layer the numbers 1, 2, 3 and so on."""

        def make(labels: NDArray[Any]) -> Change:
            if not part.whole and labels.ndim > part.of(labels).ndim:
                msg = "Ids belong to the whole layer. Choose “whole layer” first."
                raise InputError(msg)
            return objects.relabel(labels)

        self._correct(layer, part, make)

    def keep_in_region(self, layer: Labels, part: Part, region: Region) -> None:
        """Delete objects that lie outside a region by more than half."""

        def make(labels: NDArray[Any]) -> Change:
            first, second = region.axes
            inside = np.zeros((labels.shape[first], labels.shape[second]), bool)
            for polygon in region.polygons:
                # Pixel centres are whole numbers there, and halves in outlines.
                mask, (top, left) = filled([np.add(polygon, 0.5)], _shape(inside))
                rows, columns = mask.shape
                inside[top : top + rows, left : left + columns] |= mask
            others = tuple(a for a in range(labels.ndim) if a not in region.axes)
            everywhere = np.broadcast_to(np.expand_dims(inside, others), labels.shape)
            return objects.keep_in_region(part.of(labels), part.of(everywhere))

        self._correct(layer, part, make)

    def _correct(
        self, layer: Labels, part: Part, make: Callable[[NDArray[Any]], Change]
    ) -> None:
        """Work out a change of a part in a thread, then write it."""
        data = layer.data
        if self.busy:
            return
        if layer.multiscale or not isinstance(data, np.ndarray):
            self.told.emit(
                f"{layer.name!r} is not in memory, so it cannot be corrected. Save a "
                "copy, and open that."
            )
            return
        self._be_busy(True)
        self._session.in_background(
            lambda: part.placed(make(data)),
            lambda change: self._write(layer, data, change),
            self._failed,
        )

    def _write(self, layer: Labels, data: NDArray[Any], change: Change) -> None:
        self._be_busy(False)
        if layer.data is not data or layer not in self._session.viewer.layers:
            self.told.emit("The layer was replaced meanwhile; nothing was changed.")
            return
        # Somebody may have painted meanwhile; what they painted stays.
        valid = change.still_valid(data)
        if not valid.size:
            self.told.emit("Nothing is to be changed.")
            return
        self._session.shared(SafetyNet).keep(layer)
        layer.data_setitem(valid.indices, valid.after)
        pixels = "1 pixel" if valid.size == 1 else f"{valid.size:,} pixels"
        self.told.emit(f"{pixels} changed. Undo takes it back.")

    def _failed(self, error: Exception) -> None:
        self._be_busy(False)
        if isinstance(error, SegsuiteError):
            self.told.emit(str(error))
        elif isinstance(error, MemoryError):
            self.told.emit("There is not enough memory for this. Choose “shown slice”.")
        else:
            raise error

    def _be_busy(self, busy: bool) -> None:
        self.busy = busy
        self.changed.emit()


def _shape(plane: NDArray[Any]) -> tuple[int, int]:
    return (plane.shape[0], plane.shape[1])
