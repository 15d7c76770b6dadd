"""The class table of a panoptic image: which classes have objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from napari_segsuite.data.classes import ClassInfo, ClassTable

_CLASS, _THING = range(2)
_ROWS_SHOWN: Final = 5
_MOST_ROWS: Final = 255


class ThingTable(QTableWidget):
    """Classes, each with a box to tick: a thing has objects, stuff has none.

    What the user ticked stays with the class's name when other classes are shown.
    """

    changed = Signal()
    """The user ticked or unticked a class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 2, parent)
        self.setHorizontalHeaderLabels(["Class", "Objects"])
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_CLASS, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(20)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setShowGrid(False)
        self.setToolTip(
            "Tick classes that have objects (things). The others are areas (stuff), "
            "such as background, and fill what objects leave."
        )
        self._shown: ClassTable = ()
        self._said: dict[str, bool] = {}
        self.itemChanged.connect(self._on_item_changed)
        self._fit_height()

    @property
    def classes(self) -> ClassTable:
        """The classes, things and stuff as they are ticked."""
        return tuple(
            info.replace(thing=self._said.get(info.name, info.thing))
            for info in self._shown
        )

    def show_classes(self, classes: Sequence[ClassInfo]) -> None:
        """Show these classes."""
        shown = tuple(classes)[:_MOST_ROWS]
        if shown == self._shown:
            return
        self._shown = shown
        self.blockSignals(True)
        self.setRowCount(len(shown))
        for row, info in enumerate(self.classes):
            name = QTableWidgetItem(info.name)
            name.setFlags(Qt.ItemFlag.ItemIsEnabled)
            tick = QTableWidgetItem()
            tick.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            tick.setCheckState(_state(info.thing))
            self.setItem(row, _CLASS, name)
            self.setItem(row, _THING, tick)
        self.blockSignals(False)
        self._fit_height()

    def set_thing(self, name: str, thing: bool) -> None:
        """Tick or untick a class, as the user does."""
        for row, info in enumerate(self._shown):
            if info.name == name:
                self.item(row, _THING).setCheckState(_state(thing))

    def _on_item_changed(self, item: QTableWidgetItem) -> None:
        if item.column() == _THING:
            ticked = item.checkState() == Qt.CheckState.Checked
            self._said[self._shown[item.row()].name] = ticked
            self.changed.emit()

    def _fit_height(self) -> None:
        rows = min(max(2, self.rowCount()), _ROWS_SHOWN)
        height = self.fontMetrics().height() + 8
        self.verticalHeader().setDefaultSectionSize(height)
        self.setFixedHeight(
            self.horizontalHeader().sizeHint().height() + rows * height + 4
        )


def _state(on: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
