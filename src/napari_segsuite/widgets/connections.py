"""Connections that end with the widget that made them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from qtpy.QtWidgets import QWidget


class Connections:
    """Connects slots to signals that outlive `widget`, and disconnects with it.

    A slot of a deleted widget would raise inside other people's events, where an
    exception can cost a stroke.

    Parameters
    ----------
    widget : QWidget
        When it is destroyed, all connections end.
    """

    def __init__(self, widget: QWidget) -> None:
        self._made: list[tuple[Any, Callable[..., object]]] = []
        widget.destroyed.connect(partial(self.close))

    def add(self, signal: Any, slot: Callable[..., object]) -> None:
        """Connect `slot` to a psygnal signal or a napari event."""
        signal.connect(slot)
        self._made.append((signal, slot))

    def remove(self, signal: Any, slot: Callable[..., object]) -> None:
        """End one connection that `add` made."""
        with suppress(ValueError):
            self._made.remove((signal, slot))
        with suppress(ValueError):
            signal.disconnect(slot)

    def close(self) -> None:
        """End all connections."""
        while self._made:
            signal, slot = self._made.pop()
            # Gone already where the other side was deleted first.
            with suppress(ValueError, RuntimeError):
                signal.disconnect(slot)
