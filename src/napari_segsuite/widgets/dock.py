"""What the docks have in common: a session, a scrolling body, a tidy end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from psygnal import Signal
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_segsuite.widgets.ahead import load_ahead
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.session import SESSIONS, Session

# Loading takes turns with drawing: let the dock appear first.
_DRAWN_MS: Final = 400


class Dock(QWidget):
    """A vertical dock that scrolls where it is short and stays usable at 170 pixels.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer.
    session : Session, optional
        Whose worker is used; by default the one that the viewer's docks share.
    """

    loaded = Signal()
    """What was loaded in the background is there."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__()
        self.session = session or SESSIONS.of(napari_viewer)
        self.viewer = self.session.viewer
        self.connections = Connections(self)
        inner = QWidget()
        self.body = QVBoxLayout(inner)
        self.body.setContentsMargins(4, 4, 4, 4)
        self.body.setSpacing(4)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def prepare(self) -> None:
        """Start the worker, and load what is slow once the dock has been drawn."""
        self.session.warm_up()
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(
            lambda: self.session.in_background(
                load_ahead, lambda _: self.loaded.emit(), lambda _: self.loaded.emit()
            )
        )
        timer.start(_DRAWN_MS)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Tie the session to the window that this dock is shown in."""
        super().showEvent(event)
        self.session.follow(self)


def row(*widgets: QWidget, label: str = "", tip: str = "") -> QHBoxLayout:
    """Return a line of widgets, with a caption before them if wanted."""
    made = QHBoxLayout()
    made.setSpacing(4)
    if label:
        caption = QLabel(label)
        caption.setToolTip(tip)
        caption.setMinimumWidth(caption.fontMetrics().horizontalAdvance("Start from "))
        made.addWidget(caption)
    for i, widget in enumerate(widgets):
        if tip and not widget.toolTip():
            widget.setToolTip(tip)
        made.addWidget(widget, 1 if i == 0 else 0)
    return made


def line(layout: QHBoxLayout) -> QWidget:
    """Return a widget that holds a line, for places that take no layout."""
    holder = QWidget()
    layout.setContentsMargins(0, 0, 0, 0)
    holder.setLayout(layout)
    return holder


def button(text: str, tip: str, slot: Callable[[], object]) -> QPushButton:
    """Return a push button that may become as narrow as its text."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
    made.clicked.connect(lambda _=False: slot())
    return made


def advanced(*widgets: QWidget) -> QCollapsible:
    """Return a collapsed section "Advanced" with these widgets in it."""
    section = QCollapsible("Advanced", expandedIcon="▼", collapsedIcon="▶")
    section.setDuration(0)
    section.layout().setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        section.addWidget(widget)
    return section


def plain_label(tip: str = "") -> QLabel:
    """Return a label that wraps and shows text as it is, never as HTML."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setToolTip(tip)
    return label
