"""The mouse on the canvas: a click is a point, a drag in box mode is a box."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

# Below this way, in pixels of the screen, a press and release is a click.
_CLICK_WAY: Final = 5.0
_LEFT: Final = 1


class Listener(Protocol):
    """What the mouse is told to."""

    def listening(self) -> bool:
        """Whether clicks on the canvas mean prompts now."""

    def boxing(self) -> bool:
        """Whether a drag means a box now."""

    def clicked(self, position: NDArray[np.float64], *, opposite: bool) -> None:
        """Take a click at a place in the world; `opposite` if Shift was held."""

    def dragged(
        self, start: NDArray[np.float64], stop: NDArray[np.float64], *, done: bool
    ) -> None:
        """Take a drag from one place in the world to another; `done` on release."""


def mouse_callback(viewer: Any, listener: Listener) -> Callable[..., Any]:
    """Return a callback for ``viewer.mouse_drag_callbacks``.

    It acts while the active layer is in pan & zoom mode, in which a click means
    nothing to napari; so no tool of any layer is disturbed.
    """

    def on_mouse(_viewer: Any, event: Any) -> Generator[None, None, None]:
        if event.button != _LEFT or not listener.listening() or not _panning(viewer):
            return
        held = set(event.modifiers)
        if held - {"Shift"}:
            return
        start, origin = np.array(event.position, float), np.array(event.pos, float)
        boxing = listener.boxing()
        event.handled = boxing
        yield
        way = 0.0
        while event.type == "mouse_move":
            way = max(way, _way(event, origin))
            if boxing:
                # The view must not move along with the box.
                event.handled = True
                listener.dragged(start, np.array(event.position, float), done=False)
            yield
        way = max(way, _way(event, origin))
        if way < _CLICK_WAY:
            listener.clicked(start, opposite="Shift" in held)
        elif boxing:
            listener.dragged(start, np.array(event.position, float), done=True)

    return on_mouse


def _panning(viewer: Any) -> bool:
    active = viewer.layers.selection.active
    return str(getattr(active, "mode", "pan_zoom")) == "pan_zoom"


def _way(event: Any, origin: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(np.array(event.pos, float) - origin))
