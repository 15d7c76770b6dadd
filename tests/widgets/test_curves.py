import math

import pytest

from napari_segsuite.jobs.events import EpochEnd
from napari_segsuite.widgets.curves import Curves


def epochs(dice):
    return [
        EpochEnd(epoch=i, step=i, seconds=float(i), loss=1 / i, dice=value, best=True)
        for i, value in enumerate(dice, 1)
    ]


@pytest.fixture
def curves(viewer, keep, qapp):
    return keep(Curves(viewer))


def drawn(curves, plot):
    return [list(values) for values in curves._plots._lines[plot].getData()]


def test_nothing_is_shown_before_the_first_epoch(curves):
    curves.show_epochs([])
    assert curves.isHidden()
    assert curves._plots is None


def test_loss_and_dice_are_drawn_over_seconds(curves):
    curves.show_epochs(epochs([0.5, 0.75]))
    assert not curves.isHidden()
    assert drawn(curves, curves._plots._dice) == [[1.0, 2.0], [0.5, 0.75]]
    assert drawn(curves, curves._plots._loss) == [[1.0, 2.0], [1.0, 0.5]]


def test_without_held_out_strokes_there_is_no_dice_curve(curves):
    curves.show_epochs(epochs([math.nan, math.nan]))
    assert not curves._plots._dice.isVisible()
    assert drawn(curves, curves._plots._loss)[0] == [1.0, 2.0]


def test_a_training_that_begins_anew_clears_the_curves(curves):
    curves.show_epochs(epochs([0.5, 0.75]))
    curves.show_epochs([])
    assert curves.isHidden()


def test_the_theme_gives_the_colours(viewer, curves, qtbot):
    curves.show_epochs(epochs([0.5]))
    line = curves._plots._lines[curves._plots._loss]
    before = line.opts["pen"].color().name()
    viewer.theme = "light"
    qtbot.waitUntil(lambda: line.opts["pen"].color().name() != before)
