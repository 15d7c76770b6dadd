"""The whole path in a real window with a real worker: train, find, choose."""

from pathlib import Path

import numpy as np
import pytest
from npe2 import PluginManifest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

import napari_segsuite
from napari_segsuite.widgets.activity import State

MANIFEST = Path(napari_segsuite.__file__).with_name("napari.yaml")
PLUGIN = "napari-segsuite"
JOB_MS = 120_000


@pytest.fixture
def plugin(npe2pm):
    with npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)):
        yield


def disks(rng, count=6, size=96, radius=11):
    """Return a picture of disks, and the number of each as its label."""
    image = rng.normal(0, 0.1, (size, size)).astype(np.float32)
    labels = np.zeros((size, size), np.int32)
    y, x = np.mgrid[:size, :size]
    for number in range(count):
        middle = 16 + 32 * np.array(divmod(number, 3)) + rng.integers(-3, 4, 2)
        inside = (y - middle[0]) ** 2 + (x - middle[1]) ** 2 <= radius**2
        labels[inside], image[inside] = number + 1, image[inside] + 1
    return image, labels


def click(widget):
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def end(activity, qtbot):
    qtbot.waitUntil(lambda: not activity.busy, timeout=JOB_MS)
    return activity


@pytest.mark.viewer
@pytest.mark.slow
def test_train_find_and_choose(make_napari_viewer, plugin, own_model_library, qtbot):
    rng = np.random.default_rng(0)
    viewer = make_napari_viewer(show=True)
    image, labels = disks(rng)
    viewer.add_image(image, name="disks", scale=(0.5, 0.5))
    viewer.add_labels(labels, name="drawn", scale=(0.5, 0.5))
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "Instances")
    train, find = dock.train_panel, dock.find_panel
    train.training_form.widget("max_epochs").value = 1
    train.training_form.widget("max_seconds").value = 8
    # Seen as they are, the disks take the least time.
    train.plan_form.widget("object_size").value = 40
    qtbot.waitUntil(train.train.isEnabled)
    click(train.train)
    learned = end(train.learning, qtbot)
    assert learned.state is State.FINISHED, learned.message
    assert learned.epochs
    assert "anchors of" in train.chosen.text()
    folder = learned.result.model
    assert (folder / "model.json").exists()

    dock.tabs.setCurrentIndex(1)
    assert not find.isHidden()
    assert train.isHidden()
    qtbot.waitUntil(lambda: find.model.folder == folder)
    find.choosing.score.setValue(0.0)
    click(find.find)
    found = end(find.finding, qtbot)
    assert found.state is State.FINISHED, found.message
    layer = viewer.layers["disks disks-objects"]
    np.testing.assert_allclose(layer.scale, (0.5, 0.5))
    result = find.choosing.found
    assert len(np.unique(layer.data)) - 1 == len(layer.features) == result.count
    find.choosing.score.setValue(1.0)
    qtbot.waitUntil(lambda: not layer.data.any())

    image[3, 4] = np.nan
    viewer.add_image(image, name="with a hole")
    find.choice.image.choose(viewer.layers["with a hole"])
    click(find.find)
    failed = end(find.finding, qtbot)
    assert failed.state is State.FAILED
    assert "with a hole" in find.status.text
    assert not failed.details

    (folder / "model.json").unlink()
    find.choice.image.choose(viewer.layers["disks"])
    click(find.find)
    failed = end(find.finding, qtbot)
    assert failed.state is State.FAILED
    assert not failed.details
