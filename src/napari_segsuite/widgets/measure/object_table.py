"""The table of objects: what became of each, a hundred thousand of them if need be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_segsuite.metrics import Kind
from napari_segsuite.widgets.dock import plain_label
from napari_segsuite.widgets.measure.object_rows import (
    COLUMNS,
    KIND_NAMES,
    SIDES,
    Column,
    ObjectRows,
    no_rows,
)

_Role = Qt.ItemDataRole
_Color = Callable[[int, int], str]

_HEADS: dict[Column, tuple[str, str]] = {
    "id": ("Object", "The object's id, in the colour of its layer"),
    "kind": (
        "Kind",
        "correct: has a match\n"
        "merged: one predicted object in which two or more true ones lie\n"
        "split: a true object that two or more predicted ones cover\n"
        "missed, invented: any other object of the truth, of the prediction",
    ),
    "area": ("Pixels", "Size of the object"),
    "iou": ("IoU", "Largest intersection over union with an object of the other layer"),
    "match": ("Match", "Id of the object in the other layer that it matches"),
    "side": ("Layer", "Whether the object is in the truth or in the prediction"),
}
_WIDTHS: dict[Column, str] = {
    "id": "00000 ",
    "kind": "invented ",
    "area": "0,000,000",
    "iou": "0.0000",
    "match": "000000",
    "side": "prediction ",
}
_WRONG = frozenset(Kind) - {Kind.CORRECT, Kind.IGNORED}
_FEWEST_ROWS = 6


class ObjectTableModel(QAbstractTableModel):
    """Rows of objects, filtered and sorted; only what is in view is made into text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = no_rows()
        self._order = np.empty(0, np.intp)
        self._color: _Color = lambda _side, _label: "transparent"
        self._kinds: frozenset[Kind] | None = None
        self._text = ""
        self._by: Column = "id"
        self._descending = False

    def show(self, rows: ObjectRows, color: _Color) -> None:
        """Show these objects, filtered and sorted as before.

        Parameters
        ----------
        rows : ObjectRows
            What to show.
        color : callable
            Returns the colour of an object from its side and id, as ``#rrggbb``.
        """
        self._rows, self._color = rows, color
        self._refresh()

    def filter(self, kinds: frozenset[Kind] | None, text: str) -> None:
        """Show only objects of these kinds (None for all), and that fit a text."""
        self._kinds, self._text = kinds, text
        self._refresh()

    def object_at(self, row: int) -> tuple[int, int] | None:
        """Return side and id of the object in a row; None beyond the last."""
        if not 0 <= row < self._order.size:
            return None
        at = self._order[row]
        return int(self._rows.side[at]), int(self._rows.id[at])

    def row_of(self, side: int, label: int) -> int | None:
        """Return the row of an object; None if it is not shown."""
        at = self._rows.find(side, label)
        if at is None:
            return None
        row = np.flatnonzero(self._order == at)
        return int(row[0]) if row.size else None

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return the number of objects shown."""
        return 0 if parent is not None and parent.isValid() else int(self._order.size)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        """Return the title of a column, or what it means."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        title, tip = _HEADS[COLUMNS[section]]
        if role == _Role.DisplayRole:
            return title
        return tip if role == _Role.ToolTipRole else None

    def data(self, index: QModelIndex, role: int = _Role.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not 0 <= index.row() < self._order.size:
            return None
        at, column = self._order[index.row()], COLUMNS[index.column()]
        if role == _Role.DisplayRole:
            return self._cell(at, column)
        if role == _Role.DecorationRole and column == "id":
            return QColor(self._color(int(self._rows.side[at]), int(self._rows.id[at])))
        if role == _Role.TextAlignmentRole and column not in ("id", "kind", "side"):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        """Sort by a column; -1 sorts by id."""
        self._by = COLUMNS[column] if column >= 0 else "id"
        self._descending = column >= 0 and order == Qt.SortOrder.DescendingOrder
        self._refresh()

    def _cell(self, at: int, column: Column) -> str:
        value = getattr(self._rows, column)[at]
        if column == "kind":
            return KIND_NAMES[Kind(int(value))]
        if column == "side":
            return SIDES[int(value)]
        if column == "iou":
            return f"{value:.3f}"
        if column == "match":
            return f"{value}" if value else "–"
        return f"{value:,}" if column == "area" else f"{value}"

    def _refresh(self) -> None:
        order = self._rows.chosen(
            kinds=self._kinds,
            text=self._text,
            by=self._by,
            descending=self._descending,
        )
        if order.size != self._order.size:
            self.beginResetModel()
            self._order = order
            self.endResetModel()
            return
        self._order = order
        if order.size:
            last = self.index(int(order.size) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)


class ObjectTableView(QWidget):
    """The table of objects with its filters; the chosen object stays chosen."""

    picked = Signal(int, int)
    """Side (0 truth, 1 prediction) and id of the object that the user chose."""

    def __init__(self, model: ObjectTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self._chosen: tuple[int, int] | None = None
        self._restoring = False
        self.kinds = QComboBox()
        self.kinds.setToolTip("Show only objects of one kind")
        self.kinds.addItem("all", None)
        self.kinds.addItem("wrong", _WRONG)
        for kind, name in KIND_NAMES.items():
            self.kinds.addItem(name, frozenset({kind}))
        self.kinds.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.kinds.setMinimumContentsLength(4)
        self.text = QLineEdit()
        self.text.setPlaceholderText("Filter")
        self.text.setClearButtonEnabled(True)
        self.text.setToolTip("Show only objects whose id, match, kind or layer fits")
        self.text.setMinimumWidth(40)
        self.table = QTableView()
        self.note = plain_label()
        self._set_up(self.table)
        bar = QHBoxLayout()
        bar.addWidget(self.kinds)
        bar.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.note)
        self.kinds.currentIndexChanged.connect(self._filter)
        self.text.textChanged.connect(self._filter)
        model.modelReset.connect(self._restore)
        model.dataChanged.connect(self._restore)
        self._restore()

    def _set_up(self, table: QTableView) -> None:
        table.setModel(self.model)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setAccessibleName("Objects")
        metrics = table.fontMetrics()
        rows = table.verticalHeader()
        rows.hide()
        # All rows alike: the height of a hundred thousand need not be asked for.
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(metrics.height() + 8)
        header = table.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setSortingEnabled(True)
        swatch = metrics.ascent()
        for section, column in enumerate(COLUMNS):
            text = max(_WIDTHS[column], _HEADS[column][0] + "  ", key=len)
            extra = swatch + 10 if column == "id" else 10
            table.setColumnWidth(section, metrics.horizontalAdvance(text) + extra)
        table.setMinimumHeight(_FEWEST_ROWS * rows.defaultSectionSize())
        table.selectionModel().currentRowChanged.connect(self._on_row)
        table.clicked.connect(self._on_clicked)

    def _filter(self) -> None:
        self.model.filter(self.kinds.currentData(), self.text.text())

    def _on_row(self, now: QModelIndex, _before: QModelIndex) -> None:
        if self._restoring:
            return
        self._chosen = self.model.object_at(now.row())
        if self._chosen is not None:
            self.picked.emit(*self._chosen)

    def _on_clicked(self, index: QModelIndex) -> None:
        # A click on the chosen row leads back to its object.
        found = self.model.object_at(index.row())
        if found is not None and not self._restoring:
            self.picked.emit(*found)

    def _restore(self) -> None:
        """Choose again the object that was chosen, wherever it is now."""
        shown = self.model.rowCount()
        self.note.setText(f"{shown:,} objects" if shown else "No objects")
        if self._chosen is None:
            return
        row = self.model.row_of(*self._chosen)
        self._restoring = True
        bar = self.table.verticalScrollBar()
        at = bar.value()
        if row is None:
            self.table.clearSelection()
        elif self.table.currentIndex().row() != row or not self._selected():
            self.table.setCurrentIndex(self.model.index(row, 0))
        bar.setValue(at)
        self._restoring = False

    def _selected(self) -> bool:
        return bool(self.table.selectionModel().hasSelection())
