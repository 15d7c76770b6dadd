"""Loads in a thread what would stop the window for a moment on first use."""

from __future__ import annotations

from typing import Final

import numpy as np
from napari.layers import Labels
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_segsuite.errors import Cancelled
from napari_segsuite.widgets.compilation import Compilation
from napari_segsuite.widgets.session import Session

# Loading takes turns with drawing: let the first dock appear before.
_DRAWN_MS: Final = 400

# napari compiles with numba when it first draws labels of 32 bits, as instances are,
# and once more at the first stroke on them: it draws a part of the array then.
DRAWING: Final = """
import numpy as np
from napari.layers import Labels
labels = np.ones((4, 4), np.int32)
Labels(labels)
Labels(labels[:2, :2])
"""


class Ahead:
    """Loads once per session, a moment after the first dock has opened."""

    loaded = Signal()
    """What draws curves is there."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._drawing = Compilation(DRAWING)
        self._timer = QTimer(session.qt_parent)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._start)
        self._timer.start(_DRAWN_MS)

    def _start(self) -> None:
        self._session.in_background(_load_curves, self._done, self._done)
        self._session.in_background(self._load_drawing)

    def _done(self, _outcome: object) -> None:
        self.loaded.emit()

    def _load_drawing(self) -> None:
        try:
            compiled = self._drawing.wait(self._go_on)
        except Cancelled:
            self._drawing.stop()
            raise
        if compiled:
            # Reads what the other process has compiled.
            Labels(np.ones((2, 2), np.int32))

    def _go_on(self) -> None:
        if self._session.closed:
            msg = "The window was closed."
            raise Cancelled(msg)


def _load_curves() -> None:
    """Import pyqtgraph, which takes half a second."""
    import pyqtgraph  # noqa: F401
