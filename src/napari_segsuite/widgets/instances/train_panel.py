"""The part of the Instances dock that trains."""

from __future__ import annotations

from qtpy.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from napari_segsuite.errors import SegsuiteError
from napari_segsuite.jobs.instances import DetectorOptions
from napari_segsuite.plan.choose_maskrcnn import explain_maskrcnn
from napari_segsuite.plan.maskrcnn import MaskRCNNChoices
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.curves import Curves
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
from napari_segsuite.widgets.instances.detector_picker import DetectorPicker
from napari_segsuite.widgets.instances.drawn_panel import DrawnPanel
from napari_segsuite.widgets.instances.learning import Learning, LearnRequest
from napari_segsuite.widgets.preferences import preferences
from napari_segsuite.widgets.prompt.reasons import enable
from napari_segsuite.widgets.resume_box import ResumeBox
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.status_view import StatusView


class TrainPanel(QWidget):
    """Draw some objects, press Train, watch the network learn to find them."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = session.viewer
        self.learning = session.shared(Learning)
        self._reason = ""
        self.drawn = DrawnPanel(session)
        self.start_from = DetectorPicker(session, none="scratch")
        self.status = StatusView(self.learning)
        self.curves = Curves(self._viewer)
        self._build()
        self._connections = Connections(self)
        for signal, slot in (
            (self.drawn.changed, self.refresh),
            (self.drawn.refused, self.status.hint),
            (self.start_from.changed, self.refresh),
            (self.plan_form.changed, self.refresh),
            (self.training_form.changed, self.refresh),
            (self.learning.changed, self._enable),
            (self.learning.epoch_ended, self._show_epochs),
        ):
            self._connections.add(signal, slot)
        self.refresh()
        self._show_epochs()

    def request(self) -> LearnRequest:
        """Return what is asked for now.

        Raises
        ------
        InputError
            If something is missing or does not fit; the message says what to do.
        """
        drawn = self.drawn.drawn()
        self.start_from.check(drawn.channels, drawn.axes)
        return LearnRequest(
            drawn=drawn,
            name=self.name.text().strip(),
            start_from=self.start_from.folder,
            resume=self.resume.resumes,
            plan=self.plan_form.value,
            training=self.training_form.value,
        )

    def refresh(self, _event: object = None) -> None:
        """Look again what is asked for, and say why it cannot be done."""
        self._reason = ""
        try:
            self.request()
        except SegsuiteError as error:
            self._reason = str(error)
        image = self.drawn.choice.image.layer
        self.name.setPlaceholderText("" if image is None else f"{image.name} objects")
        self.status.hint(self._reason)
        self._enable()

    def _build(self) -> None:
        start = form()
        add_field(
            start,
            "Start from",
            "Train from scratch, or go on from a Mask R-CNN (fine-tune).",
            self.start_from,
        )
        self.resume = ResumeBox(self.start_from, self)
        start.addRow(self.resume)
        self.train = button("Train", "Learn to find such objects.", self._train)
        self.stop = button(
            "Stop", "Finish now and keep the best model so far.", self.learning.stop
        )
        self.cancel = button(
            "Cancel", "Give up and keep nothing.", self.learning.cancel
        )
        self.chosen = plain_label(
            "The network, as chosen from the sizes of the objects: its anchors are "
            "the sizes of boxes in which it looks for objects."
        )
        device = preferences().device
        self.plan_form = Form(MaskRCNNChoices())
        self.training_form = Form(DetectorOptions.model_validate({"device": device}))
        self.name = QLineEdit()
        about = form()
        self.drawn.choice.add_axes(about)
        tip = "The model's name; empty takes the image's."
        add_field(about, "Name", tip, self.name)
        self.advanced = advanced(holder(about), self.training_form.native)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.drawn)
        layout.addLayout(start)
        layout.addWidget(self.plan_form.native)
        layout.addLayout(row(self.train, self.stop, self.cancel))
        for widget in (self.status, self.curves, self.chosen, self.advanced):
            layout.addWidget(widget)

    def _train(self) -> None:
        try:
            self.learning.learn(self.request())
        except SegsuiteError as error:
            self.status.hint(str(error))

    def _enable(self) -> None:
        """Enable what can be pressed now; the others say why they cannot be."""
        busy = self.learning.busy
        reason = "it is training." if busy else self._reason
        enable(self.train, not reason, reason)
        running = busy and self.learning.run is not None
        enable(self.stop, running, "nothing is being trained.")
        enable(self.cancel, busy, "nothing is being trained.")
        plan = self.learning.plan
        self.chosen.setVisible(plan is not None)
        self.chosen.setText("" if plan is None else explain_maskrcnn(plan))

    def _show_epochs(self) -> None:
        self.curves.show_epochs(self.learning.epochs, "F1")
