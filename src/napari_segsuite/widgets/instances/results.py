"""The results of a viewer that can be filled anew, and their boxes."""

from __future__ import annotations

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
        self._boxes: dict[int, Shapes] = {}
        self._wanted: list[FoundObjects] = []
        self._working = False
        self._soon = single_shot(
            session.qt_parent, self._draw_boxes, _BOXES_SETTLE_MS
        )
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

    def boxes_of(self, found: FoundObjects) -> Shapes | None:
        """Return the layer with the boxes of a result, if it is there."""
        return self._boxes.get(id(found.layer))

    def show_boxes(self, found: FoundObjects, wanted: bool) -> None:
        """Add a layer with the boxes of a result, or remove it."""
        viewer, boxes = self._session.viewer, self.boxes_of(found)
        if viewer is None or wanted == (boxes is not None):
            return
        if boxes is not None:
            viewer.layers.remove(boxes)
            return
        selected = viewer.layers.selection.active
        made = boxes_result(
            found.layer, found.detections.axes, f"{found.layer.name} boxes"
        )
        self._boxes[id(found.layer)] = made
        viewer.add_layer(made)
        viewer.layers.selection.active = selected
        self._tell_if_too_many(found, made)
        self.changed.emit()

    def _work(self) -> None:
        if self._working or not self._wanted:
            return
        found = self._wanted.pop(0)
        self._working = True
        detections, choice = found.detections, found.choice
        self._session.in_background(
            lambda: pasted(detections, choice),
            lambda new: self._done(found, new),
            self._failed,
        )

    def _done(self, found: FoundObjects, new: Pasted) -> None:
        self._working = False
        if self.of(found.layer) is found:
            found.show(new)
            self._soon.start()
        self._work()
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._working = False
        if isinstance(error, MemoryError):
            self.told.emit("There is not enough memory for another layer like this.")
        elif isinstance(error, SegsuiteError):
            self.told.emit(str(error))
        else:
            raise error

    def _draw_boxes(self) -> None:
        for key, boxes in self._boxes.items():
            found = self._found.get(key)
            if found is not None:
                show_boxes(boxes, found.layer)
                self._tell_if_too_many(found, boxes)

    def _tell_if_too_many(self, found: FoundObjects, boxes: Shapes) -> None:
        if not boxes.nshapes and found.count:
            self.told.emit(
                f"There are more than {MOST_BOXES:,} boxes: too many to draw. Raise "
                "the least score, or predict a part of the image."
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
            self._session.in_gui(self._remove_boxes, found)
        self._session.in_gui(self.changed.emit)

    def _remove_boxes(self, found: FoundObjects) -> None:
        viewer, boxes = self._session.viewer, self.boxes_of(found)
        if viewer is not None and boxes in viewer.layers:
            viewer.layers.remove(boxes)
