"""One Labels layer whose strokes are kept in a journal."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from napari.layers import Labels
from qtpy.QtCore import QTimer

from napari_segsuite.data.journal.layer import LayerJournal
from napari_segsuite.data.journal.tiles import Box
from napari_segsuite.data.journal.writer import JournalWriter
from napari_segsuite.widgets.changes import everywhere, painted_box
from napari_segsuite.widgets.safety.placed_facts import FACTS, facts_of
from napari_segsuite.widgets.session import Session

_SETTLES_MS = 200
_FACTS = (*FACTS, "colormap")


def can_be_kept(layer: Any) -> bool:
    """Whether a layer is one that people paint in: labels in memory."""
    return (
        isinstance(layer, Labels)
        and not layer.multiscale
        and isinstance(layer.data, np.ndarray)
    )


class KeptLayer:
    """Tells a journal what happens to a layer.

    Callbacks run inside napari's own painting, where an exception would eat the
    user's stroke, and sometimes before its pixels are written: they only note what
    happened. All that is done with it is done later, by Qt or in the writer's thread.

    Parameters
    ----------
    session : Session
        Whose event loop carries the notes.
    writer : JournalWriter
        Who writes.
    layer : Labels
        One that `can_be_kept`.
    unsaved : bool
        Whether its pixels are in no file yet.
    """

    def __init__(
        self, session: Session, writer: JournalWriter, layer: Labels, *, unsaved: bool
    ) -> None:
        self.layer = layer
        """The layer."""
        self._session = session
        self._writer = writer
        self._journal = writer.add(layer.data, facts_of(layer, unsaved=unsaved))
        self._point = self._point_now()
        self._looks = self._timer(self._describe)
        self._redrawn = self._timer(self._sweep)
        self._connections = [
            (layer.events.paint, self._on_paint),
            (layer.events.set_data, self._on_redrawn),
            (layer.events.data, self._on_data),
            *((getattr(layer.events, name), self._on_looks) for name in _FACTS),
        ]
        for event, slot in self._connections:
            event.connect(slot)

    @property
    def journal(self) -> LayerJournal:
        """Where its strokes go."""
        return self._journal

    def release(self) -> None:
        """Let go of the layer; what was painted in it stays on disk."""
        for event, slot in self._connections:
            with suppress(ValueError, RuntimeError):
                event.disconnect(slot)
        self._looks.stop()
        self._redrawn.stop()
        self._writer.end(self._journal)

    def _timer(self, slot: Any) -> QTimer:
        timer = QTimer(self._session.qt_parent)
        timer.setSingleShot(True)
        timer.setInterval(_SETTLES_MS)
        timer.timeout.connect(slot)
        return timer

    def _on_paint(self, event: Any) -> None:
        box: Box = everywhere(self.layer.ndim)
        # What napari's events hold is no promise: if in doubt, all is looked at.
        with suppress(Exception):
            box = painted_box(event.value, self.layer.ndim)
        self._session.in_gui(self._touch, box)

    def _on_redrawn(self, _event: Any) -> None:
        # Undo, redo and writes of other plugins tell by set_data only. Moving through
        # the slices tells the same, and changes nothing.
        point = self._point_now()
        if point == self._point:
            self._session.in_gui(self._redrawn.start)
        self._point = point

    def _on_data(self, _event: Any) -> None:
        self._session.in_gui(self._replace)

    def _on_looks(self, _event: Any) -> None:
        self._session.in_gui(self._looks.start)

    def _touch(self, box: Box) -> None:
        self._journal.touch(box)
        self._writer.wake()

    def _sweep(self) -> None:
        self._journal.sweep()
        self._writer.wake()

    def _describe(self) -> None:
        self._journal.describe(facts_of(self.layer))
        self._writer.wake()

    def _replace(self) -> None:
        """Keep the layer's new array, which may be of another shape."""
        data = self.layer.data
        if not can_be_kept(self.layer):
            return
        tiling = self._journal.tiling
        if data.shape == tiling.shape and data.dtype == tiling.dtype:
            self._journal.sweep(data)
        else:
            self._writer.end(self._journal)
            self._journal = self._writer.add(data, facts_of(self.layer, unsaved=True))
        self._writer.wake()

    def _point_now(self) -> tuple[float, ...]:
        viewer = self._session.viewer
        return () if viewer is None else tuple(viewer.dims.point)
