import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import QPointF

from napari_segsuite.widgets.measure.plot import Curve, Plot


def curve(y, **options):
    values = np.array(y, float)
    x = np.arange(values.size, dtype=float)
    return Curve(x, values, x_name="slice", **options)


@pytest.fixture
def plot(viewer, keep, qapp):
    return keep(Plot(viewer, "tip"))


def test_the_window_does_not_wait_for_pyqtgraph(plot, qtbot, monkeypatch):
    monkeypatch.delitem(sys.modules, "pyqtgraph")
    plot.show_curve(curve([0.5, 0.75]))
    plot.show_curve(curve([0.25, 0.75]))
    assert plot._drawing is None
    qtbot.waitUntil(lambda: plot._drawing is not None)
    assert plot._drawing.line.getData()[1].tolist() == [0.25, 0.75]


def test_nothing_is_loaded_before_the_first_curve(plot):
    plot.show_mark(1)
    assert plot.isHidden()
    assert plot._drawing is None


def test_a_curve_shows_and_goes(plot):
    plot.show_curve(curve([0.5, 0.75]))
    assert not plot.isHidden()
    plot.show_curve(None)
    assert plot.isHidden()


def test_large_points_are_larger(plot):
    plot.show_curve(curve([0.5, 0.75, 0.5], points=True, large=[1]))
    sizes = plot._drawing.line.opts["symbolSize"]
    assert sizes[1] > sizes[0] == sizes[2]


@pytest.mark.parametrize("y", [[0.9, 0.9], [math.nan, math.nan], []])
def test_flat_and_empty_curves_have_a_range(plot, y):
    plot.show_curve(curve(y))
    low, high = plot._drawing.plot.viewRange()[1]
    assert high - low >= 0.02


def test_a_click_in_the_plot_tells_its_place(plot):
    told = []
    plot.clicked.connect(told.append)
    plot.show_curve(curve([0.5, 0.75, 0.5]))
    drawing = plot._drawing

    def click(x, y):
        at = drawing.plot.vb.mapViewToScene(QPointF(x, y))
        drawing._clicked(SimpleNamespace(scenePos=lambda: at))

    click(1.25, 0.6)
    click(500.0, 0.6)
    assert told == [pytest.approx(1.25)]


def test_the_theme_gives_the_colours(viewer, plot, qtbot):
    plot.show_curve(curve([0.5, 0.75]))
    before = plot._drawing.marker.pen.color().name()
    viewer.theme = "light"
    qtbot.waitUntil(lambda: plot._drawing.marker.pen.color().name() != before)
