"""The Train dock: pick an image and its painting, train, watch it learn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari.layers import Image, Labels
from psygnal import Signal
from qtpy.QtWidgets import QCheckBox, QFileDialog, QLineEdit

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.painted import check_painting
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.jobs.training import TrainingOptions
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.widgets.class_table import ClassTableView
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.curves import Curves
from napari_segsuite.widgets.dock import (
    Dock,
    add_field,
    advanced,
    button,
    form,
    holder,
    plain_label,
    row,
)
from napari_segsuite.widgets.forms import Form
from napari_segsuite.widgets.job_files import save_job
from napari_segsuite.widgets.layer_classes import classes_of, declare, declared
from napari_segsuite.widgets.layer_picker import ChannelPicker, LayerPicker
from napari_segsuite.widgets.layers import (
    check_same_place,
    image_axes,
    is_result,
    new_painting,
)
from napari_segsuite.widgets.model_picker import ModelPicker
from napari_segsuite.widgets.painting_watch import PaintingWatch
from napari_segsuite.widgets.plan_view import PlanView
from napari_segsuite.widgets.preferences import preferences
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.snapshots import channel_count
from napari_segsuite.widgets.status_view import StatusView
from napari_segsuite.widgets.training import Training, TrainRequest

_FIRST_CLASSES = (1, 2)


class TrainDock(Dock):
    """Paint a few strokes of each class, press Train, watch the preview get better."""

    saved = Signal(str)
    """A job was saved, or not: what to tell."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__(napari_viewer, session)
        self.training = self.session.shared(Training)
        self.watch = PaintingWatch(self.session, self)
        self._layer_connections = Connections(self)
        self._build()
        self._connect()
        self._image_picked()
        self._labels_picked()

    def request(self) -> TrainRequest:
        """Return what the dock asks for now.

        Raises
        ------
        InputError
            If something is missing or does not fit; the message says what to do.
        """
        image, labels = self.image.layer, self.labels.layer
        if image is None:
            msg = "Open an image first: drop a file here, or File ▸ Open Sample."
            raise InputError(msg)
        axes = self.axes.text().strip().upper() or image_axes(image)
        images = self.channels.with_image(image)
        channels = channel_count(images, axes)
        if labels is None:
            msg = "Press New to make a layer, and paint on the image."
            raise InputError(msg)
        check_same_place(image, axes, labels)
        if self.watch.error is not None:
            raise self.watch.error
        if self.watch.survey is None:
            msg = "Looking at the painting…"
            raise InputError(msg)
        if not self.watch.survey.counts:
            msg = (
                "Paint at least two classes: id 1 for background, id 2 for what you "
                "look for. A few strokes of each will do."
            )
            raise InputError(msg)
        unpainted = self.unpainted.isChecked()
        ids = self.watch.survey.counts
        check_painting(
            self.watch.survey,
            known=declared(labels),
            unpainted_is_background=unpainted,
        )
        self.start_from.check(channels, axes)
        return TrainRequest(
            images=images,
            axes=axes,
            labels=labels,
            classes=_table(labels, ids),
            name=self.name.text().strip(),
            start_from=self.start_from.folder,
            unpainted_is_background=unpainted,
            plan=self.plan_form.value,
            training=self.training_form.value,
        )

    def _build(self) -> None:
        self.image = LayerPicker(
            self.viewer, lambda la: isinstance(la, Image) and not is_result(la)
        )
        self.channels = ChannelPicker(self.viewer)
        self.labels = LayerPicker(
            self.viewer,
            lambda la: isinstance(la, Labels),
            prefers=lambda la: not is_result(la),
        )
        self.new_labels = button(
            "New", "Make a Labels layer that fits the image, and paint.", self._new
        )
        self.classes = ClassTableView()
        self.add_class = button(
            "Add class", "Paint with a new id: one more class.", self._add_class
        )
        self.unpainted = QCheckBox("unpainted is background")
        self.unpainted.setToolTip(
            "Learn every unpainted pixel as background. Only right if you painted all "
            "there is of the class."
        )
        # Rather cut off than wider than a narrow dock.
        self.unpainted.setMinimumWidth(60)
        self.start_from = ModelPicker(self.session, none="scratch")
        self.train = button("Train", "Train on the painted pixels.", self._train)
        self.stop = button(
            "Stop", "Finish now and keep the best model so far.", self.training.stop
        )
        self.cancel = button(
            "Cancel", "Give up and keep nothing.", self.training.cancel
        )
        self.status = StatusView(self.training)
        self.curves = Curves(self.viewer)
        self._build_advanced()
        top, middle = form(), form()
        add_field(top, "Image", "The image to learn from.", self.image)
        top.addRow(self.channels)
        add_field(
            top,
            "Labels",
            "The painting: 0 is unpainted and ignored, every other id a class.",
            self.labels,
            self.new_labels,
        )
        add_field(
            middle,
            "Start from",
            "Train from scratch, or go on from a model (fine-tune).",
            self.start_from,
        )
        body = self.body
        body.addLayout(top)
        body.addWidget(self.classes)
        body.addWidget(self.add_class)
        body.addWidget(self.unpainted)
        body.addLayout(middle)
        body.addLayout(row(self.train, self.stop, self.cancel))
        body.addWidget(self.status)
        body.addWidget(self.curves)
        body.addWidget(self.advanced)
        body.addStretch(1)

    def _build_advanced(self) -> None:
        device = preferences().device
        self.training_form = Form(TrainingOptions.model_validate({"device": device}))
        self.plan_form = Form(PlanChoices())
        self.axes, self.name = QLineEdit(), QLineEdit()
        about = form()
        add_field(
            about,
            "Axes",
            "What each axis of the image is: T time, C channel, Z depth, Y, X.",
            self.axes,
        )
        add_field(
            about, "Name", "The model's name; empty takes the image's.", self.name
        )
        self.plan_view = PlanView(self.session, self.training)
        self.save = button(
            "Save job…",
            "Write this training to a file for the command line: segsuite run FILE.",
            self._save,
        )
        caption = plain_label("What is chosen for this image; change it here.")
        caption.setText("Network (auto = chosen from image and painting)")
        self.advanced = advanced(
            holder(about),
            self.training_form.native,
            caption,
            self.plan_form.native,
            self.plan_view,
            self.save,
        )

    def _connect(self) -> None:
        for signal, slot in (
            (self.image.picked, self._image_picked),
            (self.labels.picked, self._labels_picked),
            (self.channels.changed, self._refresh),
            (self.watch.changed, self._show_classes),
            (self.classes.renamed, self._rename),
            (self.classes.picked, self._paint_with),
            (self.start_from.changed, self._refresh),
            (self.training.changed, self._refresh),
            (self.training.epoch_ended, self._show_epochs),
            (self.ahead.loaded, self._show_epochs),
            (self.saved, self.status.hint),
            (self.plan_form.changed, self._refresh),
            (self.training_form.changed, self._refresh),
        ):
            self.connections.add(signal, slot)
        self.unpainted.toggled.connect(self._refresh)
        self.axes.textChanged.connect(self._refresh)

    def _image_picked(self, _layer: object = None) -> None:
        image = self.image.layer
        self.channels.offer_for(image)
        self.axes.setText(_guessed(image))
        self.name.setPlaceholderText("" if image is None else image.name)
        self.labels.refresh()
        self._refresh()

    def _labels_picked(self, _layer: object = None) -> None:
        layer = self.labels.layer
        self._layer_connections.close()
        if layer is not None:
            events = layer.events
            self._layer_connections.add_soon(
                (events.colormap, events.selected_label, events.metadata),
                self._show_classes,
            )
        self.watch.follow(layer)

    def _show_classes(self, _event: object = None) -> None:
        layer, survey = self.labels.layer, self.watch.survey
        if layer is None:
            self.classes.show_classes((), {})
        else:
            counts = survey.counts if survey is not None else {}
            self.classes.show_classes(_table(layer, {*_known(layer), *counts}), counts)
            self.classes.highlight(layer.selected_label)
        self._refresh()

    def _rename(self, label: int, name: str) -> None:
        layer = self.labels.layer
        if layer is not None and name:
            (info,) = classes_of(layer, (label,))
            declare(layer, (info.replace(name=name[:200]),))
        self._show_classes()

    def _paint_with(self, label: int) -> None:
        layer = self.labels.layer
        if layer is not None:
            self.viewer.layers.selection.active = layer
            layer.selected_label = label
            layer.mode = "paint"

    def _add_class(self) -> None:
        layer = self.labels.layer
        if layer is None:
            self._new()
            return
        label = max(self.classes.ids, default=0) + 1
        declare(layer, classes_of(layer, (*_known(layer), label)))
        self._paint_with(label)

    def _new(self) -> None:
        image = self.image.layer
        try:
            if image is None:
                msg = "Open an image first."
                raise InputError(msg)
            layer = new_painting(image, self.axes.text().strip().upper())
        except SegsuiteError as error:
            self.status.hint(str(error))
            return
        self.viewer.add_layer(layer)
        self.labels.choose(layer)
        self._paint_with(_FIRST_CLASSES[0])

    def _train(self) -> None:
        self._attempt(lambda: self.training.train(self.request()))

    def _save(self) -> None:
        def ask() -> None:
            request = self.request()
            suggested = f"{request.model_name}.json"
            name, _ = QFileDialog.getSaveFileName(
                self, "Save job", suggested, "Jobs (*.json)"
            )
            if name:
                path = Path(name).with_suffix(".json")
                scratch = self.session.scratch.folder
                prepare = self.training.preparation(request, path.with_suffix(""))
                self.session.in_background(
                    lambda: save_job(prepare(lambda: None), path, scratch),
                    lambda _: self.saved.emit(f"Saved; run it by: segsuite run {path}"),
                    lambda error: self.saved.emit(str(error)),
                )

        self._attempt(ask)

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except SegsuiteError as error:
            self.status.hint(str(error))

    def _refresh(self, _event: object = None) -> None:
        """Enable what can be pressed, and say why the rest cannot."""
        busy = self.training.busy
        hint = ""
        try:
            request = self.request()
        except SegsuiteError as error:
            request, hint = None, str(error)
        self.status.hint(hint)
        self.train.setEnabled(request is not None and not busy)
        self.save.setEnabled(request is not None)
        running = self.training.run is not None and busy
        self.stop.setEnabled(running)
        self.cancel.setEnabled(busy)
        self.new_labels.setEnabled(self.image.layer is not None)
        self.add_class.setEnabled(self.labels.layer is not None)
        survey = self.watch.survey
        single = survey is not None and len(survey.counts) == 1
        self.unpainted.setVisible(single or self.unpainted.isChecked())
        self.plan_view.show_for(request)

    def _show_epochs(self) -> None:
        self.curves.show_epochs(self.training.epochs)


def _guessed(image: Image | None) -> str:
    if image is None:
        return ""
    try:
        return image_axes(image)
    except InputError:
        return ""


def _known(layer: Labels) -> tuple[int, ...]:
    """Return the ids to offer for painting: those named, or two to begin with."""
    return tuple(info.id for info in declared(layer)) or _FIRST_CLASSES


def _table(layer: Labels, ids: Any) -> ClassTable:
    return classes_of(layer, (i for i in ids if 1 <= i <= 2**31 - 1))
