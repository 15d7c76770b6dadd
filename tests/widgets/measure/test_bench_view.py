import threading

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segsuite.metrics import score_table
from napari_segsuite.widgets.measure.bench import Contender
from napari_segsuite.widgets.measure.bench_table import NAME, RANK, SCORE
from napari_segsuite.widgets.measure.bench_view import BenchView

GOOD, BAD = [[0, 1, 1, 0]], [[1, 1, 0, 0]]


@pytest.fixture
def offered():
    return []


@pytest.fixture
def view(offered, keep, qapp):
    made = keep(BenchView(lambda: offered))
    yield made
    made.stop()


def run(view, qtbot):
    view.run_button.click()
    qtbot.waitUntil(lambda: view.run_button.text() == "Compare")


def cells(view, column):
    model = view.model
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_at_first_it_says_what_it_is_for(view):
    assert "Press Compare" in view.words.text()
    assert view.table.isHidden()


def test_without_predictions_nothing_starts(view):
    view.run_button.click()
    assert view.run_button.text() == "Compare"


def test_predictions_are_ranked(view, offered, qtbot, contender):
    offered += [contender("bad", BAD), contender("good", GOOD)]
    run(view, qtbot)
    assert cells(view, RANK) == ["1", "2"]
    assert cells(view, NAME) == ["good", "bad"]
    assert cells(view, SCORE) == ["1.000", "0.500"]
    assert view.words.text() == "Best Mean Dice: “good”."
    assert view.bar.isHidden()


def test_bars_are_as_long_as_the_scores(view, offered, qtbot, contender):
    offered += [contender("bad", BAD), contender("good", GOOD)]
    run(view, qtbot)
    part = Qt.ItemDataRole.UserRole
    bars = [view.model.index(row, SCORE).data(part) for row in range(2)]
    assert bars == [1.0, 0.5]


def test_another_score_ranks_anew(view, offered, qtbot, contender):
    # Of the foreground "many" is all wrong, though most pixels are right.
    offered += [contender("few", [[1, 1, 1, 1]]), contender("many", [[0, 0, 0, 0]])]
    run(view, qtbot)
    assert cells(view, NAME) == ["few", "many"]
    view.picker.setCurrentIndex(2)
    assert view.picker.score == "pixel_accuracy"
    assert cells(view, RANK) == ["1", "1"]


def test_what_cannot_be_scored_says_why(view, offered, qtbot, contender):
    offered += [
        Contender("x", "x", problem="It lies elsewhere."),
        contender("good", GOOD),
    ]
    run(view, qtbot)
    assert cells(view, SCORE) == ["1.000", "–"]
    tip = view.model.index(1, NAME).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "It lies elsewhere."
    assert "1 could not be scored" in view.words.text()


def test_going_to_a_row_picks_its_layer(view, offered, qtbot, contender):
    offered += [contender("bad", BAD), contender("good", GOOD)]
    run(view, qtbot)
    picked = []
    view.layer_picked.connect(picked.append)
    view.table.selectRow(0)
    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    assert picked == ["good", "bad"]


def test_the_selection_follows_its_row(view, offered, qtbot, contender):
    offered += [contender("few", [[1, 1, 1, 1]]), contender("half", [[0, 1, 0, 0]])]
    run(view, qtbot)
    assert cells(view, NAME) == ["few", "half"]
    view.table.selectRow(1)
    picked = []
    view.layer_picked.connect(picked.append)
    view.picker.setCurrentIndex(2)
    assert cells(view, NAME) == ["half", "few"]
    assert view.table.currentIndex().row() == 0
    assert picked == []


def test_changed_layers_make_it_stale(view, offered, qtbot, contender):
    view.mark_stale()
    assert "changed" not in view.words.text()
    offered += [contender("good", GOOD)]
    run(view, qtbot)
    view.mark_stale()
    assert "changed" in view.words.text()
    run(view, qtbot)
    assert "changed" not in view.words.text()


class Slow:
    """A prediction that is read when the test allows it."""

    shape, dtype = (1, 4), np.dtype(int)

    def __init__(self):
        self.reached, self.allowed = threading.Event(), threading.Event()

    def __getitem__(self, key):
        self.reached.set()
        self.allowed.wait(10)
        return np.array(GOOD)[key]


def test_cancel_keeps_what_is_there(view, offered, qtbot, contender):
    slow = Slow()
    truth = np.array(GOOD)
    offered += [
        contender("good", GOOD),
        Contender("slow", "slow", truth, slow, score_table, "Whole image"),
    ]
    view.run_button.click()
    assert view.run_button.text() == "Cancel"
    qtbot.waitUntil(slow.reached.is_set)
    qtbot.waitUntil(lambda: cells(view, NAME) == ["good"])
    assert "Scoring “slow”" in view.words.text()
    view.run_button.click()
    slow.allowed.set()
    assert view.run_button.text() == "Compare"
    assert "Stopped" in view.words.text()
    qtbot.waitUntil(lambda: not running("segsuite-bench"))
    qtbot.wait(20)
    assert cells(view, NAME) == ["good"]


def running(name):
    return any(thread.name == name for thread in threading.enumerate())


def test_a_failure_of_the_bench_is_told(view, offered, qtbot):
    def broken(_table):
        raise RuntimeError("broken")

    offered += [Contender("x", "x", np.array(GOOD), np.array(GOOD), broken)]
    run(view, qtbot)
    assert view.words.text() == "The bench stopped: broken"


def test_parts_that_differ_are_named(view, offered, qtbot, contender):
    part = Contender("part", "part", *(np.array(GOOD),) * 2, score_table, "Slice 1")
    offered += [contender("good", GOOD), part]
    run(view, qtbot)
    assert "Not all cover the same part" in view.words.text()


def test_it_is_drawn(view, offered, qtbot, contender):
    offered += [contender("bad", BAD), contender("good", GOOD)]
    run(view, qtbot)
    view.resize(300, 200)
    view.show()
    assert not view.grab().isNull()
