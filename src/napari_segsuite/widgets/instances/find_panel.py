"""The part of the Instances dock that finds objects."""

from __future__ import annotations

from typing import get_args

from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.jobs.instances import DetectOptions
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import (
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
from napari_segsuite.widgets.instances.choice_panel import ChoicePanel
from napari_segsuite.widgets.instances.detector_picker import DetectorPicker
from napari_segsuite.widgets.instances.detector_words import model_in_words
from napari_segsuite.widgets.instances.finding import Finding, FindRequest
from napari_segsuite.widgets.preferences import preferences
from napari_segsuite.widgets.prompt.reasons import enable
from napari_segsuite.widgets.regions import RegionKind, region_of
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.status_view import StatusView


class FindPanel(QWidget):
    """Choose a model and an image, press Find, then choose among what was found."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = session.viewer
        self.finding = session.shared(Finding)
        self._reason = ""
        self.model = DetectorPicker(session, follows_training=True)
        self.status = StatusView(self.finding)
        self.choosing = ChoicePanel(session)
        self._build()
        self._connections = Connections(self)
        for signal, slot in (
            (self.choice.changed, self.refresh),
            (self.model.changed, self.refresh),
            (self.form.changed, self.refresh),
            (self.finding.changed, self._enable),
            (self.choosing.told, self.status.hint),
        ):
            self._connections.add(signal, slot)
        self.refresh()

    def request(self) -> FindRequest:
        """Return what is asked for now.

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
        objects = self.choosing.choice
        return FindRequest(
            model=self.model.entry,
            images=image.images,
            axes=image.axes,
            region=region_of(self._viewer, image.layer, image.axes, kind),
            boxes=self.choosing.boxes.isChecked(),
            options=self.form.value.replace(paste=objects.paste, link=objects.link),
        )

    def refresh(self, _event: object = None) -> None:
        """Look again what is asked for, and say why it cannot be done."""
        self._reason = ""
        try:
            self.request()
        except SegsuiteError as error:
            self._reason = str(error)
        self.status.hint(self._reason)
        entry = self.model.entry
        self.about.setVisible(entry is not None)
        self.about.setText("" if entry is None else model_in_words(entry.card))
        self._enable()

    def _build(self) -> None:
        self.about = plain_label("What the model is and finds.")
        self.choice = ImageChoice(self._viewer, self)
        self.region = QComboBox()
        self.region.setMinimumContentsLength(4)
        for kind in get_args(RegionKind):
            self.region.addItem(kind, kind)
        self.find = button(
            "Find", "Make a new Labels layer with one id per object.", self._find
        )
        self.cancel = button("Cancel", "Give up and keep nothing.", self.finding.cancel)
        axes = form()
        self.choice.add_axes(axes)
        device = preferences().device
        self.form = Form(
            DetectOptions.model_validate({"device": device}), ("tile_size", "device")
        )
        top = form()
        add_field(top, "Model", "The model; the last trained is first.", self.model)
        top.addRow(self.about)
        self.choice.add_image(top, "The image to find objects in.")
        add_field(top, "Region", "How much of the image to look at.", self.region)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(row(self.find, self.cancel))
        layout.addWidget(self.status)
        layout.addWidget(self.choosing)
        layout.addWidget(advanced(holder(axes), self.form.native))

    def _find(self) -> None:
        try:
            self.finding.find(self.request())
        except SegsuiteError as error:
            self.status.hint(str(error))

    def _enable(self) -> None:
        """Enable what can be pressed now; the others say why they cannot be."""
        busy = self.finding.busy
        reason = "it is looking for objects." if busy else self._reason
        enable(self.find, not reason, reason)
        enable(self.cancel, busy, "nothing runs.")
