"""What the docks have in common: a session, a scrolling body, a tidy end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QDockWidget,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_segsuite.widgets.ahead import Ahead
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.safety.banner import SafetyBanner
from napari_segsuite.widgets.session import SESSIONS, Session


class Dock(QWidget):
    """A vertical dock that scrolls where it is short and stays usable at 170 pixels.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer.
    session : Session, optional
        Whose worker is used; by default the one that the viewer's docks share.
    """

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__()
        self.session = session or SESSIONS.of(napari_viewer)
        self.viewer = self.session.viewer
        self.connections = Connections(self)
        self.ahead = self.session.shared(Ahead)
        self.warm_up()
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
        layout.addWidget(SafetyBanner(self.session))
        layout.addWidget(area)
        self._joining = QTimer(self)
        self._joining.setSingleShot(True)
        self._joining.timeout.connect(self._join)
        self._joined = False

    def warm_up(self) -> None:
        """Start the worker that the dock will need; that of training by default."""
        self.session.warm_up()

    def bind_key(self, key: str, *buttons: QPushButton) -> None:
        """Let a key press the first of these buttons that can be pressed.

        The key works while the viewer has the focus and the dock is there.

        Parameters
        ----------
        key : str
            A key that napari leaves free on every layer, such as ``"Shift-T"``.
        buttons : QPushButton
            Their tooltips name the key.
        """

        def press(_viewer: Any) -> None:
            for button in buttons:
                if button.isEnabled():
                    button.click()
                    return

        self.viewer.bind_key(key, press, overwrite=True)
        for button in buttons:
            button.setToolTip(f"{button.toolTip()} Key: {key.replace('-', '+')}")
        # A partial is held strongly by Qt: it outlives the widget's Python side.
        self.destroyed.connect(partial(_unbind, self.viewer, key, press))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Tie the session to the window; join the docks that are there already."""
        super().showEvent(event)
        self.session.follow(self)
        if not self._joined:
            self._joined = True
            # napari is still about to lay it out.
            self._joining.start(0)

    def _join(self) -> None:
        """Become a tab of another of our docks rather than take half of its height."""
        own = _frame(self)
        window = None if own is None else own.parentWidget()
        if own is None or not isinstance(window, QMainWindow) or own.isFloating():
            return
        if window.tabifiedDockWidgets(own):
            return
        area = window.dockWidgetArea(own)
        for dock in window.findChildren(Dock):
            frame = _frame(dock)
            if frame is None or frame is own or frame.isFloating():
                continue
            if not frame.isHidden() and window.dockWidgetArea(frame) == area:
                window.tabifyDockWidget(frame, own)
                own.raise_()
                return


def _frame(dock: QWidget) -> QDockWidget | None:
    """Return the frame that a window holds the dock in."""
    widget = dock.parentWidget()
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget


def _unbind(
    viewer: Any, key: str, press: Callable[..., object], _destroyed: object = None
) -> None:
    """Unbind a key, unless a newer dock has bound it."""
    if press in viewer.keymap.values():
        viewer.bind_key(key, None)


def form() -> QFormLayout:
    """Return a form whose fields go below their captions where the dock is narrow."""
    made = QFormLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(4)
    made.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    made.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return made


def add_field(to: QFormLayout, text: str, tip: str, *widgets: QWidget) -> None:
    """Add a row to a form: a caption, then widgets of which the first grows."""
    caption = QLabel(text)
    for widget in (caption, *widgets):
        if not widget.toolTip():
            widget.setToolTip(tip)
    to.addRow(caption, widgets[0] if len(widgets) == 1 else row(*widgets, grow=False))


def row(*widgets: QWidget, grow: bool = True) -> QHBoxLayout:
    """Return a line of widgets; all grow alike, or only the first."""
    made = QHBoxLayout()
    made.setSpacing(4)
    for i, widget in enumerate(widgets):
        made.addWidget(widget, 1 if grow or i == 0 else 0)
    return made


def holder(layout: QLayout) -> QWidget:
    """Return a widget that holds a layout, for places that take no layout."""
    made = QWidget()
    layout.setContentsMargins(0, 0, 0, 0)
    made.setLayout(layout)
    return made


def button(text: str, tip: str, slot: Callable[..., object]) -> QPushButton:
    """Return a push button that may become as narrow as its text."""
    made = QPushButton(text)
    made.setToolTip(tip)
    width = made.fontMetrics().horizontalAdvance(text) + 10
    made.setMinimumWidth(width)
    made.clicked.connect(slot)
    return made


def advanced(*widgets: QWidget) -> QCollapsible:
    """Return a collapsed section "Advanced" with these widgets in it."""
    return section("Advanced", *widgets)


def section(title: str, *widgets: QWidget) -> QCollapsible:
    """Return a collapsed section with these widgets in it."""
    made = QCollapsible(title, expandedIcon="▼", collapsedIcon="▶")
    made.setDuration(0)
    made.layout().setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        made.addWidget(widget)
    return made


def plain_label(tip: str = "") -> QLabel:
    """Return a label that wraps and shows text as it is, never as HTML."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setToolTip(tip)
    return label
