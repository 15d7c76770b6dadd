"""The part of the Panoptic dock that picks two layers to merge."""

from __future__ import annotations

from napari.layers import Labels
from psygnal import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, form
from napari_segsuite.widgets.label_meaning import guess_meaning
from napari_segsuite.widgets.layer_classes import classes_of
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.layer_segments import labels_axes
from napari_segsuite.widgets.layers import check_same_place, is_overlay
from napari_segsuite.widgets.painting_watch import PaintingWatch
from napari_segsuite.widgets.session import Session

_MOST_CLASSES = 255


class LayersPart(QWidget):
    """Picks a layer of classes and one of objects; knows the classes of the first."""

    changed = Signal()
    """Other layers are picked, or the classes are others."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        viewer = session.viewer
        self.watch = PaintingWatch(session, self)
        self.semantic = LayerPicker(
            viewer, _is_labels, prefers=lambda la: not _holds_objects(la)
        )
        self.instances = LayerPicker(viewer, _is_labels, prefers=_holds_objects)
        fields = form()
        tip = "A Labels layer whose ids are classes, from any source."
        add_field(fields, "Classes", tip, self.semantic)
        tip = "A Labels layer of the same image whose ids are objects."
        add_field(fields, "Objects", tip, self.instances)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(fields)
        self._connections = Connections(self)
        for signal, slot in (
            (self.semantic.picked, self.watch.follow),
            (self.instances.picked, self._tell),
            (self.watch.changed, self._tell),
        ):
            self._connections.add(signal, slot)
        self.watch.follow(self.semantic.layer)

    @property
    def classes(self) -> ClassTable:
        """The classes of the first layer; none while they are not known."""
        layer, survey = self.semantic.layer, self.watch.survey
        if layer is None or survey is None or len(survey.counts) > _MOST_CLASSES:
            return ()
        return classes_of(layer, (i for i in survey.counts if 1 <= i < 2**31))

    def layers(self) -> tuple[Labels, Labels]:
        """Return the layer of classes and that of objects.

        Raises
        ------
        InputError
            If one is missing, or they do not fit each other; the message says what to
            do.
        """
        semantic, instances = self.semantic.layer, self.instances.layer
        if semantic is None or instances is None or semantic is instances:
            msg = (
                "Choose two Labels layers of one image: one whose ids are classes, "
                "and one whose ids are objects."
            )
            raise InputError(msg)
        try:
            check_same_place(semantic, labels_axes(semantic), instances)
        except InputError as error:
            msg = (
                f"“{semantic.name}” and “{instances.name}” do not lie on each other. "
                "Choose layers of one image."
            )
            raise InputError(msg) from error
        if self.watch.error is not None:
            raise self.watch.error
        if self.watch.survey is None:
            msg = "Looking at the classes…"
            raise InputError(msg)
        count = len(self.watch.survey.counts)
        if not 0 < count <= _MOST_CLASSES:
            msg = (
                f"“{semantic.name}” holds {count:,} ids, but its ids must be classes: "
                f"from 1 to {_MOST_CLASSES}. Choose another layer under Classes."
            )
            raise InputError(msg)
        return semantic, instances

    def _tell(self, _event: object = None) -> None:
        self.changed.emit()


def _is_labels(layer: object) -> bool:
    return isinstance(layer, Labels) and not is_overlay(layer)


def _holds_objects(layer: object) -> bool:
    return isinstance(layer, Labels) and guess_meaning(layer, {}, False) == "objects"
