import math

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segsuite.metrics import SliceScores
from napari_segsuite.widgets.measure.slice_curve import SliceCurve

SCORES = SliceScores(
    0,
    ("mean_dice", "mean_iou"),
    np.array([[0.5, 0.25], [math.nan, math.nan], [1.0, 0.75]]),
)


@pytest.fixture
def curve(viewer, keep, qapp):
    return keep(SliceCurve(viewer))


@pytest.mark.parametrize("scores", [None, SliceScores(0, ("f1",), np.ones((1, 1)))])
def test_without_a_stack_it_says_what_is_needed(curve, scores):
    curve.show_slices(scores)
    assert curve.plot.isHidden()
    assert "stack" in curve.words.text()


def test_the_chosen_score_is_drawn_over_the_slices(curve):
    curve.show_slices(SCORES)
    x, y = curve.plot._drawing.line.getData()
    assert x.tolist() == [0, 1, 2]
    assert np.array_equal(y, [0.5, math.nan, 1.0], equal_nan=True)
    curve.picker.setCurrentIndex(1)
    assert curve.plot.curve.y[2] == 0.75


def test_lowest_and_highest_slice_are_named(curve):
    curve.show_slices(SCORES, "T")
    curve.show_current(2)
    text = curve.words.text()
    assert "T = 2: 1.000." in text
    assert "Lowest 0.500 at 0, highest 1.000 at 2." in text


def test_slices_without_any_score(curve):
    curve.show_slices(SliceScores(0, ("f1",), np.full((2, 1), math.nan)))
    assert "No slice has a F1." in curve.words.text()


def test_the_shown_slice_is_marked(curve):
    curve.show_current(1)
    curve.show_slices(SCORES)
    assert curve.plot._drawing.marker.value() == 1
    curve.show_current(None)
    assert not curve.plot._drawing.marker.isVisible()


@pytest.mark.parametrize(("x", "index"), [(0.4, 0), (1.6, 2), (-3.0, 0), (9.0, 2)])
def test_a_click_asks_for_the_nearest_slice(curve, x, index):
    picked = []
    curve.slice_picked.connect(picked.append)
    curve.show_slices(SCORES)
    curve.plot.clicked.emit(x)
    assert picked == [index]


def test_arrow_keys_ask_for_the_neighbours(curve, qtbot):
    picked = []
    curve.slice_picked.connect(picked.append)
    qtbot.keyClick(curve, Qt.Key.Key_Right)
    curve.show_slices(SCORES)
    qtbot.keyClick(curve, Qt.Key.Key_Right)
    curve.show_current(1)
    qtbot.keyClick(curve, Qt.Key.Key_Right)
    qtbot.keyClick(curve, Qt.Key.Key_Left)
    qtbot.keyClick(curve, Qt.Key.Key_Up)
    assert picked == [0, 2, 0]
