"""What the banner and the dialog show, and what their buttons do."""

import errno
import os

import numpy as np
import pytest

from napari_segsuite.data.journal.writer import JournalWriter
from napari_segsuite.data.recovery import default_folder
from napari_segsuite.widgets.safety.banner import SafetyBanner
from napari_segsuite.widgets.safety.dialog import RecoveryDialog
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.safety.placed_facts import facts_of


@pytest.fixture
def lose(viewer):
    """Return a function that leaves painting of a session that has ended."""

    def make(value=7):
        layer = viewer.add_labels(np.full((20, 30), value, np.uint8), name="lost")
        writer = JournalWriter(default_folder(), lambda _error: None)
        writer.add(layer.data, facts_of(layer, unsaved=True))
        writer.close()
        viewer.layers.clear()

    return make


def test_there_is_no_banner_while_all_is_well(session, keep, qtbot):
    banner = keep(SafetyBanner(session))
    qtbot.wait(100)
    assert banner.isHidden()


def test_lost_painting_is_offered_and_restored_once(session, viewer, keep, qtbot, lose):
    lose()
    banner, net = keep(SafetyBanner(session)), session.shared(SafetyNet)
    qtbot.waitUntil(lambda: not banner.isHidden())
    assert "1 layer" in banner.found.text()
    dialog = keep(RecoveryDialog(net, banner))
    top = dialog.tree.topLevelItem(0)
    assert [top.child(0).text(i) for i in range(3)] == ["lost", "20 × 30", "600 pixels"]
    dialog.restore.click()
    qtbot.waitUntil(lambda: "lost" in viewer.layers or bool(net.problem))
    assert net.problem == ""
    assert (viewer.layers["lost"].data == 7).all()
    assert banner.isHidden()
    assert net.flush(5)
    qtbot.waitUntil(lambda: any(default_folder().glob("*/restored")))
    (folder,) = (p.parent for p in default_folder().glob("*/restored"))
    assert list(folder.glob("*.journal"))  # kept, though not offered again


def test_what_cannot_be_restored_is_said_and_still_offered(
    session, viewer, keep, qtbot, lose
):
    lose()
    banner, net = keep(SafetyBanner(session)), session.shared(SafetyNet)
    qtbot.waitUntil(lambda: bool(net.found))
    net.found[0].layers[0].content.tiles[0] = b"damaged meanwhile"
    net.restore(net.found[0])
    qtbot.waitUntil(lambda: not banner.problem.isHidden())
    assert "cannot be restored" in banner.problem.text()
    assert len(net.found) == 1
    assert "lost" not in viewer.layers


def test_discarded_painting_is_gone(session, keep, qtbot, lose):
    lose()
    lose()
    banner, net = keep(SafetyBanner(session)), session.shared(SafetyNet)
    qtbot.waitUntil(lambda: "2 layers" in banner.found.text())
    dialog = keep(RecoveryDialog(net, banner))
    dialog.discard.click()
    assert "1 layer." in banner.found.text()
    dialog.discard.click()
    assert banner.isHidden()
    assert not list(default_folder().iterdir())


def test_a_full_disk_is_said_until_it_is_over(
    session, viewer, keep, qtbot, monkeypatch
):
    banner, net = keep(SafetyBanner(session)), session.shared(SafetyNet)
    net._writer._retry = 0.05
    layer = viewer.add_labels(np.zeros((20, 30), np.uint8))
    real = os.write
    with monkeypatch.context() as patch:

        def full(_handle, _data):
            raise OSError(errno.ENOSPC, "full")

        patch.setattr(os, "write", full)
        net.keep(layer)
        qtbot.waitUntil(lambda: not banner.isHidden())
        assert "NOT" in banner.problem.text()
        assert "the disk is full" in banner.problem.text()
    assert os.write is real
    qtbot.waitUntil(banner.isHidden)
