"""The upper half of the Train dock: an image, its painting, and what the ids mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from napari.layers import Labels
from psygnal import Signal
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.painted import PaintingSurvey, check_painting
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.class_table import ClassTableView
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, button, form, row
from napari_segsuite.widgets.image_choice import ImageChoice
from napari_segsuite.widgets.label_meaning import (
    MeaningPicker,
    guess_meaning,
)
from napari_segsuite.widgets.layer_classes import (
    FIRST_CLASSES,
    classes_of,
    color_of,
    declare,
    declared,
    offered_ids,
)
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.layers import (
    check_same_place,
    is_result,
    new_objects,
    new_painting,
)
from napari_segsuite.widgets.objects_panel import ObjectsPanel, next_object
from napari_segsuite.widgets.painted_image import PaintedImage
from napari_segsuite.widgets.painting_watch import PaintingWatch
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.safety.saving import Saving
from napari_segsuite.widgets.session import Session


class PaintingPanel(QWidget):
    """Picks image and painting, shows the classes, and helps to paint."""

    changed = Signal()
    """What can be learned from is new."""
    refused = Signal(str)
    """A new painting could not be made: why."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._viewer = session.viewer
        self.net = session.shared(SafetyNet)
        self.watch = PaintingWatch(session, self)
        self._connections = Connections(self)
        self._of_layer = Connections(self)
        self._guessed = False
        self._build()
        for signal, slot in (
            (self.choice.changed, self._image_changed),
            (self.labels.picked, self._labels_picked),
            (self.watch.changed, self._surveyed_anew),
            (self.meaning.changed, self._show_meaning),
            (self.objects.changed, self._tell),
            (self.objects.next_pressed, self._next_object),
            (self.classes.renamed, self._rename),
            (self.classes.picked, self.paint_with),
        ):
            self._connections.add(signal, slot)
        self.unpainted.toggled.connect(self._show_classes)
        self._image_changed()
        self._labels_picked()
        self._show_meaning()

    def painted(self) -> PaintedImage:
        """Return what can be learned from.

        Raises
        ------
        InputError
            If something is missing or does not fit; the message says what to do.
        """
        image, labels = self.choice.chosen(), self.labels.layer
        if labels is None:
            msg = "Press New to make a layer, and paint on the image."
            raise InputError(msg)
        check_same_place(image.layer, image.axes, labels)
        survey = self._surveyed()
        found = PaintedImage(image.images, image.axes, image.channels, labels, survey)
        if self.meaning.learn == "objects":
            boxes = self.objects.boxes(survey, labels)
            return replace(found, learn="objects", annotated=boxes)
        unpainted = self.unpainted.isChecked()
        classes = check_painting(
            survey, known=declared(labels), unpainted_is_background=unpainted
        )
        colored = (i.replace(color=color_of(labels, i.id)) for i in classes.table)
        return replace(found, classes=tuple(colored), unpainted_is_background=unpainted)

    def paint_with(self, label: int) -> None:
        """Make the user's brush paint this id."""
        layer = self.labels.layer
        if layer is not None:
            self._viewer.layers.selection.active = layer
            layer.selected_label = label
            layer.mode = "paint"

    def _build(self) -> None:
        self.choice = ImageChoice(self._viewer, self)
        self.labels = LayerPicker(
            self._viewer,
            lambda la: isinstance(la, Labels),
            prefers=lambda la: not is_result(la),
        )
        self.new_labels = button(
            "New", "Make a Labels layer that fits the image, and paint.", self._new
        )
        self.meaning = MeaningPicker()
        self.objects = ObjectsPanel(self._viewer)
        self.classes = ClassTableView()
        self.add_class = button(
            "Add class", "Paint with a new id: one more class.", self._add_class
        )
        self.saving = Saving(self._session, self)
        self.unpainted = QCheckBox("unpainted is background")
        self.unpainted.setToolTip(
            "Learn every unpainted pixel as background. Only right if you painted all "
            "there is of the class."
        )
        # Rather cut off than wider than a narrow dock.
        self.unpainted.setMinimumWidth(60)
        fields = form()
        self.choice.add_image(fields, "The image to learn from.")
        add_field(
            fields,
            "Labels",
            "The painting, or the drawn objects: 0 is unpainted.",
            self.labels,
            self.new_labels,
        )
        add_field(fields, "Each id is", "", self.meaning)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(fields)
        layout.addWidget(self.classes)
        layout.addLayout(row(self.add_class, self.saving.button))
        layout.addWidget(self.unpainted)
        layout.addWidget(self.objects)

    def _surveyed(self) -> PaintingSurvey:
        if self.watch.error is not None:
            raise self.watch.error
        if self.watch.survey is None:
            msg = "Looking at the painting…"
            raise InputError(msg)
        if not self.watch.survey.counts and self.meaning.learn == "classes":
            msg = (
                "Paint at least two classes: id 1 for background, id 2 for what you "
                "look for. A few strokes of each will do."
            )
            raise InputError(msg)
        return self.watch.survey

    def _image_changed(self) -> None:
        self.new_labels.setEnabled(self.choice.image.layer is not None)
        self.labels.refresh()
        self._tell()

    def _labels_picked(self, _layer: object = None) -> None:
        layer = self.labels.layer
        self._of_layer.close()
        if layer is not None:
            self.net.keep(layer)
            events = layer.events
            self._of_layer.add_soon(
                (events.colormap, events.selected_label, events.metadata),
                self._show_classes,
            )
        self.add_class.setEnabled(layer is not None)
        self.saving.offer(layer)
        self._guessed = False
        self.meaning.forget()
        self.watch.follow(layer)

    def _surveyed_anew(self) -> None:
        layer, survey = self.labels.layer, self.watch.survey
        # Only what was there when the layer was picked is guessed from: what is
        # painted now must not turn the dock around.
        if layer is not None and survey is not None and not self._guessed:
            self._guessed = True
            blobs = self.watch.blobs
            self.meaning.guess(guess_meaning(layer, survey.counts, blobs))
        self.objects.show_survey(survey)
        self._show_classes()

    def _show_meaning(self) -> None:
        objects = self.meaning.learn == "objects"
        self.objects.setVisible(objects)
        for widget in (self.classes, self.add_class):
            widget.setVisible(not objects)
        self._show_classes()

    def _show_classes(self, _event: object = None) -> None:
        layer, survey = self.labels.layer, self.watch.survey
        counts = survey.counts if survey is not None else {}
        if layer is None:
            self.classes.show_classes((), {})
        else:
            self.classes.show_classes(
                _table(layer, {*offered_ids(layer), *counts}), counts
            )
            self.classes.highlight(layer.selected_label)
        offered = len(counts) == 1 or self.unpainted.isChecked()
        self.unpainted.setVisible(offered and self.meaning.learn == "classes")
        self._tell()

    def _rename(self, label: int, name: str) -> None:
        layer = self.labels.layer
        if layer is not None and name:
            (info,) = classes_of(layer, (label,))
            declare(layer, (info.replace(name=name[:200]),))
        self._show_classes()

    def _add_class(self) -> None:
        layer = self.labels.layer
        if layer is not None:
            label = max(self.classes.ids, default=0) + 1
            declare(layer, classes_of(layer, (*offered_ids(layer), label)))
            self.paint_with(label)

    def _new(self) -> None:
        image = self.choice.image.layer
        if image is None:
            return
        make = new_objects if self.meaning.learn == "objects" else new_painting
        try:
            layer = make(image, self.choice.axes_of(image))
        except SegsuiteError as error:
            self.refused.emit(str(error))
            return
        self._viewer.add_layer(layer)
        self.labels.choose(layer)
        self.paint_with(FIRST_CLASSES[0])

    def _next_object(self) -> None:
        layer, survey = self.labels.layer, self.watch.survey
        if layer is None:
            return
        try:
            label = next_object(layer, {} if survey is None else survey.counts)
        except SegsuiteError as error:
            self.refused.emit(str(error))
        else:
            self.paint_with(label)

    def _tell(self, _event: object = None) -> None:
        self.changed.emit()


def _table(layer: Labels, ids: Iterable[int]) -> ClassTable:
    return classes_of(layer, (i for i in ids if 1 <= i <= 2**31 - 1))
