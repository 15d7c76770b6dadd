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


class LayerWatch(QObject):
    """Tells when watched layers or the slice change.

    Callbacks run inside napari's own painting, where an exception would eat the
    user's stroke: they only emit a signal.

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

    def __init__(self, dims: Any, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._layers: list[Labels] = []
        self._to_layers = Connections(owner)
        self._slicing = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(0)
        self._settle.timeout.connect(self._settled)
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
        if not (self._slicing and event.type == "set_data"):
            self._emit(self.content_changed)

    def _on_looks(self, event: Any) -> None:
        self._emit(self.looks_changed)

    def _on_slice(self, event: Any) -> None:
        self._slicing = True
        with suppress(RuntimeError):
            self._settle.start()
        self._emit(self.slice_changed)

    def _settled(self) -> None:
        self._slicing = False

    @staticmethod
    def _emit(signal: Any) -> None:
        # RuntimeError: the window is closing and the Qt half is gone already.
        with suppress(RuntimeError):
            signal.emit()
