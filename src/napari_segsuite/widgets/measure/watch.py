"""Noticing where something scored may have changed, without ever being in the way."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from napari.layers import Labels, Shapes
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QWidget

from napari_segsuite.widgets.changes import (
    Box,
    everywhere,
    joined,
    painted_box,
    shown_box,
)
from napari_segsuite.widgets.connections import Connections

# `labels_update` tells of each step of a stroke, `paint` of all of it at its end; undo
# and redo tell of themselves by `set_data` alone, as a slider does.
_CONTENT = ("paint", "labels_update", "set_data", "data")
_PLACE = ("scale", "translate", "rotate", "shear", "affine", "axis_labels")
_LOOKS = ("colormap", "features", "metadata")

_CHANGED, _REDRAWN, _SLICED, _LOOKED = "changed", "redrawn", "sliced", "looked"
_MOVED, _RESHAPED = "moved", "reshaped"


class LayerWatch(QObject):
    """Tells when watched layers, the slice or the view change, and remembers where.

    Callbacks run inside napari's own painting, where an exception would eat the
    user's stroke, and sometimes before pixels are written: they only note what
    happened, and tell later.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The viewer, unwrapped.
    owner : QWidget
        All connections end with this widget.
    """

    content_changed = Signal()
    """Pixels or their place may have changed."""
    maybe_changed = Signal()
    """Layers were drawn anew, perhaps for another slice only."""
    looks_changed = Signal()
    """Colours or names of classes may have changed."""
    slice_changed = Signal()
    """The viewer shows another slice, or another number of dimensions."""
    view_changed = Signal()
    """The camera moved."""
    region_changed = Signal()
    """The watched shapes changed."""

    _woken = Signal()

    def __init__(self, viewer: Any, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._dims = viewer.dims
        self._layers: list[Labels] = []
        self._shapes: Shapes | None = None
        self._boxes: dict[int, Box] = {}
        # Layers that were drawn anew, nobody said why: in this turn of the event loop,
        # and in an earlier one, together with a slider.
        self._redrawn: set[int] = set()
        self._unsure: set[int] = set()
        # What each layer can undo and redo.
        self._edits: dict[int, list[Any]] = {}
        self._to_layers = Connections(owner)
        self._noticed: set[str] = set()
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(0)
        timer.timeout.connect(self._tell)
        # Through a signal, since events may come from another thread.
        self._woken.connect(timer.start)
        to_viewer = Connections(owner)
        dims, camera = viewer.dims.events, viewer.scene.camera.events
        for event in (dims.point, dims.ndisplay, dims.order):
            to_viewer.add(event, self._on_slice)
        for event in (camera.center, camera.zoom):
            to_viewer.add(event, self._on_view)

    def watch(
        self, layers: Sequence[Labels | None], shapes: Shapes | None = None
    ) -> None:
        """Watch these layers, and no others any more."""
        wanted = [layer for layer in layers if layer is not None]
        same = [id(layer) for layer in wanted] == [id(layer) for layer in self._layers]
        if same and shapes is self._shapes:
            return
        self._to_layers.close()
        self._to_layers = Connections(self._owner)
        self._layers, self._shapes = wanted, shapes
        self._boxes = {id(layer): everywhere(layer.ndim) for layer in wanted}
        self._redrawn, self._unsure = set(), set()
        self._edits = {id(layer): _edits(layer) for layer in wanted}
        for layer in wanted:
            for name in _CONTENT + _PLACE:
                self._to_layers.add(getattr(layer.events, name), self._on_content)
            for name in _LOOKS:
                self._to_layers.add(getattr(layer.events, name), self._on_looks)
        if shapes is not None:
            for name in ("set_data", "data", *_PLACE):
                self._to_layers.add(getattr(shapes.events, name), self._on_shapes)

    def take(self, layer: Labels, *, unsure: bool = True) -> Box | None:
        """Return where a watched layer may have changed, and forget it.

        Parameters
        ----------
        layer : Labels
            One of the watched.
        unsure : bool
            Whether a layer that was drawn anew while a slider moved may have changed:
            by a program that wrote into its array just then.

        Returns
        -------
        box or None
            In pixels of the layer; may reach beyond. None for nowhere.
        """
        box = self._boxes.pop(id(layer), None)
        redrawn = id(layer) in self._unsure
        self._unsure.discard(id(layer))
        return everywhere(layer.ndim) if redrawn and unsure else box

    def _on_content(self, event: Any) -> None:
        layer = event.source
        before = self._edits.get(id(layer), [])
        self._edits[id(layer)] = edits = _edits(layer)
        box = self._box(event, layer)
        if event.type == "set_data":
            # What was just undone can be redone, and the other way round.
            moved = [edit for edit in edits if not any(edit is one for one in before)]
            if not moved:
                self._redrawn.add(id(layer))
                self._notice(_REDRAWN)
                return
            with suppress(Exception):
                box = painted_box(chain.from_iterable(moved), layer.ndim)
        self._notice(_CHANGED)
        self._add(layer, box)

    def _add(self, layer: Labels, box: Box) -> None:
        joint = joined(self._boxes.get(id(layer)), box)
        if joint is not None:
            self._boxes[id(layer)] = joint

    def _box(self, event: Any, layer: Labels) -> Box:
        surplus = self._dims.ndim - layer.ndim
        displayed = [axis - surplus for axis in self._dims.displayed if axis >= surplus]
        # What napari's events hold is no promise: if in doubt, all is looked at.
        with suppress(Exception):
            if event.type == "paint":
                return painted_box(event.value, layer.ndim)
            if event.type == "labels_update":
                point = layer.world_to_data(self._dims.point)
                return shown_box(event.data.shape, event.offset, displayed, point)
        return everywhere(layer.ndim)

    def _on_looks(self, _event: Any) -> None:
        self._notice(_LOOKED)

    def _on_slice(self, _event: Any) -> None:
        self._notice(_SLICED)

    def _on_view(self, _event: Any) -> None:
        self._notice(_MOVED)

    def _on_shapes(self, _event: Any) -> None:
        self._notice(_RESHAPED)

    def _notice(self, what: str) -> None:
        self._noticed.add(what)
        # RuntimeError: the window is closing and the Qt half is gone already.
        with suppress(RuntimeError):
            self._woken.emit()

    def _tell(self) -> None:
        """Tell once what happened since the event loop had its last turn."""
        seen, self._noticed = self._noticed, set()
        redrawn, self._redrawn = self._redrawn, set()
        if _SLICED in seen:
            self._unsure |= redrawn
            self.slice_changed.emit()
        else:
            for layer in self._layers:
                if id(layer) in redrawn:
                    self._add(layer, everywhere(layer.ndim))
        if _CHANGED in seen or (_REDRAWN in seen and _SLICED not in seen):
            self.content_changed.emit()
        elif _REDRAWN in seen:
            self.maybe_changed.emit()
        if _LOOKED in seen:
            self.looks_changed.emit()
        if _MOVED in seen:
            self.view_changed.emit()
        if _RESHAPED in seen:
            self.region_changed.emit()


def _edits(layer: Labels) -> list[Any]:
    """Return what a layer can undo and redo, one list of edits for each.

    napari tells nowhere else what was undone. Empty if it has no such lists any more:
    then all is looked at.
    """
    undo = getattr(layer, "_undo_history", ())
    redo = getattr(layer, "_redo_history", ())
    return [*undo, *redo]
