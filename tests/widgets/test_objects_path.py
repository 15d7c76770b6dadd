"""The path of objects as their user goes it: drawn, learned, found, merged, scored."""

from pathlib import Path

import numpy as np
import pytest
from npe2 import PluginManifest

import napari_segsuite
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.widgets.activity import State
from napari_segsuite.widgets.layer_classes import declare

MANIFEST = Path(napari_segsuite.__file__).with_name("napari.yaml")
PLUGIN = "napari-segsuite"
TRAINING_MS = 240_000


@pytest.fixture
def plugin(npe2pm):
    """Install the plugin, as its manifest says, for one test."""
    with npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)):
        yield


@pytest.mark.viewer
@pytest.mark.slow
def test_learn_find_merge_and_score(make_napari_viewer, plugin, qtbot):
    shape, spacing = (128, 128), (1.0, 1.0)
    image, truth = nuclei(
        np.random.default_rng(2), shape, spacing, count=40, radius=6.0
    )
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1200, 900)
    viewer.add_image(image, name="nuclei")
    viewer.add_labels(truth, name="drawn")
    train, predict, panoptic, metrics = (
        viewer.window.add_plugin_dock_widget(PLUGIN, name, tabify=True)[1]
        for name in ("Train", "Predict", "Panoptic", "Metrics")
    )

    qtbot.waitUntil(lambda: train.painting.meaning.learn == "objects", timeout=20_000)
    qtbot.waitUntil(train.train.isEnabled, timeout=20_000)
    train.training_form.widget("max_seconds").value = 120
    train.training_form.widget("max_epochs").value = 6
    train.train.click()
    qtbot.waitUntil(
        lambda: train.training.state in (State.FINISHED, State.FAILED),
        timeout=TRAINING_MS,
    )
    assert train.training.state is State.FINISHED, train.status.text
    assert "F1 of objects" in train.status.text
    preview = viewer.layers["nuclei preview"]
    assert preview.data.max() > 2
    qtbot.waitUntil(lambda: predict.model.folder == train.training.result.model)

    predict.predict.click()
    qtbot.waitUntil(lambda: not predict.predicting.busy, timeout=TRAINING_MS)
    assert predict.predicting.state is State.FINISHED, predict.status.text
    found = viewer.layers["nuclei nuclei"]
    assert not preview.visible
    assert len(found.features) == len(np.unique(found.data)) - 1

    metrics.form.truth.choose(viewer.layers["drawn"])
    metrics.form.prediction.choose(found)
    qtbot.waitUntil(
        lambda: metrics.report is not None and metrics.report.instances is not None,
        timeout=20_000,
    )
    assert metrics.report.instances.f1 > 0.4

    classes = viewer.add_labels((truth > 0).astype(np.uint8) + 1, name="classes")
    declare(
        classes,
        (
            ClassInfo(id=1, name="background", thing=False),
            ClassInfo(id=2, name="nucleus"),
        ),
    )
    panoptic.source.setCurrentText("two layers")
    panoptic.layers.semantic.choose(classes)
    for layer in (viewer.layers["drawn"], found):
        panoptic.layers.instances.choose(layer)
        qtbot.waitUntil(panoptic.start.isEnabled, timeout=20_000)
        panoptic.start.click()
        qtbot.waitUntil(lambda: not panoptic.work.busy, timeout=TRAINING_MS)
        assert panoptic.work.state is State.FINISHED, panoptic.status.text
    pair = [one for one in viewer.layers if "panoptic" in one.name]
    assert len(pair) == 2
    pair[0].name = "truth"
    metrics.form.truth.choose(pair[0])
    metrics.form.prediction.choose(pair[1])
    qtbot.waitUntil(
        lambda: metrics.report is not None and metrics.report.panoptic is not None,
        timeout=20_000,
    )
    nucleus = next(c for c in metrics.report.panoptic.classes if c.name == "nucleus")
    assert 0.3 < nucleus.pq <= 1.0
