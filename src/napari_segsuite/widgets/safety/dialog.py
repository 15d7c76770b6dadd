"""A dialog that shows painting of earlier sessions, to be restored or discarded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_segsuite.data.recovery import LostLayer, LostSession, LostVectors
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.safety.net import SafetyNet

_EDGE = 64


class RecoveryDialog(QDialog):
    """Lists what earlier sessions left, one line per layer, with a picture of each.

    Parameters
    ----------
    net : SafetyNet
        Who knows what was found.
    parent : QWidget
        What it lies over.
    """

    def __init__(self, net: SafetyNet, parent: QWidget) -> None:
        super().__init__(parent)
        self._net = net
        self.setWindowTitle("Unsaved painting")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Layer", "Shape", "Content"])
        self.restore = self._button(
            "Restore", "Add the chosen session's layers to the viewer.", net.restore
        )
        self.discard = self._button(
            "Discard", "Delete the chosen session's painting for good.", net.discard
        )
        later = QPushButton("Later")
        later.setToolTip("Keep all of it; it is offered again.")
        later.clicked.connect(self.close)
        buttons = QHBoxLayout()
        for button in (self.restore, self.discard, later):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tree)
        layout.addLayout(buttons)
        self.resize(520, 320)
        self.tree.currentItemChanged.connect(self._enable)
        Connections(self).add(net.changed, self._fill)
        self._fill()

    @property
    def chosen(self) -> LostSession | None:
        """The session of the line that is chosen."""
        item = self.tree.currentItem()
        if item is None:
            return None
        index: int = self.tree.indexOfTopLevelItem(item.parent() or item)
        return self._net.found[index]

    def _button(
        self, text: str, tip: str, act: Callable[[LostSession], None]
    ) -> QPushButton:
        def press() -> None:
            if self.chosen is not None:
                act(self.chosen)

        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(press)
        return button

    def _fill(self) -> None:
        self.tree.clear()
        self.tree.setIconSize(QSize(_EDGE, _EDGE))
        for session in self._net.found:
            when = datetime.fromtimestamp(session.ended).strftime("%d %B %Y, %H:%M")
            top = QTreeWidgetItem(self.tree, [when])
            top.setExpanded(True)
            for layer in session.layers:
                _add(top, layer)
        for column in range(self.tree.columnCount()):
            self.tree.resizeColumnToContents(column)
        if self._net.found:
            self.tree.setCurrentItem(self.tree.topLevelItem(0))
        else:
            self.close()
        self._enable()

    def _enable(self, *_items: object) -> None:
        for button in (self.restore, self.discard):
            button.setEnabled(self.chosen is not None)


def _add(top: QTreeWidgetItem, layer: LostLayer | LostVectors) -> None:
    name = layer.facts.name
    if layer.damaged:
        name += " (its journal has gaps)"
    item = QTreeWidgetItem(top, [name, layer.extent, layer.amount])
    picture = layer.picture
    height, width, _ = picture.shape
    image = QImage(
        picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888
    )
    item.setIcon(0, QIcon(QPixmap.fromImage(image)))
