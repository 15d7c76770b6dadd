"""The whole path as its user goes it: paint with the mouse, train, predict, score."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from npe2 import PluginManifest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDockWidget

import napari_segsuite
from napari_segsuite.data.synthesis.disks import disks
from napari_segsuite.models.folder import verify
from napari_segsuite.widgets.activity import State
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.train_dock import TrainDock

MANIFEST = Path(napari_segsuite.__file__).with_name("napari.yaml")
PLUGIN = "napari-segsuite"
TRAINING_MS = 120_000


@pytest.fixture
def picture():
    """Return one picture of noisy disks and the class of each pixel."""
    images, labels = disks(np.random.default_rng(3))
    return images[0], labels[0]


@pytest.fixture
def plugin(npe2pm):
    """Install the plugin, as its manifest says, for one test."""
    with npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)):
        yield


def click(widget):
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def on_canvas(viewer, point):
    """Return where a point (y, x) of the world lies on the canvas."""
    scene = viewer.window._qt_viewer.canvas.view.scene
    x, y = scene.transform.map([point[1], point[0], 0, 1])[:2]
    return QPoint(round(float(x)), round(float(y)))


def draw(viewer, start, stop):
    """Draw a stroke from one point to another with the left mouse button."""
    canvas = viewer.window._qt_viewer.canvas.native
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    places = [
        on_canvas(viewer, point) for point in np.linspace(start, stop, 9, endpoint=True)
    ]
    QTest.mouseMove(canvas, places[0])
    QTest.mousePress(canvas, left, none, places[0])
    for place in places[1:]:
        QTest.mouseMove(canvas, place)
        QApplication.processEvents()
    QTest.mouseRelease(canvas, left, none, places[-1])
    QApplication.processEvents()


def middles_of(truth, label):
    """Return the pixels that lie deepest inside a class, one in each half."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(truth == label, 1))[1:-1, 1:-1]
    half = len(depth) // 2
    for rows in (slice(0, half), slice(half, None)):
        deepest = np.unravel_index(depth[rows].argmax(), depth[rows].shape)
        yield np.add(deepest, (rows.start, 0))


@pytest.mark.viewer
@pytest.mark.slow
def test_paint_train_predict_and_score(make_napari_viewer, plugin, qtbot, picture):
    image, truth = picture
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1200, 900)
    viewer.add_image(image, name="disks")
    facts = {"segsuite": {"truth": True}}
    viewer.add_labels(truth, name="truth", visible=False, metadata=facts)
    train, predict, metrics = (
        viewer.window.add_plugin_dock_widget(PLUGIN, name, tabify=True)[1]
        for name in ("Train", "Predict", "Metrics")
    )
    for dock in (metrics, predict, train):
        raise_dock(viewer, dock)
    viewer.reset_view()
    qtbot.waitUntil(train.painting.new_labels.isEnabled)

    click(train.painting.new_labels)
    painting = train.painting.labels.layer
    painting.brush_size = 4
    for label, row in ((1, 0), (2, 1)):
        table = train.painting.classes
        cell = table.visualItemRect(table.item(row, 0)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
        assert painting.selected_label == label
        for deep in middles_of(truth, label):
            draw(viewer, deep - np.array([0, 3]), deep + np.array([0, 3]))
    assert set(np.unique(painting.data)) == {0, 1, 2}
    wrong = (painting.data != 0) & (painting.data != truth)
    assert not wrong.any()
    qtbot.waitUntil(train.train.isEnabled)

    # As many steps on a busy machine as on an idle one.
    train.training_form.widget("max_seconds").value = 100
    train.training_form.widget("max_epochs").value = 6
    click(train.train)
    qtbot.waitUntil(
        lambda: train.training.state is State.FINISHED or failed(train),
        timeout=TRAINING_MS,
    )
    assert train.training.state is State.FINISHED, train.status.text
    assert train.training.epochs
    assert not train.curves.isHidden()
    preview = viewer.layers["disks preview"]
    assert set(np.unique(preview.data)) <= {0, 1, 2}
    qtbot.waitUntil(lambda: predict.model.folder == train.training.result.model)

    raise_dock(viewer, predict)
    click(predict.predict)
    qtbot.waitUntil(lambda: not predict.predicting.busy, timeout=TRAINING_MS)
    assert predict.predicting.state is State.FINISHED, predict.status.text
    result = viewer.layers["disks disks"]
    assert set(np.unique(result.data)) <= {1, 2}

    metrics.form.truth.choose(viewer.layers["truth"])
    metrics.form.prediction.choose(result)
    qtbot.waitUntil(lambda: metrics.report is not None)
    both = ((result.data == 2) & (truth == 2)).sum()
    dice = 2 * both / ((result.data == 2).sum() + (truth == 2).sum())
    assert dice > 0.7
    qtbot.waitUntil(lambda: metrics.cards.text("mean_dice") != "–")


CLOSING = """
import sys
import numpy as np
import napari
from qtpy.QtCore import QTimer
from napari_segsuite.widgets.train_dock import TrainDock

viewer = napari.Viewer()
image = np.random.default_rng(0).random((64, 64))
viewer.add_image(image)
viewer.add_labels((image > 0.5).astype(np.uint8) + 1)
dock = TrainDock(viewer)
viewer.window.add_dock_widget(dock, name="Train")
session = dock.session

def close():
    if dock.training.run is None:
        dock.train.click()
        return
    print(session.runner.worker_pid, session.scratch.folder, flush=True)
    timer.stop()
    viewer.close()

timer = QTimer()
timer.timeout.connect(close)
timer.start(100)
napari.run()
print(session.closed, flush=True)
"""


@pytest.mark.viewer
def test_closing_the_window_during_a_job_leaves_nothing_behind():
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CLOSING],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    where, closed = ended.stdout.splitlines()
    pid, folder = where.split(" ", 1)
    assert closed == "True"
    assert not alive(int(pid))
    assert not Path(folder).exists()
    assert "Traceback" not in ended.stderr
    assert "QThread" not in ended.stderr


def raise_dock(viewer, widget):
    """Bring the tab of a dock to the front."""
    (holder,) = (
        dock
        for dock in viewer.window._qt_window.findChildren(QDockWidget)
        if dock.isAncestorOf(widget)
    )
    holder.show()
    holder.raise_()
    QApplication.processEvents()


def failed(dock):
    return dock.training.state in {State.FAILED, State.CANCELLED}


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_worker_costs_nothing_but_the_training(viewer, qtbot, keep, picture):
    image, truth = picture
    viewer.add_image(image, name="disks")
    strokes = np.zeros_like(truth, dtype=np.uint16)
    strokes[::9] = truth[::9]
    painting = viewer.add_labels(strokes.copy(), name="painting")
    session = Session(viewer)
    try:
        dock = keep(TrainDock(viewer, session))
        dock.training_form.widget("max_seconds").value = 100
        qtbot.waitUntil(dock.train.isEnabled)
        dock.train.click()
        qtbot.waitUntil(
            lambda: any(epoch.best for epoch in dock.training.epochs) or failed(dock),
            timeout=TRAINING_MS,
        )
        assert dock.training.state is State.RUNNING, dock.status.text
        folder = dock.training.run.job.out
        qtbot.waitUntil((folder / "model.json").exists, timeout=TRAINING_MS)

        os.kill(session.runner.worker_pid, signal.SIGKILL)
        qtbot.waitUntil(lambda: dock.training.state is State.FAILED)
        assert "worker" in dock.status.text
        np.testing.assert_array_equal(painting.data, strokes)
        verify(folder)

        dock.train.click()
        qtbot.waitUntil(lambda: bool(dock.training.epochs), timeout=TRAINING_MS)
        dock.stop.click()
        qtbot.waitUntil(lambda: not dock.training.busy, timeout=TRAINING_MS)
        assert dock.training.state is State.FINISHED, dock.status.text
        assert "Stopped" in dock.status.text
    finally:
        session.close()
