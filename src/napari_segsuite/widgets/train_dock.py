"""The Train dock: pick an image and its painting, train, watch it learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from psygnal import Signal
from qtpy.QtWidgets import QFileDialog, QLineEdit

from napari_segsuite.errors import SegsuiteError
from napari_segsuite.jobs.training import TrainingOptions
from napari_segsuite.plan.unet import PlanChoices
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
from napari_segsuite.widgets.model_picker import ModelPicker, check_channels
from napari_segsuite.widgets.painting_panel import PaintingPanel
from napari_segsuite.widgets.plan_view import Planned, PlanView
from napari_segsuite.widgets.preferences import preferences
from napari_segsuite.widgets.resume_box import ResumeBox
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.shelf import Entry
from napari_segsuite.widgets.status_view import StatusView
from napari_segsuite.widgets.train_request import TrainRequest
from napari_segsuite.widgets.training import Training

NUCLEI: Final = "nuclei-unet"
"""The model from which learning objects starts if nothing else is chosen."""


class TrainDock(Dock):
    """Paint a few strokes of each class, press Train, watch the preview get better."""

    saved = Signal(str)
    """A job was saved, or not: what to tell."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__(napari_viewer, session)
        self.training = self.session.shared(Training)
        self._ready = False
        self.painting = PaintingPanel(self.session)
        self._build()
        for signal, slot in (
            (self.painting.changed, self._refresh),
            (self.painting.refused, self.status.hint),
            (self.painting.saving.told, self.status.hint),
            (self.start_from.changed, self._refresh),
            (self.plan_form.changed, self._refresh),
            (self.training_form.changed, self._refresh),
            (self.training.changed, self._enable),
            (self.training.epoch_ended, self._show_epochs),
            (self.ahead.loaded, self.curves.build),
            (self.saved, self.status.hint),
        ):
            self.connections.add(signal, slot)
        self._refresh()
        self._show_epochs()

    def request(self) -> TrainRequest:
        """Return what the dock asks for now.

        Raises
        ------
        InputError
            If something is missing or does not fit; the message says what to do.
        """
        painted = self.painting.painted()
        self.start_from.check(painted.channels, painted.axes)
        return TrainRequest(
            images=painted.images,
            axes=painted.axes,
            labels=painted.labels,
            classes=painted.classes,
            name=self.name.text().strip(),
            start_from=self.start_from.folder,
            resume=self.resume.resumes,
            unpainted_is_background=painted.unpainted_is_background,
            learn=painted.learn,
            annotated=painted.annotated,
            plan=self.plan_form.value,
            training=self.training_form.value,
        )

    def _build(self) -> None:
        self.start_from = ModelPicker(self.session, none="scratch")
        start = form()
        add_field(
            start,
            "Start from",
            "Train from scratch, or go on from a model (fine-tune): with objects, "
            f"{NUCLEI} ships for that.",
            self.start_from,
        )
        self.resume = ResumeBox(self.start_from, self)
        start.addRow(self.resume)
        self.train = button(
            "Train", "Train on the painted pixels, or drawn objects.", self._train
        )
        self.stop = button(
            "Stop", "Finish now and keep the best model so far.", self.training.stop
        )
        self.cancel = button(
            "Cancel", "Give up and keep nothing.", self.training.cancel
        )
        self.bind_key("Shift-T", self.train, self.stop)
        self.bind_key("Shift-S", self.painting.saving.button)
        self.status = StatusView(self.training)
        self.curves = Curves(self.viewer)
        self._build_advanced()
        self.body.addWidget(self.painting)
        self.body.addLayout(start)
        self.body.addLayout(row(self.train, self.stop, self.cancel))
        for widget in (self.status, self.curves, self.advanced):
            self.body.addWidget(widget)
        self.body.addStretch(1)

    def _build_advanced(self) -> None:
        device = preferences().device
        self.training_form = Form(TrainingOptions.model_validate({"device": device}))
        self.plan_form = Form(PlanChoices())
        self.name = QLineEdit()
        about = form()
        self.painting.choice.add_axes(about)
        tip = "The model's name; empty takes the image's."
        add_field(about, "Name", tip, self.name)
        caption = plain_label("What is chosen for this image; change it here.")
        caption.setText("Network (auto = chosen from image and painting)")
        self.plan_view = PlanView(self.session)
        self.save = button(
            "Save job…",
            "Write this training to a file for the command line: segsuite run FILE.",
            self._save,
        )
        self.advanced = advanced(
            holder(about),
            self.training_form.native,
            caption,
            self.plan_form.native,
            self.plan_view,
            self.save,
        )

    def _train(self) -> None:
        try:
            self.training.train(self.request())
        except SegsuiteError as error:
            self.status.hint(str(error))

    def _save(self) -> None:
        try:
            request = self.request()
            name, _ = QFileDialog.getSaveFileName(
                self, "Save job", f"{request.model_name}.json", "Jobs (*.json)"
            )
            if not name:
                return
            path = Path(name).with_suffix(".json")
            prepare = self.training.preparation(request, path.with_suffix(""))
        except SegsuiteError as error:
            self.status.hint(str(error))
            return
        scratch = self.session.scratch.folder
        self.session.in_background(
            lambda: save_job(prepare(lambda: None), path, scratch),
            lambda _: self.saved.emit(f"Saved; run it by: segsuite run {path}"),
            lambda error: self.saved.emit(str(error)),
        )

    def _refresh(self, _event: object = None) -> None:
        """Look again what the dock asks for, and say why it cannot be done."""
        self.start_from.suggest(self._start_for_objects())
        hint = ""
        try:
            self.request()
        except SegsuiteError as error:
            hint = str(error)
        self._ready = not hint
        image = self.painting.choice.image.layer
        self.name.setPlaceholderText("" if image is None else image.name)
        self.status.hint(hint)
        self.plan_view.plan_for(self._planned())
        self._enable()

    def _enable(self) -> None:
        """Enable what can be pressed now."""
        busy = self.training.busy
        self.train.setEnabled(self._ready and not busy)
        self.save.setEnabled(self._ready)
        self.stop.setEnabled(busy and self.training.run is not None)
        self.cancel.setEnabled(busy)

    def _planned(self) -> Planned | None:
        try:
            painted, choices = self.painting.painted(), self.plan_form.value
            seconds = self.training_form.value.max_seconds
        except SegsuiteError:
            return None
        entry = self.start_from.entry
        start = None if entry is None else entry.card.plan
        return Planned(painted, choices, seconds, start)

    def _start_for_objects(self) -> Entry | None:
        """Return the model to start from if objects are to be learned, if it fits."""
        found = [e for e in self.start_from.entries if e.folder.name == NUCLEI]
        if not found or self.painting.meaning.learn != "objects":
            return None
        try:
            painted = self.painting.painted()
            if "Z" in painted.axes:
                return None  # a stack may want a network that sees all of it
            channels = found[0].card.plan.channels
            check_channels(NUCLEI, channels, painted.channels, painted.axes)
        except SegsuiteError:
            return None
        return found[0]

    def _show_epochs(self) -> None:
        self.curves.show_epochs(self.training.epochs, self.training.score)
