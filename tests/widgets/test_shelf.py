"""The shelf offers U-Nets alone; promptable models have a dock of their own."""

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
