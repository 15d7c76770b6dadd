"""A line over each dock: painting is not being saved, or lost painting was found."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.safety.dialog import RecoveryDialog
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.session import Session


class SafetyBanner(QFrame):
    """Shown while there is something to say, and only then.

    Parameters
    ----------
    session : Session
        Whose safety net speaks.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._net = session.shared(SafetyNet)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.problem = _label()
        self.found = _label()
        self.show_lost = QPushButton("Show…")
        self.show_lost.setToolTip("See the painting, and restore or discard it.")
        self.show_lost.clicked.connect(self._show_lost)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        for widget in (self.problem, self.found, self.show_lost):
            layout.addWidget(widget)
        Connections(self).add(self._net.changed, self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what is to be said now."""
        problem, found = self._net.problem, self._net.found
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        count = sum(len(session.layers) for session in found)
        layers = "1 layer" if count == 1 else f"{count} layers"
        self.found.setText(f"Painting was left unsaved earlier: {layers}.")
        for widget in (self.found, self.show_lost):
            widget.setVisible(count > 0)
        self.setVisible(bool(problem) or count > 0)

    def _show_lost(self) -> None:
        RecoveryDialog(self._net, self).show()


def _label() -> QLabel:
    label = QLabel()
    # Names and messages are shown as they are, never as HTML.
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    # A long path has no place to break: rather cut it than widen the dock.
    label.setMinimumWidth(60)
    return label
