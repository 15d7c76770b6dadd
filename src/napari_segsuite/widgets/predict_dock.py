"""The Predict dock: a trained model on an open image."""

from __future__ import annotations

from typing import Any, get_args

from napari.layers import Image
from qtpy.QtWidgets import QCheckBox, QComboBox, QLineEdit

from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.jobs.prediction import PredictOptions
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
from napari_segsuite.widgets.layer_picker import ChannelPicker, LayerPicker
from napari_segsuite.widgets.layers import image_axes, is_result
from napari_segsuite.widgets.model_picker import ModelPicker
from napari_segsuite.widgets.predicting import Predicting, PredictRequest
from napari_segsuite.widgets.preferences import preferences
from napari_segsuite.widgets.readout_picker import ReadoutPicker
from napari_segsuite.widgets.regions import RegionKind, region_of
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.snapshots import channel_count
from napari_segsuite.widgets.status_view import StatusView


class PredictDock(Dock):
    """Choose a model and an image, press Predict, get a new Labels layer."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__(napari_viewer, session)
        self.predicting = self.session.shared(Predicting)
        self._ready = False
        self._build()
        for signal, slot in (
            (self.image.picked, self._image_picked),
            (self.channels.changed, self._refresh),
            (self.model.changed, self._refresh),
            (self.form.changed, self._refresh),
            (self.readout.changed, self._refresh),
            (self.predicting.changed, self._enable),
        ):
            self.connections.add(signal, slot)
        self.axes.textChanged.connect(self._refresh)
        self._image_picked()

    def request(self) -> PredictRequest:
        """Return what the dock asks for now.

        Raises
        ------
        InputError
            If something is missing or does not fit; the message says what to do.
        """
        image = self.image.layer
        if image is None:
            msg = "Open an image first: drop a file here, or File ▸ Open Sample."
            raise InputError(msg)
        axes = self.axes.text().strip().upper() or image_axes(image)
        images = self.channels.with_image(image)
        channels = channel_count(images, axes)
        self.model.check(channels, axes)
        if self.model.entry is None:
            msg = "Train a model first, or open a model folder under Model."
            raise InputError(msg)
        kind: RegionKind = self.region.currentData()
        return PredictRequest(
            model=self.model.entry,
            images=images,
            axes=axes,
            region=region_of(self.viewer, image, axes, kind),
            probabilities=self.probabilities.isChecked() and not self.readout.objects,
            options=self.readout.applied(self.form.value),
        )

    def _build(self) -> None:
        self.model = ModelPicker(self.session, follows_training=True)
        self.about = plain_label("What the model is and can do.")
        self.image = LayerPicker(
            self.viewer, lambda la: isinstance(la, Image) and not is_result(la)
        )
        self.channels = ChannelPicker(self.viewer)
        self.region = QComboBox()
        self.region.setMinimumContentsLength(4)
        for kind in get_args(RegionKind):
            self.region.addItem(kind, kind)
        self.probabilities = QCheckBox("probability layers")
        self.probabilities.setToolTip(
            "Add an image layer with the probability of each class, 0 to 1."
        )
        self.readout = ReadoutPicker()
        self.predict = button(
            "Predict", "Make a new Labels layer with the result.", self._predict
        )
        self.cancel = button(
            "Cancel", "Give up and keep nothing.", self.predicting.cancel
        )
        self.bind_key("Shift-R", self.predict)
        self.status = StatusView(self.predicting)
        self.axes = QLineEdit()
        axes = form()
        add_field(
            axes,
            "Axes",
            "What each axis of the image is: T time, C channel, Z depth, Y, X.",
            self.axes,
        )
        device = preferences().device
        self.form = Form(
            PredictOptions.model_validate({"device": device}),
            ("object_threshold", "min_score", "min_area", "tile_size", "device"),
        )
        top = form()
        add_field(top, "Model", "The model; the last trained is first.", self.model)
        top.addRow(self.about)
        add_field(top, "Image", "The image to predict.", self.image)
        top.addRow(self.channels)
        add_field(top, "Region", "How much of the image to predict.", self.region)
        add_field(top, "Find", "", self.readout)
        self._top = top
        body = self.body
        body.addLayout(top)
        body.addWidget(self.probabilities)
        body.addLayout(row(self.predict, self.cancel))
        body.addWidget(self.status)
        body.addWidget(advanced(holder(axes), self.form.native))
        body.addStretch(1)

    def _image_picked(self, _layer: object = None) -> None:
        image = self.image.layer
        self.channels.offer_for(image)
        try:
            self.axes.setText("" if image is None else image_axes(image))
        except InputError:
            self.axes.setText("")
        self._refresh()

    def _predict(self) -> None:
        try:
            self.predicting.predict(self.request())
        except SegsuiteError as error:
            self.status.hint(str(error))

    def _refresh(self, _event: object = None) -> None:
        """Look again what the dock asks for, and say why it cannot be done."""
        self.readout.offer_for(self.model.entry)
        hint = ""
        try:
            self.request()
        except SegsuiteError as error:
            hint = str(error)
        self._ready = not hint
        self.status.hint(hint)
        entry = self.model.entry
        self.about.setVisible(entry is not None)
        if entry is not None:
            names = ", ".join(info.name for info in entry.card.classes)
            plan = entry.card.plan
            what = "finds objects" if entry.card.objects else names
            self.about.setText(f"{plan.ndim}D · {_channels(plan.channels)} · {what}")
        self._top.setRowVisible(self.readout, self.readout.has_choice)
        self.probabilities.setVisible(not self.readout.objects)
        self._enable()

    def _enable(self) -> None:
        """Enable what can be pressed now."""
        busy = self.predicting.busy
        self.predict.setEnabled(self._ready and not busy)
        self.cancel.setEnabled(busy)


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"
