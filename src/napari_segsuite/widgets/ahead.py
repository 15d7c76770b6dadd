"""Loads in a thread what would stop the window for a moment on first use."""

from __future__ import annotations

from typing import Final

import numpy as np
from napari.layers import Labels
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_segsuite.widgets.session import Session

# Loading takes turns with drawing: let the first dock appear before.
_DRAWN_MS: Final = 400


class Ahead:
    """Loads once per session, a moment after the first dock has opened."""

    loaded = Signal()
    """All is there."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._timer = QTimer(session.qt_parent)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._start)
        self._timer.start(_DRAWN_MS)

    def _start(self) -> None:
        self._session.in_background(_load, self._done, self._done)

    def _done(self, _outcome: object) -> None:
        self.loaded.emit()


def _load() -> None:
    """Import what draws curves, and compile what draws labels of 32 bits.

    pyqtgraph takes half a second to import; napari compiles with numba when it first
    draws a layer of such labels.
    """
    import pyqtgraph  # noqa: F401

    Labels(np.ones((2, 2), np.int32))
