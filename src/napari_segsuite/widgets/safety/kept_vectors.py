"""One Points or Shapes layer that is kept in a journal."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from napari.layers import Points, Shapes
from qtpy.QtCore import QTimer

from napari_segsuite.data.journal.vectors import VectorJournal, VectorState
from napari_segsuite.data.journal.writer import JournalWriter
from napari_segsuite.widgets.safety.placed_facts import FACTS, vector_facts
from napari_segsuite.widgets.session import Session

_SETTLES_MS = 200
_CONTENT = {
    Points: ("data", "features", "size", "symbol", "face_color", "border_color"),
    Shapes: ("data", "features", "edge_width", "edge_color", "face_color"),
}


class KeptVectors:
    """Tells a journal what happens to a layer.

    Callbacks run inside napari's own drawing: they only start a timer. What the
    layer holds is read when the timer has run down.

    Parameters
    ----------
    session : Session
        Whose event loop carries the notes.
    writer : JournalWriter
        Who writes.
    layer : Points or Shapes
        The layer.
    unsaved : bool
        Whether its content is in no file yet.
    """

    def __init__(
        self,
        session: Session,
        writer: JournalWriter,
        layer: Points | Shapes,
        *,
        unsaved: bool,
    ) -> None:
        self.layer = layer
        """The layer."""
        self._session = session
        self._writer = writer
        facts = vector_facts(layer, unsaved=unsaved)
        self._journal = writer.add_vectors(state_of(layer), facts)
        self._timer = QTimer(session.qt_parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLES_MS)
        self._timer.timeout.connect(self._note)
        names = (*_CONTENT[Points if isinstance(layer, Points) else Shapes], *FACTS)
        self._events = [getattr(layer.events, name) for name in names]
        for event in self._events:
            event.connect(self._on_change)

    @property
    def journal(self) -> VectorJournal:
        """Where its content goes."""
        return self._journal

    def release(self) -> None:
        """Let go of the layer; what was drawn in it stays on disk."""
        for event in self._events:
            with suppress(ValueError, RuntimeError):
                event.disconnect(self._on_change)
        if self._timer.isActive():
            self._timer.stop()
            self._note()
        self._writer.end(self._journal)

    def _on_change(self, _event: Any) -> None:
        self._session.in_gui(self._soon)

    def _soon(self) -> None:
        # Not begun anew: while something is dragged, changes never cease.
        if not self._timer.isActive():
            self._timer.start()

    def _note(self) -> None:
        self._journal.set(state_of(self.layer))
        self._journal.describe(vector_facts(self.layer))
        self._writer.wake()


def state_of(layer: Points | Shapes) -> VectorState:
    """Return the points or shapes of a layer as they are now."""
    if isinstance(layer, Points):
        return VectorState(
            kind="points",
            vertices=tuple((tuple(point),) for point in layer.data.tolist()),
            kinds=tuple(symbol.value for symbol in layer.symbol),
            sizes=tuple(layer.size.tolist()),
            face_colors=tuple(tuple(rgba) for rgba in layer.face_color.tolist()),
            edge_colors=tuple(tuple(rgba) for rgba in layer.border_color.tolist()),
            features=_features(layer),
        )
    return VectorState(
        kind="shapes",
        vertices=tuple(
            tuple(tuple(vertex) for vertex in np.asarray(one).tolist())
            for one in layer.data
        ),
        kinds=tuple(layer.shape_type),
        sizes=tuple(float(width) for width in layer.edge_width),
        face_colors=tuple(tuple(rgba) for rgba in layer.face_color.tolist()),
        edge_colors=tuple(tuple(rgba) for rgba in layer.edge_color.tolist()),
        features=_features(layer),
    )


def _features(layer: Points | Shapes) -> dict[str, tuple[Any, ...]]:
    found = {}
    for name, column in layer.features.items():
        values = column.tolist()
        # A category may be any object; what JSON cannot hold is kept as text.
        plain = all(isinstance(v, (bool, int, float, str)) for v in values)
        found[str(name)] = tuple(values if plain else map(str, values))
    return found
