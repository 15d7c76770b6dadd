"""When things are drawn: the answer first, the click that it answers soon after."""

import numpy as np
import pytest

from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.prompt import Click
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.widgets.prompt.asking import Scene
from napari_segsuite.widgets.prompt.picture import Picture
from napari_segsuite.widgets.prompt.prompting import Prompting

CLICK = Click(y=10.0, x=15.0)


@pytest.fixture
def prompting(viewer, session, tmp_path):
    image = viewer.add_image(np.random.default_rng(0).random((5, 20, 30)), name="i")
    viewer.dims.set_point(0, 2)
    made = session.shared(Prompting)
    made.look_at(Scene(Picture((image,), "ZYX"), InputMap(), tmp_path))
    return made


@pytest.fixture
def shown(prompting, qtbot):
    """The same, when its plane has been drawn first."""
    qtbot.waitUntil(lambda: prompting.points.layer is not None)
    return prompting


def clicks_drawn(prompting):
    return len(prompting.points.layer.data)


def pixels_drawn(viewer):
    return np.count_nonzero(viewer.layers["i mask"].data)


def test_without_an_image_nothing_is_in_view(session):
    drawing = session.shared(Prompting).drawing
    assert drawing.index is None
    assert drawing.beside(drawing.index) == []
    drawing.draw()


def test_the_planes_beside_are_the_nearest_first(prompting):
    assert prompting.drawing.index == (2,)
    assert prompting.drawing.beside((2,)) == [(3,), (1,), (4,), (0,)]
    assert prompting.drawing.beside((0,)) == [(1,), (2,)]


def test_a_volume_is_no_plane(prompting, viewer):
    viewer.dims.ndisplay = 3
    assert prompting.drawing.index is None
    assert prompting.drawing.beside(None) == []


def test_a_click_is_drawn_though_its_answer_takes_long(shown, disks, viewer, qtbot):
    disks.free.clear()
    shown.add_click((2,), CLICK)
    assert clicks_drawn(shown) == 0
    qtbot.waitUntil(lambda: clicks_drawn(shown) == 1)
    assert shown.masks.waits_for == (2,)
    assert pixels_drawn(viewer) == 0
    disks.free.set()
    qtbot.waitUntil(lambda: shown.masks.waits_for is None)
    assert pixels_drawn(viewer) > 0


def test_a_click_for_which_no_answer_comes_is_drawn_at_once(shown):
    shown.add_click((2,), Click(y=10.0, x=15.0, positive=False))
    assert clicks_drawn(shown) == 1


def test_a_click_that_is_not_drawn_yet_counts_among_the_clicks(shown, disks):
    disks.free.clear()
    shown.add_click((2,), CLICK)
    assert clicks_drawn(shown) == 0
    assert shown.drawing.take_clicks() == {(2,): (CLICK,)}
    assert shown.drawing.take_clicks() == {}


def test_masks_of_other_objects_are_drawn_on_their_plane(shown, viewer, qtbot):
    spot = MaskRuns.of(np.ones((3, 3), bool))
    shown.drawing.show_also((3,), [spot])
    assert pixels_drawn(viewer) == 0
    viewer.dims.set_point(0, 3)
    qtbot.waitUntil(lambda: pixels_drawn(viewer) > 0)
    shown.drawing.show_also_nothing()
    assert pixels_drawn(viewer) == 0
