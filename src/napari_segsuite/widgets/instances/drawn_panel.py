"""What is learned from: an image, its drawn objects, and where all are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from napari.layers import Image, Labels
from psygnal import Signal
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from napari_segsuite.data.painted import PaintingSurvey
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.jobs.training import Box
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, button, form, plain_label
from napari_segsuite.widgets.image_choice import ImageChoice
from napari_segsuite.widgets.instances.object_classes import (
    ObjectClasses,
    object_classes,
)
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.layers import (
    check_same_place,
    is_overlay,
    is_result,
    new_objects,
)
from napari_segsuite.widgets.objects_panel import ObjectsPanel, next_object
from napari_segsuite.widgets.painting_watch import PaintingWatch
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.session import Session

# So few ids that cover nearly everything are classes of pixels, most likely.
_FEW_IDS: Final = 8
_NEARLY_ALL: Final = 0.9


@dataclass(frozen=True)
class DrawnObjects:
    """An image with objects that can be learned."""

    images: tuple[Image, ...]
    """The image; several layers are its channels."""
    axes: str
    """The axes of each of them."""
    channels: int
    """Channels that they make together."""
    labels: Labels
    """The objects, one id each."""
    annotated: tuple[Box, ...]
    """Where every object is drawn; none: on all slices that hold an object."""
    classes: ObjectClasses
    """Which class each object is of; empty if all are of one."""


class DrawnPanel(QWidget):
    """Picks the image, the layer with its objects, and where all objects are drawn."""

    changed = Signal()
    """What can be learned from is new."""
    refused = Signal(str)
    """Why nothing new can be drawn."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = session.viewer
        self.net = session.shared(SafetyNet)
        self.watch = PaintingWatch(session, self)
        self._connections = Connections(self)
        self._of_layer = Connections(self)
        self._build()
        for signal, slot in (
            (self.choice.changed, self._image_changed),
            (self.labels.picked, self._labels_picked),
            (self.objects.changed, self._tell),
            (self.objects.next_pressed, self._next),
            (self.watch.changed, self._tell),
        ):
            self._connections.add(signal, slot)
        self.by_class.toggled.connect(self._tell)
        self._image_changed()
        self._labels_picked()

    def drawn(self) -> DrawnObjects:
        """Return what can be learned from.

        Raises
        ------
        InputError
            If something is missing or does not fit; the message says what to do.
        """
        image, labels = self.choice.chosen(), self.labels.layer
        if labels is None:
            msg = "Press New to make a layer, and draw some objects."
            raise InputError(msg)
        check_same_place(image.layer, image.axes, labels)
        survey = self._surveyed()
        wanted = self.by_class.isChecked()
        return DrawnObjects(
            images=image.images,
            axes=image.axes,
            channels=image.channels,
            labels=labels,
            annotated=self.objects.boxes(survey, labels),
            classes=object_classes(labels, survey.counts)
            if wanted
            else ObjectClasses(),
        )

    def _build(self) -> None:
        self.choice = ImageChoice(self._viewer, self)
        self.labels = LayerPicker(
            self._viewer,
            lambda la: isinstance(la, Labels) and not is_overlay(la),
            prefers=lambda la: not is_result(la),
        )
        self.new_labels = button(
            "New", "Make a Labels layer that fits the image, and draw.", self._new
        )
        self.objects = ObjectsPanel(self._viewer)
        self.note = plain_label("What is noticed about the objects.")
        self.by_class = QCheckBox("tell classes apart")
        self.by_class.setToolTip(
            "The layer's features name the class of each object: learn the classes "
            "too. Otherwise all are learned as one."
        )
        self.by_class.setChecked(True)
        self.by_class.setMinimumWidth(60)
        fields = form()
        self.choice.add_image(fields, "The image to learn from.")
        add_field(
            fields,
            "Objects",
            "The Labels layer: every id is one object, 0 is background.",
            self.labels,
            self.new_labels,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(fields)
        layout.addWidget(self.objects)
        layout.addWidget(self.note)
        layout.addWidget(self.by_class)

    def _surveyed(self) -> PaintingSurvey:
        if self.watch.error is not None:
            raise self.watch.error
        if self.watch.survey is None:
            msg = "Looking at the labels…"
            raise InputError(msg)
        return self.watch.survey

    def _image_changed(self) -> None:
        self.new_labels.setEnabled(self.choice.image.layer is not None)
        self._tell()

    def _labels_picked(self, _layer: object = None) -> None:
        layer = self.labels.layer
        self._of_layer.close()
        if layer is not None:
            self.net.keep(layer)
            events = layer.events
            self._of_layer.add_soon((events.features, events.metadata), self._tell)
        self.watch.follow(layer)

    def _new(self) -> None:
        image = self.choice.image.layer
        if image is None:
            return
        try:
            layer = new_objects(image, self.choice.axes_of(image))
        except SegsuiteError as error:
            self.refused.emit(str(error))
            return
        self._viewer.add_layer(layer)
        self.labels.choose(layer)
        self._draw(layer, 1)

    def _next(self) -> None:
        layer, survey = self.labels.layer, self.watch.survey
        if layer is None:
            self._new()
            return
        try:
            label = next_object(layer, {} if survey is None else survey.counts)
        except InputError as error:
            self.refused.emit(str(error))
            return
        self._draw(layer, label)

    def _draw(self, layer: Labels, label: int) -> None:
        """Make the user's brush draw this object."""
        self._viewer.layers.selection.active = layer
        layer.selected_label = label
        layer.mode = "paint"

    def _tell(self, _event: object = None) -> None:
        survey, layer = self.watch.survey, self.labels.layer
        classes = ObjectClasses()
        note = ""
        if survey is not None and layer is not None and survey.counts:
            classes = object_classes(layer, survey.counts)
            note = _noticed(survey, classes)
        self.objects.show_survey(survey)
        self.objects.count.setVisible(survey is not None)
        self.by_class.setVisible(bool(classes.table))
        self.note.setVisible(bool(note))
        self.note.setText(note)
        self.changed.emit()


def _noticed(survey: PaintingSurvey, classes: ObjectClasses) -> str:
    """Return what else there is to say of the objects; empty if there is nothing."""
    if classes.table:
        counts = classes.counts
        return ", ".join(f"{counts[info.id]} {info.name}" for info in classes.table)
    if len(survey.counts) <= _FEW_IDS and survey.share > _NEARLY_ALL:
        return (
            "These few cover nearly everything, but here every id must be one object. "
            "If ids are classes of pixels, use the Train dock."
        )
    return ""
