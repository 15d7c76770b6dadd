"""The safety net of a viewer: which layers are kept, and what earlier ones lost."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from napari.layers import Labels, Points, Shapes
from numpy.typing import NDArray
from psygnal import Signal

from napari_segsuite.data.journal.vectors import VectorState
from napari_segsuite.data.journal.writer import JournalWriter
from napari_segsuite.data.recovery import (
    LostLayer,
    LostSession,
    default_folder,
    lost_sessions,
    reap,
)
from napari_segsuite.errors import SegsuiteError
from napari_segsuite.widgets.layers import is_overlay, is_result
from napari_segsuite.widgets.preferences import preferences
from napari_segsuite.widgets.safety.kept_layer import KeptLayer, can_be_kept
from napari_segsuite.widgets.safety.kept_vectors import KeptVectors
from napari_segsuite.widgets.safety.placed_facts import restored, restored_vectors
from napari_segsuite.widgets.session import Session


class SafetyNet:
    """Keeps the strokes of layers on disk, and brings back those of dead sessions.

    One per session, shared by its docks. Kept are layers that a dock names, results of
    models from their first stroke on, and by preference every Labels, Points and
    Shapes layer.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    """

    changed = Signal()
    """`problem` or `found` is new."""

    def __init__(self, session: Session) -> None:
        self.problem = ""
        """Why strokes are not being kept, or could not be restored; else empty."""
        self.found: tuple[LostSession, ...] = ()
        """What earlier sessions have lost, the newest first."""
        self._session = session
        self._kept: dict[int, KeptLayer | KeptVectors] = {}
        self._writer = JournalWriter(
            default_folder(), lambda error: session.in_gui(self._told, error)
        )
        session.closing.connect(self._writer.close)
        self._layers = session.viewer.layers
        self._layers.events.inserted.connect(self._on_inserted)
        self._layers.events.removed.connect(self._on_removed)
        for layer in self._layers:
            self._consider(layer)
        self.look()

    def keep(self, layer: Any) -> None:
        """Keep what is in a layer from now on; what cannot be kept is left."""
        if isinstance(layer, (Labels, Points, Shapes)):
            # What came from nowhere but the user's own hand is in no file.
            made_here = layer.source.path is None and layer.source.sample is None
            self._keep(layer, unsaved=made_here and not is_result(layer))

    def revision(self, layer: Any) -> int:
        """Return a mark of what is painted now, for `saved`; 0 if not kept."""
        kept = self._kept.get(id(layer))
        return 0 if kept is None else kept.journal.revision

    def saved(self, layer: Any, revision: int) -> None:
        """Note that a layer was saved as it was at `revision`."""
        kept = self._kept.get(id(layer))
        if kept is not None:
            kept.journal.saved(revision)
            self._writer.wake()

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until all strokes are on disk; return whether they are."""
        return self._writer.flush(timeout)

    def look(self) -> None:
        """Look in a thread what earlier sessions have lost, and delete what is old."""
        place = default_folder()

        def find() -> tuple[LostSession, ...]:
            reap(place)
            return lost_sessions(place)

        self._session.in_background(find, self._show)

    def restore(self, session: LostSession) -> None:
        """Read the layers of a lost session in a thread and add them to the viewer.

        Its journals stay for a while, but are not offered again.
        """
        # At once, lest a second click restores it twice.
        self._forget(session)
        self._session.in_background(
            lambda: [
                lost.array() if isinstance(lost, LostLayer) else lost.state
                for lost in session.layers
            ],
            lambda contents: self._restored(session, contents),
            lambda error: self._failed(session, error),
        )

    def discard(self, session: LostSession) -> None:
        """Delete what a lost session left."""
        session.discard()
        self._forget(session)

    def _restored(
        self, session: LostSession, contents: list[NDArray[Any] | VectorState]
    ) -> None:
        for lost, content in zip(session.layers, contents, strict=True):
            layer: Labels | Points | Shapes
            if isinstance(content, VectorState):
                layer = restored_vectors(lost.facts, content)
            else:
                layer = restored(lost.facts, content)
            self._session.viewer.add_layer(layer)
            self._keep(layer, unsaved=True)
        # Only once the new journals hold them is the old one not offered any more.
        self._session.in_background(
            lambda: session.settle() if self._writer.flush(60) else None
        )

    def _forget(self, session: LostSession) -> None:
        self._show(tuple(one for one in self.found if one is not session))

    def _failed(self, session: LostSession, error: Exception) -> None:
        self.problem = str(error)
        self._show((session, *self.found))

    def _show(self, found: tuple[LostSession, ...]) -> None:
        self.found = found
        self.changed.emit()

    def _told(self, error: SegsuiteError | None) -> None:
        self.problem = f"Strokes are NOT being kept safe: {error}" if error else ""
        self.changed.emit()

    def _on_inserted(self, event: Any) -> None:
        self._session.in_gui(self._consider, event.value)

    def _on_removed(self, event: Any) -> None:
        self._session.in_gui(self._release, event.value)

    def _consider(self, layer: Any) -> None:
        if not isinstance(layer, (Labels, Points, Shapes)) or is_overlay(layer):
            return
        if isinstance(layer, Labels) and is_result(layer):
            # Made by a model, and so no loss, until somebody corrects it.
            layer.events.paint.connect(self._on_corrected)
        elif preferences().keep_every_layer:
            self.keep(layer)

    def _on_corrected(self, event: Any) -> None:
        self._session.in_gui(self._corrected, event.source)

    def _corrected(self, layer: Any) -> None:
        # Several strokes may have been noted before the first is told.
        with suppress(ValueError):
            layer.events.paint.disconnect(self._on_corrected)
        self._keep(layer, unsaved=True)

    def _keep(self, layer: Labels | Points | Shapes, *, unsaved: bool) -> None:
        if id(layer) in self._kept or layer not in self._layers or is_overlay(layer):
            return
        if isinstance(layer, (Points, Shapes)):
            self._kept[id(layer)] = KeptVectors(
                self._session, self._writer, layer, unsaved=unsaved
            )
        elif can_be_kept(layer):
            self._kept[id(layer)] = KeptLayer(
                self._session, self._writer, layer, unsaved=unsaved
            )

    def _release(self, layer: Any) -> None:
        kept = self._kept.pop(id(layer), None)
        if kept is not None:
            kept.release()
