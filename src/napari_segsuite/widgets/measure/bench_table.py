"""The ranked table of the model bench, with a bar for each score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, QRectF, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from napari_segsuite.widgets.measure.bench import Standing, places, ranked
from napari_segsuite.widgets.measure.score_names import in_unit, score_text, title

RANK, NAME, SCORE = range(3)
_PART_ROLE = Qt.ItemDataRole.UserRole
_OPACITY = 0.3


class BenchModel(QAbstractTableModel):
    """Standings, ranked by a score.

    Parameters
    ----------
    parent : QObject, optional
        The Qt parent.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._score = ""
        self._order: list[Standing] = []
        self._ranks: list[int | None] = []

    def show(self, standings: Sequence[Standing], score: str) -> None:
        """Show these standings, the best first."""
        self.beginResetModel()
        self._score = score
        self._order = ranked(standings, score)
        self._ranks = places(self._order, score)
        self.endResetModel()

    def standing(self, row: int) -> Standing:
        """Return the standing in a row."""
        return self._order[row]

    def row_of(self, key: object) -> int | None:
        """Return the row of the contender with this key; None if there is none."""
        for row, standing in enumerate(self._order):
            if standing.contender.key is key:
                return row
        return None

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return the number of standings."""
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return three: rank, prediction, score."""
        return 0 if parent is not None and parent.isValid() else 3

    def headerData(  # noqa: N802
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the heads of the columns."""
        horizontal = orientation == Qt.Orientation.Horizontal
        if not horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return ("", "Prediction", title(self._score))[section]

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return texts, tooltips, and for bars the part that is filled."""
        standing, column = self._order[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(standing, index.row(), column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                standing.problem or f"{standing.contender.where}. Click to select it."
            )
        if role == Qt.ItemDataRole.TextAlignmentRole and column != NAME:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == _PART_ROLE and column == SCORE:
            return self._part(standing)
        return None

    def _text(self, standing: Standing, row: int, column: int) -> str:
        if column == RANK:
            rank = self._ranks[row]
            return "" if rank is None else str(rank)
        if column == NAME:
            return standing.contender.name
        return score_text(self._score, standing.value(self._score))

    def _part(self, standing: Standing) -> float:
        """Return the length of a bar in 0 … 1; distances fill theirs by the longest."""
        value = standing.value(self._score)
        if math.isnan(value):
            return 0.0
        if in_unit(self._score):
            return min(max(value, 0.0), 1.0)
        values = [other.value(self._score) for other in self._order]
        longest = max((v for v in values if math.isfinite(v)), default=0.0)
        return min(1.0, value / longest) if longest > 0 else 0.0


class BarDelegate(QStyledItemDelegate):
    """Draws a horizontal bar over a number, a veil in the colour of the text."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """Draw the cell as usual, selected or not, then the bar."""
        super().paint(painter, option, index)
        part = index.data(_PART_ROLE) or 0.0
        bar = QRectF(option.rect).adjusted(1, 3, -1, -3)
        bar.setWidth(bar.width() * part)
        painter.save()
        painter.setOpacity(_OPACITY)
        painter.fillRect(bar, option.palette.text())
        painter.restore()
