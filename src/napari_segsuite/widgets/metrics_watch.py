"""Noticing that something scored may have changed, without ever being in the way."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from napari.layers import Labels
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QWidget

from napari_segsuite.widgets.connections import Connections

# Undo and redo tell of themselves by `set_data` alone.
_CONTENT = ("paint", "set_data", "data")
_PLACE = ("scale", "translate", "rotate", "shear", "affine", "axis_labels")
_LOOKS = ("colormap", "features", "metadata")

_CHANGED, _REDRAWN, _SLICED, _LOOKED = "changed", "redrawn", "sliced", "looked"


class LayerWatch(QObject):
    """Tells when watched layers or the slice change.

    Callbacks run inside napari's own painting, where an exception would eat the
    user's stroke: they only note what happened, and tell later.

    Parameters
    ----------
    dims : napari.components.Dims
        The viewer's dims.
    owner : QWidget
        All connections end with this widget.
    """

    content_changed = Signal()
    """Pixels or their place may have changed."""
    looks_changed = Signal()
    """Colours or names of classes may have changed."""
    slice_changed = Signal()
    """The viewer shows another slice, or another number of dimensions."""

    _woken = Signal()

    def __init__(self, dims: Any, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._layers: list[Labels] = []
        self._to_layers = Connections(owner)
        self._noticed: set[str] = set()
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(0)
        timer.timeout.connect(self._tell)
        # Through a signal, since events may come from another thread.
        self._woken.connect(timer.start)
        to_dims = Connections(owner)
        for event in (dims.events.point, dims.events.ndisplay, dims.events.order):
            to_dims.add(event, self._on_slice)

    def watch(self, layers: Sequence[Labels | None]) -> None:
        """Watch these layers, and no others any more."""
        wanted = [layer for layer in layers if layer is not None]
        if [id(layer) for layer in wanted] == [id(layer) for layer in self._layers]:
            return
        self._to_layers.close()
        self._to_layers = Connections(self._owner)
        self._layers = wanted
        for layer in wanted:
            for name in _CONTENT + _PLACE:
                self._to_layers.add(getattr(layer.events, name), self._on_content)
            for name in _LOOKS:
                self._to_layers.add(getattr(layer.events, name), self._on_looks)

    def _on_content(self, event: Any) -> None:
        # A slider makes every layer set its data anew, though no label changed.
        self._notice(_REDRAWN if event.type == "set_data" else _CHANGED)

    def _on_looks(self, _event: Any) -> None:
        self._notice(_LOOKED)

    def _on_slice(self, _event: Any) -> None:
        self._notice(_SLICED)

    def _notice(self, what: str) -> None:
        self._noticed.add(what)
        # RuntimeError: the window is closing and the Qt half is gone already.
        with suppress(RuntimeError):
            self._woken.emit()

    def _tell(self) -> None:
        """Tell once what happened since the event loop had its last turn."""
        seen, self._noticed = self._noticed, set()
        if _SLICED in seen:
            self.slice_changed.emit()
        if _CHANGED in seen or (_REDRAWN in seen and _SLICED not in seen):
            self.content_changed.emit()
        if _LOOKED in seen:
            self.looks_changed.emit()
