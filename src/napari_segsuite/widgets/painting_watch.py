"""Keeps count of what is painted in a Labels layer, without being in the way."""

from __future__ import annotations

from typing import Any

from napari.layers import Labels
from psygnal import Signal
from qtpy.QtCore import QObject, QTimer

from napari_segsuite.data.axes import guess_axes
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.painted import PaintingSurvey, survey
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.layers import full_resolution
from napari_segsuite.widgets.session import Session

_SETTLES_MS = 250


class PaintingWatch:
    """Surveys one Labels layer in a thread, soon after each change of its pixels.

    Parameters
    ----------
    session : Session
        Whose threads are used.
    parent : QObject
        When it is destroyed, the watch ends.
    """

    changed = Signal()
    """`survey` or `error` is new."""

    def __init__(self, session: Session, parent: QObject) -> None:
        self.survey: PaintingSurvey | None = None
        """What is painted; None while nobody knows."""
        self.error: SegsuiteError | None = None
        """Why the layer cannot be surveyed."""
        self.blobs = False
        """Whether ids looked like objects when the layer was first surveyed."""
        self._session = session
        self._layer: Labels | None = None
        self._point: tuple[float, ...] = ()
        self._running = False
        self._again = False
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLES_MS)
        self._timer.timeout.connect(self._start)

    def follow(self, layer: Labels | None) -> None:
        """Watch another layer, or none."""
        if self._layer is not None:
            for event in self._events(self._layer):
                event.disconnect(self._on_change)
        self._layer = layer
        self.survey = self.error = None
        self.blobs = False
        self._point = self._point_now()
        if layer is not None:
            for event in self._events(layer):
                event.connect(self._on_change)
            self._start()
        self.changed.emit()

    def _events(self, layer: Labels) -> tuple[Any, ...]:
        # Undo, redo and writes of other plugins tell by set_data only.
        return layer.events.paint, layer.events.data, layer.events.set_data

    def _on_change(self, event: Any) -> None:
        if event.type == "set_data":
            # Moving through the slices tells the same, and changes nothing.
            point = self._point_now()
            if point != self._point:
                self._point = point
                return
        self._timer.start()

    def _point_now(self) -> tuple[float, ...]:
        viewer = self._session.viewer
        return () if viewer is None else tuple(viewer.dims.point)

    def _start(self) -> None:
        layer = self._layer
        if layer is None:
            return
        if self._running:
            self._again = True
            return
        self._running = True
        array, name, first = full_resolution(layer), layer.name, self.survey is None

        def count() -> tuple[PaintingSurvey, bool]:
            if 0 in array.shape:
                msg = f"{name!r} has no pixels: its shape is {tuple(array.shape)}."
                raise InputError(msg)
            found = survey(Frames(array, guess_axes(array.shape, labels=True), 2))
            return found, first and _blobs(array)

        self._session.in_background(
            count,
            lambda found: self._done(layer, *found, None),
            lambda error: self._done(layer, None, False, error),
        )

    def _done(
        self,
        layer: Labels,
        found: PaintingSurvey | None,
        blobs: bool,
        error: Exception | None,
    ) -> None:
        self._running = False
        again, self._again = self._again, False
        if again or layer is not self._layer:
            self._start()
        if layer is not self._layer:
            return
        self.survey = found
        self.blobs = self.blobs or blobs
        self.error = None
        if isinstance(error, SegsuiteError):
            self.error = error
        elif error is not None:
            self.error = InputError(f"The painting cannot be read: {error}.")
        self.changed.emit()


def _blobs(array: Any) -> bool:
    # scipy's part that it needs is loaded in the thread, not with the dock.
    from napari_segsuite.widgets.measure.blobs import looks_like_objects
    from napari_segsuite.widgets.measure.parts import ArrayPart

    return looks_like_objects(
        ArrayPart(array, tuple(slice(0, int(size)) for size in array.shape))
    )
