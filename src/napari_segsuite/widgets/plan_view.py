"""Shows the plan of a training in words, before it starts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psygnal import Signal
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QLabel, QWidget

from napari_segsuite.data.drawn_objects import typical_width
from napari_segsuite.data.frames import Frames
from napari_segsuite.plan.choose import choose_plan, explain
from napari_segsuite.plan.choose_objects import choose_object_plan
from napari_segsuite.plan.fingerprint import fingerprint
from napari_segsuite.plan.memory import machine_memory
from napari_segsuite.plan.unet import PlanChoices, UNetPlan
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.painted_image import PaintedImage
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.snapshots import image_source

_SETTLES_MS = 300


@dataclass(frozen=True)
class Planned:
    """What a plan is chosen from."""

    painted: PaintedImage
    """The image and its painting."""
    choices: PlanChoices
    """What the user fixed."""
    seconds: float
    """How long training may take."""
    start: UNetPlan | None = None
    """The plan of the model to go on from, which stays."""


class PlanView(QLabel):
    """One paragraph about the network; worked out in a thread while it can be seen."""

    explained = Signal(object, str)
    """A plan was worked out: from what, and what it says."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._wanted: Planned | None = None
        self._shown: Planned | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(60)
        self.setToolTip("The network that Train will train, as chosen for this image.")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLES_MS)
        self._timer.timeout.connect(self._work_out)
        self._connections = Connections(self)
        self._connections.add(self.explained, self._show_text)

    def plan_for(self, planned: Planned | None) -> None:
        """Explain the plan for this; None: nothing can be planned yet."""
        if planned != self._wanted:
            self._wanted = planned
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Work the plan out as soon as it can be seen."""
        super().showEvent(event)
        self._timer.start()

    def _work_out(self) -> None:
        planned = self._wanted
        if planned is None:
            self.setText("")
            self._shown = None
        elif self.isVisible() and planned != self._shown:
            self._session.in_background(
                lambda: _explain(planned),
                lambda text: self.explained.emit(planned, text),
                lambda error: self.explained.emit(planned, str(error)),
            )

    def _show_text(self, planned: Planned, text: str) -> None:
        if planned == self._wanted:
            self._shown = planned
            self.setText(text)


def _explain(planned: Planned) -> str:
    if planned.start is not None:
        return explain(planned.start)
    painted = planned.painted
    source = image_source(painted.images[:1], painted.axes)
    frames = Frames(source.arrays[0], source.axes, 2)
    facts = fingerprint([frames], painted.survey, [source.spacing])
    facts = replace(facts, channels=painted.channels)
    memory, choices = machine_memory(), planned.choices
    if painted.learn == "classes":
        return explain(choose_plan(facts, choices, memory))
    width = typical_width([painted.survey], 2)
    plan = choose_object_plan(facts, width, choices, memory, planned.seconds)
    return (
        f"{explain(plan)} It learns where objects are and how far each pixel lies from "
        "the rim of its own; kept is what has the best F1 of held-out objects."
    )
