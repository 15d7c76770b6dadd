"""The Predict dock: a trained model on an open image."""

from __future__ import annotations

from typing import Any, get_args

from qtpy.QtWidgets import QCheckBox, QComboBox

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
from napari_segsuite.widgets.image_choice import ImageChoice
from napari_segsuite.widgets.model_picker import ModelPicker
from napari_segsuite.widgets.predicting import Predicting, PredictRequest
from napari_segsuite.widgets.preferences import preferences
from napari_segsuite.widgets.readout_picker import ReadoutPicker
from napari_segsuite.widgets.regions import RegionKind, region_of
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.status_view import StatusView


class PredictDock(Dock):
    """Choose a model and an image, press Predict, get a new Labels layer."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__(napari_viewer, session)
        self.predicting = self.session.shared(Predicting)
        self._ready = False
        self._build()
        for signal, slot in (
            (self.choice.changed, self._refresh),
            (self.model.changed, self._refresh),
            (self.form.changed, self._refresh),
            (self.readout.changed, self._refresh),
            (self.predicting.changed, self._enable),
        ):
            self.connections.add(signal, slot)
        self._refresh()

    def request(self) -> PredictRequest:
        """Return what the dock asks for now.

        Raises
        ------
        InputError
            If something is missing or does not fit; the message says what to do.
        """
        image = self.choice.chosen()
        self.model.check(image.channels, image.axes)
        if self.model.entry is None:
            msg = "Train a model first, or open a model folder under Model."
            raise InputError(msg)
        kind: RegionKind = self.region.currentData()
        return PredictRequest(
            model=self.model.entry,
            images=image.images,
            axes=image.axes,
            region=region_of(self.viewer, image.layer, image.axes, kind),
            probabilities=self.probabilities.isChecked() and not self.readout.objects,
            options=self.readout.applied(self.form.value),
        )

    def _build(self) -> None:
        self.model = ModelPicker(self.session, follows_training=True)
        self.about = plain_label("What the model is and can do.")
        self.choice = ImageChoice(self.viewer, self)
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
        axes = form()
        self.choice.add_axes(axes)
        device = preferences().device
        self.form = Form(
            PredictOptions.model_validate({"device": device}),
            ("object_threshold", "min_score", "min_area", "tile_size", "device"),
        )
        top = form()
        add_field(top, "Model", "The model; the last trained is first.", self.model)
        top.addRow(self.about)
        self.choice.add_image(top, "The image to predict.")
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
