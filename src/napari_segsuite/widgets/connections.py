"""Connections that end with the widget that made them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from qtpy.QtCore import QTimer
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
        self._widget = widget
        self._made: list[tuple[Any, Callable[..., object]]] = []
        # A partial is held strongly by Qt: it outlives the widget's Python side.
        widget.destroyed.connect(partial(self.close))

    def add(self, signal: Any, slot: Callable[..., object]) -> None:
        """Connect `slot` to a psygnal signal or a napari event."""
        signal.connect(slot)
        self._made.append((signal, slot))

    def add_soon(self, signals: Iterable[Any], slot: Callable[[], object]) -> None:
        """Connect so that `slot` is called after the event, once for several.

        For events of napari: an exception raised inside them would undo what the
        user just did.
        """
        timer = QTimer(self._widget)
        timer.setSingleShot(True)
        timer.setInterval(0)
        timer.timeout.connect(slot)
        start = partial(_start, timer)
        for signal in signals:
            self.add(signal, start)

    def close(self, _destroyed: object = None) -> None:
        """End all connections."""
        while self._made:
            signal, slot = self._made.pop()
            # Gone already where the other side was deleted first.
            with suppress(ValueError, RuntimeError):
                signal.disconnect(slot)


def _start(timer: QTimer, _event: object = None) -> None:
    timer.start()
