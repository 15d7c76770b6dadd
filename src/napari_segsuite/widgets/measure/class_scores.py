"""The table of classes: colour, name, Dice, IoU and the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt
from qtpy.QtGui import QColor, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_segsuite.metrics import ClassScore, SurfaceReport
from napari_segsuite.metrics.instances import PanopticScore
from napari_segsuite.widgets.measure.score_names import score_text
from napari_segsuite.widgets.measure.surface_scores import unit_of

_Role = Qt.ItemDataRole
_Column = tuple[str, str, Callable[[ClassScore], float]]

_SCORES: tuple[_Column, ...] = (
    ("Dice", "2 TP / (2 TP + FP + FN): 1 is perfect, 0 no overlap", lambda c: c.dice),
    ("IoU", "TP / (TP + FP + FN): intersection over union", lambda c: c.iou),
    ("Pixels", "Pixels of the class in the truth", lambda c: c.n_true),
    ("Precision", "Which part of the prediction is right", lambda c: c.precision),
    ("Recall", "Which part of the truth was found", lambda c: c.recall),
    ("Predicted", "Pixels of the class in the prediction", lambda c: c.n_pred),
)
_COUNTS = frozenset({"Pixels", "Predicted", "TP", "FP", "FN"})
# The part of the width that names may take.
_NAMES = 0.45
# Room for these rows, header and scroll bar included, however short the window is.
_FEWEST_ROWS = 6


def _of_segments(scores: Mapping[int, PanopticScore]) -> tuple[_Column, ...]:
    """Return the columns of segments: panoptic quality and what it is made of."""

    def read(name: str, missing: float) -> Callable[[ClassScore], float]:
        def value(entry: ClassScore) -> float:
            return getattr(scores.get(entry.id), name, missing)

        return value

    return (
        ("PQ", "Panoptic quality, SQ × RQ", read("pq", math.nan)),
        ("SQ", "Mean IoU of segments that match", read("sq", math.nan)),
        ("RQ", "F1 of segments", read("rq", math.nan)),
        ("TP", "Segments that match", read("tp", 0)),
        ("FP", "Predicted segments without match", read("fp", 0)),
        ("FN", "True segments without match", read("fn", 0)),
    )


def _of_surfaces(report: SurfaceReport) -> tuple[_Column, ...]:
    """Return the columns of surfaces; distances have their unit in the head."""
    by_id = {one.id: one for one in report.classes}
    unit = unit_of(report)

    def read(name: str) -> Callable[[ClassScore], float]:
        return lambda entry: getattr(by_id.get(entry.id), name, math.nan)

    far = "\n∞ if the class is in one layer only."
    return (
        (
            "Border F1",
            f"Boundary F1: outlines within {report.tolerance:.3g} {unit} agree",
            read("boundary_f1"),
        ),
        (
            "Border IoU",
            "Boundary IoU: IoU of the bands along the outlines",
            read("boundary_iou"),
        ),
        (
            "Surf. Dice",
            f"Surface Dice: outlines within {report.tolerance:.3g} {unit} agree",
            read("surface_dice"),
        ),
        (
            f"Hausdorff [{unit}]",
            f"Largest distance from one outline to the other{far}",
            read("hausdorff"),
        ),
        (
            f"HD 95 [{unit}]",
            f"Hausdorff distance without the farthest 5 %{far}",
            read("hausdorff_95"),
        ),
        (
            f"Mean dist. [{unit}]",
            f"Mean distance from outline to outline{far}",
            read("mean_distance"),
        ),
    )


class ClassTableModel(QAbstractTableModel):
    """The classes of a report, one per row, sortable by any column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[ClassScore, ...] = ()
        self._color: Callable[[int], str] = lambda _: "transparent"
        self._columns = _SCORES
        self._sorting: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)

    def show(
        self,
        classes: Sequence[ClassScore],
        color: Callable[[int], str],
        segments: Mapping[int, PanopticScore] | None = None,
        surfaces: SurfaceReport | None = None,
    ) -> None:
        """Show these classes; the place in the list and the selection stay.

        Parameters
        ----------
        classes : sequence of ClassScore
            What to show.
        color : callable
            Returns the colour of an id, as ``#rrggbb``, or "transparent".
        segments : mapping of int to PanopticScore, optional
            The scores of segments by class; without, no columns for them.
        surfaces : SurfaceReport, optional
            The scores of surfaces by class; without, no columns for them.
        """
        self._color = color
        columns = (
            *(() if segments is None else _of_segments(segments)),
            *_SCORES[:2],
            *(() if surfaces is None else _of_surfaces(surfaces)),
            *_SCORES[2:],
        )
        same = _titles(columns) == _titles(self._columns)
        if not same:
            self._sorting = (-1, Qt.SortOrder.AscendingOrder)
        before, self._columns = self._columns, columns
        rows = self._sorted(classes)
        if same and len(rows) == len(self._rows):
            self._rows = rows
            last = self.index(len(rows) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self._columns = before
        self.beginResetModel()
        self._columns, self._rows = columns, rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return the number of classes."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else 1 + len(self._columns)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        """Return the title of a column, or what it means."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if section == 0:
            texts = ("Class", "The class and its colour")
        else:
            texts = self._columns[section - 1][:2]
        if role == _Role.DisplayRole:
            return texts[0]
        return texts[1] if role == _Role.ToolTipRole else None

    def data(self, index: QModelIndex, role: int = _Role.DisplayRole) -> Any:
        """Return what a cell shows."""
        entry = self._rows[index.row()]
        column = index.column()
        if role == _Role.DisplayRole:
            return self._text(entry, column)
        if role == _Role.DecorationRole and column == 0:
            return QColor(self._color(entry.id))
        if role == _Role.TextAlignmentRole and column > 0:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == _Role.ToolTipRole:
            return self._tip(entry)
        return None

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        """Sort by a column; -1 and the first column sort by id. NaN comes last."""
        self._sorting = (column, order)
        self.layoutAboutToBeChanged.emit()
        self._rows = self._sorted(self._rows)
        self.layoutChanged.emit()

    def _sorted(self, classes: Sequence[ClassScore]) -> tuple[ClassScore, ...]:
        column, order = self._sorting
        down = order == Qt.SortOrder.DescendingOrder
        if column <= 0:
            return tuple(
                sorted(classes, key=lambda c: c.id, reverse=down and not column)
            )
        value = self._columns[column - 1][2]
        sign = -1 if down else 1

        def key(entry: ClassScore) -> tuple[bool, float, int]:
            number = value(entry)
            missing = math.isnan(number)
            return missing, 0.0 if missing else sign * number, entry.id

        return tuple(sorted(classes, key=key))

    def _text(self, entry: ClassScore, column: int) -> str:
        if column == 0:
            numbered = entry.name.endswith(str(entry.id))
            return entry.name if numbered else f"{entry.id} {entry.name}"
        title, _, read = self._columns[column - 1]
        value = read(entry)
        if title in _COUNTS:
            return f"{value:,}"
        return score_text("hausdorff" if title.endswith("]") else "iou", value)

    @staticmethod
    def _tip(entry: ClassScore) -> str:
        if not entry.n_true and not entry.n_pred:
            return f"{entry.name}: in neither layer; it leaves the means."
        return (
            f"{entry.name} (id {entry.id})\n"
            f"{entry.tp:,} pixels right, {entry.fn:,} missed, {entry.fp:,} too many"
        )


def _titles(columns: Sequence[_Column]) -> list[str]:
    return [title for title, _, _ in columns]


class ClassTableView(QTableView):
    """A read-only table that needs little room."""

    def __init__(self, model: ClassTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        swatch = self.fontMetrics().ascent()
        self.setIconSize(QSize(swatch, swatch))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(36)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        # Measuring every row of a long table would take too long.
        header.setResizeContentsPrecision(50)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        model.modelReset.connect(self._fit)
        model.dataChanged.connect(self._fit)
        self.setMinimumHeight(_FEWEST_ROWS * self.verticalHeader().defaultSectionSize())
        self.setAccessibleName("Scores per class")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the names from crowding out the scores."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = int(_NAMES * self.viewport().width())
        self.setColumnWidth(0, max(36, min(self.sizeHintForColumn(0) + 4, room)))
