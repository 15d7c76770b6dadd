"""The table of objects: large, quick, and calm while its numbers change."""

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segsuite.widgets.measure.object_rows import ObjectRows
from napari_segsuite.widgets.measure.object_table import (
    ObjectTableModel,
    ObjectTableView,
)


def rows(n: int, iou: float = 0.5) -> ObjectRows:
    ids = np.arange(1, n + 1)
    return ObjectRows(
        ids,
        ids * 10,
        ids,
        np.full(n, iou),
        np.zeros(n, np.uint8),
        np.zeros(n, np.uint8),
    )


def cells(model: ObjectTableModel, row: int) -> list[Any]:
    return [model.data(model.index(row, c)) for c in range(model.columnCount())]


@pytest.fixture
def model(qapp: Any) -> ObjectTableModel:
    made = ObjectTableModel()
    made.show(rows(300), lambda _side, _label: "#ff0000")
    return made


@pytest.fixture
def view(model: ObjectTableModel, keep: Any) -> ObjectTableView:
    made = keep(ObjectTableView(model))
    made.resize(400, 300)
    return made  # type: ignore[no-any-return]


def test_cells(model: ObjectTableModel) -> None:
    assert cells(model, 4) == ["5", "truth", "correct", "0.500", "50", "5"]
    assert model.data(model.index(0, 0), 1).name() == "#ff0000"  # DecorationRole
    assert model.object_at(4) == (0, 5)
    assert model.object_at(300) is None


def test_only_cells_in_view_are_asked_for(qapp: Any, keep: Any) -> None:
    asked: list[int] = []
    model = ObjectTableModel()
    view = keep(ObjectTableView(model))
    view.resize(400, 300)
    view.show()
    model.show(rows(100_000), lambda _side, label: (asked.append(label), "#000000")[1])
    view.table.grab()

    assert model.rowCount() == 100_000
    assert 0 < len(set(asked)) < 100


def test_filters_and_sorting_hold_for_new_scores(view: ObjectTableView) -> None:
    view.text.setText("29")
    view.model.sort(4, Qt.SortOrder.DescendingOrder)
    view.model.show(rows(299), lambda _side, _label: "#ff0000")

    # 290 to 299 and 29, the largest first.
    assert [cells(view.model, row)[0] for row in (0, 1, 10)] == ["299", "298", "29"]
    assert view.note.text() == "11 objects"


def test_the_chosen_object_and_the_scroll_bar_stay(view: ObjectTableView) -> None:
    picked: list[tuple[int, int]] = []
    view.picked.connect(lambda side, label: picked.append((side, label)))
    view.show()
    view.table.setCurrentIndex(view.model.index(120, 0))
    bar = view.table.verticalScrollBar()
    bar.setValue(100)

    view.model.show(rows(300, 0.7), lambda _side, _label: "#ff0000")
    assert view.table.currentIndex().row() == 120
    view.model.show(rows(310), lambda _side, _label: "#ff0000")
    view.model.sort(0, Qt.SortOrder.DescendingOrder)

    assert picked == [(0, 121)]
    assert view.model.object_at(view.table.currentIndex().row()) == (0, 121)
    assert view.table.selectionModel().hasSelection()
    assert bar.value() == 100


def test_an_object_that_is_gone_is_no_longer_chosen(view: ObjectTableView) -> None:
    view.table.setCurrentIndex(view.model.index(299, 0))

    view.model.show(rows(10), lambda _side, _label: "#ff0000")

    assert not view.table.selectionModel().hasSelection()


def test_arrow_keys_lead_from_object_to_object(
    view: ObjectTableView, qtbot: Any
) -> None:
    picked: list[int] = []
    view.picked.connect(lambda _side, label: picked.append(label))
    view.table.setCurrentIndex(view.model.index(0, 0))
    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    qtbot.keyClick(view.table, Qt.Key.Key_Down)

    assert picked == [1, 2, 3]
