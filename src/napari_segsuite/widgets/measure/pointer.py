"""Leads the viewer to an object and outlines it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Labels, Shapes
from qtpy.QtCore import QObject, Signal

from napari_segsuite.widgets.layers import METADATA_KEY
from napari_segsuite.widgets.measure.parts import ArrayPart
from napari_segsuite.widgets.measure.place import Place, find_object

NAME = "Outlined object"
# Yellow of the Okabe-Ito palette, which no class of the overlay has.
_COLOR = "#F0E442"
# Width of the line on the screen, in pixels.
_WIDTH = 2
_PLACE = ("scale", "translate", "rotate", "shear", "affine", "units")


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """An object that is looked for, and the axes on the screen."""

    layer: Labels
    array: ArrayPart
    label: int
    offset: tuple[int, ...]
    shown: tuple[int, ...]


class Pointer(QObject):
    """Searches for an object in a thread, then shows it; of several, the newest.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The viewer, unwrapped.
    parent : QObject
        When it is destroyed, nothing is shown any more.
    """

    missing = Signal(int)
    """The object with this id is not there any more."""

    _found = Signal(object)

    def __init__(self, viewer: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._layer: Shapes | None = None
        # Volumes take a while to search: one search goes on, the newest one waits.
        self._wanted: _Search | None = None
        self._searching: _Search | None = None
        self._found.connect(self._on_found)

    def lead_to(
        self, layer: Labels, array: ArrayPart, label: int, offset: Sequence[int]
    ) -> None:
        """Show an object of a layer, as soon as it is found.

        Parameters
        ----------
        layer : Labels
            The layer that the object is in.
        array : ArrayPart
            The part of it that is searched.
        label : int
            The object's id.
        offset : sequence of int
            Where the part begins, in pixels of the layer.
        """
        surplus = self._viewer.dims.ndim - layer.ndim
        shown = [a - surplus for a in self._viewer.dims.displayed if a >= surplus]
        self._wanted = _Search(layer, array, label, tuple(offset), tuple(shown))
        if self._searching is None:
            self._start(self._wanted)

    def hide(self) -> None:
        """Take the outline away."""
        self._wanted = None
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _start(self, search: _Search) -> None:
        self._searching = search
        threading.Thread(
            target=self._search, args=(search,), name="segsuite-object", daemon=True
        ).start()

    def _search(self, search: _Search) -> None:
        place = None
        # The array's own reader may raise anything; then there is nothing to show.
        with suppress(Exception):
            place = find_object(search.array, search.label, search.shown)
        # The window may have closed meanwhile, and this object's Qt half with it.
        with suppress(RuntimeError):
            self._found.emit(place)

    def _on_found(self, place: Place | None) -> None:
        found, self._searching = self._searching, None
        wanted = self._wanted
        if wanted is not None and wanted is not found:
            self._start(wanted)
        elif wanted is not None and wanted.layer in self._viewer.layers:
            self._show(wanted, place)

    def _show(self, search: _Search, place: Place | None) -> None:
        if place is None:
            self.missing.emit(search.label)
            return
        # A new layer may move the sliders, so they are set after it.
        lines = [points + search.offset for points in place.outlines]
        self._outline(search.layer, lines)
        self._go_to(search.layer, np.add(place.middle, search.offset))

    def _go_to(self, layer: Labels, pixel: Any) -> None:
        dims, camera = self._viewer.dims, self._viewer.scene.camera
        world = np.asarray(layer.data_to_world(pixel))
        surplus = dims.ndim - layer.ndim
        hidden = [axis for axis in dims.not_displayed if axis >= surplus]
        if hidden:
            dims.set_point(hidden, [float(world[axis - surplus]) for axis in hidden])
        center = list(camera.center)
        for place, axis in enumerate(reversed(dims.displayed), start=1):
            if axis >= surplus:
                center[-place] = float(world[axis - surplus])
        camera.center = tuple(center)

    def _outline(self, layer: Labels, lines: list[Any]) -> None:
        size = float(np.min(np.abs(layer.scale[-2:])))
        width = max(0.2, _WIDTH / max(1e-9, self._viewer.scene.camera.zoom * size))
        shapes = self._layer
        if shapes is not None and shapes not in self._viewer.layers:
            shapes = None
        if shapes is not None and shapes.ndim != layer.ndim:
            self._viewer.layers.remove(shapes)
            shapes = None
        if shapes is None:
            shapes = self._layer = self._new_layer(layer)
        shapes.data = []
        for name in _PLACE:
            setattr(shapes, name, getattr(layer, name))
        if lines:
            shapes.add_paths(
                lines, edge_color=_COLOR, edge_width=width, face_color="transparent"
            )
        shapes.selected_data = set()

    def _new_layer(self, layer: Labels) -> Shapes:
        made = Shapes(
            ndim=layer.ndim,
            name=NAME,
            metadata={METADATA_KEY: {"overlay": "outline"}},
            **{name: getattr(layer, name) for name in _PLACE},
        )
        made.editable = False
        # People go on with the layer they were at.
        selection = self._viewer.layers.selection
        before, active = set(selection), selection.active
        self._viewer.layers.append(made)
        selection.clear()
        selection.update(before)
        selection.active = active
        return made
