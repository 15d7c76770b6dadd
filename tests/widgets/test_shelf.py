"""The shelf offers U-Nets alone, the user's own before those that ship inside."""

from __future__ import annotations

import shutil

import pytest

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.shipment import SHIPPED
from napari_segsuite.widgets.shelf import Shelf


def test_promptable_models_are_not_offered(session, make_model, tmp_path, qtbot):
    folder = make_model()
    shelf = session.shared(Shelf)
    shelf.refresh()
    qtbot.waitUntil(lambda: bool(shelf.entries))
    assert [entry.folder for entry in shelf.entries] == [folder]
    other = tmp_path / "clicks"
    shutil.copytree(SHIPPED / "click-2d", other)
    with pytest.raises(ModelFolderError, match="clicks is a promptable model"):
        shelf.open(other)


def test_models_that_ship_come_last_and_say_so(session, make_model, shipped, qtbot):
    own = [make_model("older"), make_model("newer")]
    inside = make_model("inside", library=shipped)
    hidden = make_model("newer", library=shipped)
    shelf = session.shared(Shelf)
    shelf.refresh()
    qtbot.waitUntil(lambda: len(shelf.entries) == 3)
    assert [entry.folder for entry in shelf.entries] == [*reversed(own), inside]
    assert hidden not in [entry.folder for entry in shelf.entries]
    assert [entry.ships for entry in shelf.entries] == [False, False, True]
    assert shelf.entries[2].title == "inside · ships inside"
    assert shelf.entries[0].title.startswith("newer · ")
