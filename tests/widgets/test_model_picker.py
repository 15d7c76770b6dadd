"""Which model is chosen when nobody has chosen one."""

from __future__ import annotations

import pytest

from napari_segsuite.widgets.model_picker import ModelPicker
from napari_segsuite.widgets.shelf import Shelf


@pytest.fixture
def inside(session, make_model, shipped, qtbot):
    """Return a model that ships, after it was found."""
    folder = make_model("inside", library=shipped)
    shelf = session.shared(Shelf)
    shelf.refresh()
    qtbot.waitUntil(lambda: bool(shelf.entries))
    return folder


def refreshed(session, qtbot, count):
    shelf = session.shared(Shelf)
    shelf.refresh()
    qtbot.waitUntil(lambda: len(shelf.entries) == count)


def test_a_model_that_ships_gives_way_to_ones_own(
    session, inside, make_model, qtbot, keep
):
    picker = keep(ModelPicker(session, follows_training=True))
    assert picker.folder == inside

    own = make_model("own")
    refreshed(session, qtbot, 2)

    assert picker.folder == own


def test_the_users_choice_stays(session, inside, make_model, qtbot, keep):
    picker = keep(ModelPicker(session, follows_training=True))
    picker.choose(inside)

    make_model("own")
    refreshed(session, qtbot, 2)

    assert picker.folder == inside


def test_where_trainings_are_not_followed_the_choice_stays(
    session, inside, make_model, qtbot, keep
):
    picker = keep(ModelPicker(session))

    make_model("own")
    refreshed(session, qtbot, 2)

    assert picker.folder == inside
