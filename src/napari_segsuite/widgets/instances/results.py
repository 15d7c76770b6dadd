"""The results of a viewer that can be filled anew, and their boxes."""

from __future__ import annotations

from functools import partial
from typing import Any

from napari.layers import Labels, Shapes
from psygnal import Signal

from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.instances.found_objects import (
    Choice,
    FoundObjects,
    Pasted,
    pasted,
)
from napari_segsuite.widgets.layer_classes import declared
from napari_segsuite.widgets.layers import METADATA_KEY
from napari_segsuite.widgets.object_layers import (
    MOST_BOXES,
    ObjectBoxes,
    boxes_around,
    boxes_result,
    objects_result,
    show_boxes,
)
from napari_segsuite.widgets.prompt.timers import single_shot
from napari_segsuite.widgets.session import Session

# Rectangles take longer to draw than labels: they follow when a slider rests.
_BOXES_SETTLE_MS = 300


class Results:
    """Knows which layers are results of a detector, and shows others of its objects.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    """

    added = Signal(object)
    """A result was added to the viewer: its layer."""
    changed = Signal()
    """A result is new, shows other objects, has been changed by hand, or is gone."""
    told = Signal(str)
    """Something could not be done."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: dict[int, FoundObjects] = {}
        # None: its boxes are being worked out.
        self._boxes: dict[int, Shapes | None] = {}
        self._wanted: list[FoundObjects] = []
        self._working = False
        self._soon = single_shot(session.qt_parent, self._draw_boxes, _BOXES_SETTLE_MS)
        session.viewer.layers.events.removed.connect(self._on_removed)

    def of(self, layer: Any) -> FoundObjects | None:
        """Return what was found for a layer; None if it is no result."""
        return self._found.get(id(layer))

    def offers(self, layer: Any) -> bool:
        """Whether a layer is a result whose objects can be chosen."""
        return isinstance(layer, Labels) and id(layer) in self._found

    def add(self, found: FoundObjects) -> None:
        """Add the layer of a result to the viewer."""
        viewer = self._session.viewer
        if viewer is None:
            return
        self._found[id(found.layer)] = found
        found.layer.events.paint.connect(self._on_paint)
        viewer.add_layer(found.layer)
        self.added.emit(found.layer)
        self.changed.emit()

    def choose(self, found: FoundObjects, choice: Choice) -> None:
        """Show other objects of a result, soon; the detector does not run again.

        Raises
        ------
        InputError
            If somebody has changed the layer.
        """
        if choice == found.choice:
            return
        if found.edited:
            msg = (
                f"“{found.layer.name}” was changed by hand and stays as it is. Press "
                "New layer to choose again."
            )
            raise InputError(msg)
        found.choice = choice
        if found not in self._wanted:
            self._wanted.append(found)
        self._work()

    def anew(self, found: FoundObjects) -> None:
        """Show what a result was made from as a layer of its own."""
        layer = found.layer

        def show(new: Pasted) -> None:
            made = objects_result(
                new.labels,
                like=layer,
                axes=found.detections.axes,
                offset=(0,) * layer.ndim,
                name=layer.name,
                segments=new.segments,
                classes=declared(layer),
                provenance=layer.metadata.get(METADATA_KEY, {}),
            )
            self.add(FoundObjects(made, found.detections, choice))

        detections, choice = found.detections, found.choice
        self._session.in_background(
            lambda: pasted(detections, choice), show, self._failed
        )

    def has_boxes(self, found: FoundObjects) -> bool:
        """Whether the boxes of a result are shown, or about to be."""
        return id(found.layer) in self._boxes

    def show_boxes(self, found: FoundObjects, wanted: bool) -> None:
        """Add a layer with the boxes of a result, soon, or remove it."""
        key = id(found.layer)
        if wanted and key not in self._boxes:
            self._boxes[key] = None
            self._draw_boxes()
        elif not wanted:
            self._remove(self._boxes.pop(key, None))

    def _work(self) -> None:
        if self._working or not self._wanted:
            return
        found = self._wanted.pop(0)
        self._working = True
        detections, choice = found.detections, found.choice
        self._session.in_background(
            lambda: pasted(detections, choice),
            lambda new: self._done(found, new),
            self._not_done,
        )

    def _done(self, found: FoundObjects, new: Pasted) -> None:
        self._working = False
        if self.of(found.layer) is found:
            found.show(new)
            self._soon.start()
        self._work()
        self.changed.emit()

    def _not_done(self, error: Exception) -> None:
        self._working = False
        self._work()
        self._failed(error)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, MemoryError):
            self.told.emit("There is not enough memory for another layer like this.")
        elif isinstance(error, SegsuiteError):
            self.told.emit(str(error))
        else:
            raise error

    def _draw_boxes(self) -> None:
        for key in self._boxes:
            found = self._found.get(key)
            if found is not None:
                self._session.in_background(
                    partial(boxes_around, found.layer.data),
                    partial(self._show_boxes, found),
                    self._failed,
                )

    def _show_boxes(self, found: FoundObjects, boxes: ObjectBoxes) -> None:
        viewer, key = self._session.viewer, id(found.layer)
        if viewer is None or key not in self._boxes:
            return
        shown = self._boxes[key]
        if shown is not None:
            show_boxes(shown, found.layer, boxes)
        else:
            name = f"{found.layer.name} boxes"
            made = boxes_result(found.layer, found.detections.axes, name, boxes)
            self._boxes[key] = made
            selected = viewer.layers.selection.active
            viewer.add_layer(made)
            viewer.layers.selection.active = selected
        if not boxes.complete:
            self.told.emit(
                f"There are more than {MOST_BOXES:,} boxes: too many to draw. Raise "
                "the score, or look at a part of the image."
            )

    def _on_paint(self, _event: Any = None) -> None:
        self._session.in_gui(self.changed.emit)

    def _on_removed(self, event: Any) -> None:
        layer = event.value
        for key, boxes in tuple(self._boxes.items()):
            if boxes is layer:
                del self._boxes[key]
        found = self._found.pop(id(layer), None)
        if found is not None:
            found.release()
            layer.events.paint.disconnect(self._on_paint)
            boxes = self._boxes.pop(id(layer), None)
            self._session.in_gui(self._remove, boxes)
        self._session.in_gui(self.changed.emit)

    def _remove(self, boxes: Shapes | None) -> None:
        viewer = self._session.viewer
        if viewer is not None and boxes in viewer.layers:
            viewer.layers.remove(boxes)
