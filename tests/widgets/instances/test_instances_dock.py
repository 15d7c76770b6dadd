"""The Instances dock as a whole: keys, tooltips, two docks of one viewer."""

import numpy as np
from qtpy.QtWidgets import QCheckBox, QPushButton

from napari_segsuite.widgets.instances.instances_dock import InstancesDock


def test_the_keys_stand_in_the_tooltips_once(dock, viewer):
    train, find = dock.train_panel.train, dock.find_panel.find
    viewer.add_image(np.zeros((20, 30)))
    for button, key in ((train, "Shift+N"), (find, "Shift+I")):
        assert button.toolTip().count(f"Key: {key}") == 1
        assert not button.isEnabled()
        assert button.toolTip().count("Not now:") == 1


def test_every_button_has_a_tooltip(dock):
    buttons = [b for kind in (QPushButton, QCheckBox) for b in dock.findChildren(kind)]
    silent = {b.text().strip(" ▶▼") for b in buttons if not b.toolTip()}
    assert len(buttons) > 8
    assert silent <= {"", "Advanced"}


def test_it_stays_narrow(dock):
    for panel in (dock.train_panel, dock.find_panel):
        assert panel.minimumSizeHint().width() <= 150


def test_two_docks_of_a_viewer_share_their_work(dock, viewer, session, keep):
    other = keep(InstancesDock(viewer, session))
    assert other.find_panel.finding is dock.find_panel.finding
    assert other.train_panel.learning is dock.train_panel.learning


def test_a_closed_dock_leaves_the_viewer_in_peace(viewer, session, qtbot):
    made = InstancesDock(viewer, session)
    made.deleteLater()
    qtbot.waitUntil(lambda: "Shift-I" not in viewer.keymap)
    viewer.add_image(np.zeros((20, 30)))
    viewer.layers.clear()
