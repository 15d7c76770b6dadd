"""Noticing that something scored may have changed, without ever being in the way."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from napari.layers import Labels
from qtpy.QtCore import QObject, QTimer, Signal

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
    """

    content_changed = Signal()
    """Pixels or their place may have changed."""
    looks_changed = Signal()
    """Colours or names of classes may have changed."""
    slice_changed = Signal()
    """The viewer shows another slice, or another number of dimensions."""

    def __init__(self, dims: Any) -> None:
        super().__init__()
        self._dims = dims
        self._layers: tuple[Labels, ...] = ()
        self._slicing = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(0)
        self._settle.timeout.connect(self._settled)
        for name in ("point", "ndisplay", "order"):
            getattr(dims.events, name).connect(self._on_slice)

    def watch(self, layers: Sequence[Labels | None]) -> None:
        """Watch these layers, and no others any more."""
        wanted = tuple(layer for layer in layers if layer is not None)
        for layer in self._layers:
            if not any(layer is other for other in wanted):
                self._connections(layer, "disconnect")
        for layer in wanted:
            if not any(layer is other for other in self._layers):
                self._connections(layer, "connect")
        self._layers = wanted

    def close(self) -> None:
        """Watch nothing any more."""
        self.watch(())
        for name in ("point", "ndisplay", "order"):
            with suppress(ValueError):
                getattr(self._dims.events, name).disconnect(self._on_slice)

    def _connections(self, layer: Labels, action: str) -> None:
        callbacks = [
            *((name, self._on_content) for name in _CONTENT + _PLACE),
            *((name, self._on_looks) for name in _LOOKS),
        ]
        for name, callback in callbacks:
            with suppress(ValueError):
                getattr(getattr(layer.events, name), action)(callback)

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
