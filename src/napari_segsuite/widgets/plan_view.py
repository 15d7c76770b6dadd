"""Shows the plan of a training: what was chosen, before and while it runs."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.training import Training, TrainRequest


class PlanView(QLabel):
    """One paragraph about the network."""

    def __init__(
        self, session: Session, training: Training, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._training = training
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)

    def show_for(self, request: TrainRequest | None) -> None:
        self.setText(str(self._training.plan or ""))
