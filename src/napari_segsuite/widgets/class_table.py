"""The class table: what each painted id means; a click picks the id to paint with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from psygnal import Signal
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from napari_segsuite.data.classes import ClassInfo

_ROWS_SHOWN: Final = 5
_MOST_ROWS: Final = 100
_ID, _NAME, _PIXELS = range(3)


class ClassTableView(QTableWidget):
    """Shows classes with colour, name and painted pixels; names can be edited."""

    renamed = Signal(int, str)
    """The user gave the class with this id this name."""
    picked = Signal(int)
    """The user clicked on the class with this id."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self.setHorizontalHeaderLabels(["Id", "Class", "Pixels"])
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(20)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setIconSize(QSize(12, 12))
        self.setToolTip(
            "The classes painted in the Labels layer. Click one to paint with it; "
            "double-click a name to change it."
        )
        self._ids: list[int] = []
        self.itemChanged.connect(self._on_item_changed)
        self.cellClicked.connect(self._on_clicked)
        self._fit_height()

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the rows, from the top."""
        return tuple(self._ids)

    def show_classes(
        self, classes: Sequence[ClassInfo], counts: Mapping[int, int]
    ) -> None:
        """Show these classes and how many pixels of each are painted."""
        self.blockSignals(True)
        shown = list(classes)[:_MOST_ROWS]
        self._ids = [info.id for info in shown]
        self.setRowCount(len(shown))
        for row, info in enumerate(shown):
            pixels = counts.get(info.id, 0)
            cells = (str(info.id), info.name, f"{pixels:,}" if pixels else "–")
            for column, text in enumerate(cells):
                self._set_cell(row, column, text)
            item = self.item(row, _ID)
            item.setIcon(_swatch(info.color))
        self.blockSignals(False)
        self._fit_height()

    def highlight(self, label: int) -> None:
        """Select the row of the id that is painted with now."""
        if label in self._ids:
            self.selectRow(self._ids.index(label))
        else:
            self.clearSelection()

    def _set_cell(self, row: int, column: int, text: str) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            if column != _NAME:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            if column == _PIXELS:
                item.setTextAlignment(
                    Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                )
            self.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)

    def _on_item_changed(self, item: QTableWidgetItem) -> None:
        if item.column() == _NAME:
            self.renamed.emit(self._ids[item.row()], item.text().strip())

    def _on_clicked(self, row: int, _column: int) -> None:
        self.picked.emit(self._ids[row])

    def _fit_height(self) -> None:
        rows = min(max(2, self.rowCount()), _ROWS_SHOWN)
        height = self.fontMetrics().height() + 8
        self.verticalHeader().setDefaultSectionSize(height)
        self.setFixedHeight(
            self.horizontalHeader().sizeHint().height() + rows * height + 4
        )


def _swatch(color: str) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(color))
    return QIcon(pixmap)
