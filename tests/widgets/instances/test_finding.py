"""Finding objects in the Instances dock; the test plays the worker."""

import numpy as np
import pytest
from napari.layers import Shapes

from napari_segsuite.errors import InputError
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.messages import Cancel
from napari_segsuite.widgets.activity import State

from .conftest import PLAN, finish, square

TWO = (square((2, 2), 6, 0.9), square((12, 14), 5, 0.6, class_id=2))


@pytest.fixture
def panel(dock, make_detector, viewer, qtbot):
    make_detector()
    viewer.add_image(np.zeros((24, 32)), name="im", scale=(2, 3), translate=(5, 6))
    dock.find_panel.model._shelf.refresh()
    qtbot.waitUntil(dock.find_panel.find.isEnabled)
    return dock.find_panel


def test_without_a_model_it_says_what_to_do(dock, viewer):
    viewer.add_image(np.zeros((20, 30)))
    assert "Train a model first" in dock.find_panel.status.text
    assert "Train a model first" in dock.find_panel.find.toolTip()
    assert not dock.find_panel.find.isEnabled()


def test_without_an_image_it_says_what_to_do(dock):
    assert "Open an image first" in dock.find_panel.status.text


def test_only_mask_rcnns_are_offered(dock, make_detector, make_model, qtbot):
    make_model("unet")
    make_detector("cells")
    picker = dock.find_panel.model
    picker._shelf.refresh()
    qtbot.waitUntil(lambda: picker.entry is not None)
    titles = [picker.itemText(i).split(" ·")[0] for i in range(picker.count())]
    assert titles == ["cells", "Other folder…"]
    assert "cell, debris" in dock.find_panel.about.text()


def test_a_unet_opened_by_hand_says_where_it_belongs(dock, make_model, viewer):
    folder = make_model("unet")
    viewer.add_image(np.zeros((20, 30)))
    dock.find_panel.model._open(folder)
    dock.find_panel.refresh()
    assert "choose it in the Predict dock" in dock.find_panel.status.text


def test_a_model_of_other_channels_says_what_it_needs(
    dock, make_detector, viewer, qtbot
):
    make_detector(plan=PLAN.replace(channels=3))
    dock.find_panel.model._shelf.refresh()
    viewer.add_image(np.zeros((20, 30)))
    qtbot.waitUntil(lambda: "trained on 3 channels" in dock.find_panel.status.text)


def test_the_result_is_a_new_layer_with_features(panel, find, viewer):
    run = find(TWO, (24, 32))
    layer = viewer.layers["im cells"]
    assert layer.data.dtype == np.int32
    assert np.unique(layer.data).tolist() == [0, 1, 2]
    np.testing.assert_allclose(layer.scale, (2, 3))
    np.testing.assert_allclose(layer.translate, (5, 6))
    assert layer.features["class"].tolist() == ["cell", "debris"]
    assert layer.features["y_stop"].tolist() == [8, 17]
    facts = layer.metadata["segsuite"]
    assert (facts["model"], facts["image"]) == ("cells", "im")
    assert len(facts["weights_sha256"]) == 64
    assert "2 objects in 1.5 s: layer “im cells”" in panel.status.text
    assert not run.job.out.exists()
    assert not run.job.out.with_suffix(".csv").exists()
    assert not run.job.detections.exists()


def test_the_current_slice_lands_on_its_slice(dock, make_detector, find, viewer):
    make_detector()
    dock.find_panel.model._shelf.refresh()
    viewer.add_image(np.zeros((5, 24, 32)), name="im", scale=(4, 1, 1))
    viewer.dims.set_point(0, 12.0)
    dock.find_panel.region.setCurrentText("current slice")
    run = find(TWO, (1, 24, 32), "ZYX")
    assert run.job.region == ((3, 4), (0, 24), (0, 32))
    np.testing.assert_allclose(viewer.layers["im cells"].translate, (12, 0, 0))


def test_boxes_can_be_asked_for_beforehand(panel, find, viewer, qtbot):
    panel.choosing.boxes.setChecked(True)
    find(TWO, (24, 32))
    qtbot.waitUntil(lambda: "im cells boxes" in viewer.layers)
    boxes = viewer.layers["im cells boxes"]
    assert isinstance(boxes, Shapes)
    assert boxes.nshapes == 2


def test_the_choice_goes_with_the_job(panel, find):
    panel.choosing.score.setValue(0.7)
    panel.choosing.overlap.setCurrentText("nobody")
    run = find(TWO, (24, 32))
    assert run.job.options.paste.min_score == 0.7
    assert run.job.options.paste.overlap == "none"
    assert run.job.options.link


@pytest.mark.parametrize(
    ("found", "told"),
    [((), "No object was found"), ((square((2, 2), 6, 0.2),), "1 less sure")],
)
def test_no_object_is_told(panel, find, viewer, found, told):
    find(found, (24, 32))
    assert told in panel.status.text
    assert not viewer.layers["im cells"].data.any()
    assert not len(viewer.layers["im cells"].features)


def test_cancel_keeps_nothing(panel, viewer, runner, qtbot):
    panel.find.click()
    qtbot.waitUntil(lambda: panel.finding.run is not None)
    run = runner.runs[-1]
    run.tell(Progress(fraction=0.5, message="Tile 3 of 6"))
    qtbot.waitUntil(lambda: "Tile 3 of 6" in panel.status.text)
    panel.cancel.click()
    assert Cancel(run=run.id) in runner.asked
    finish(run, TWO, (24, 32))
    qtbot.waitUntil(lambda: panel.finding.state is State.CANCELLED)
    assert [layer.name for layer in viewer.layers] == ["im"]


def test_an_error_is_a_sentence(panel, runner, qtbot):
    panel.find.click()
    qtbot.waitUntil(lambda: panel.finding.run is not None)
    runner.runs[-1].fail(InputError("4 pixels are infinite."))
    qtbot.waitUntil(lambda: "4 pixels are infinite." in panel.status.text)
    assert panel.find.isEnabled()


def test_damaged_detections_are_told(panel, runner, qtbot, viewer):
    panel.find.click()
    qtbot.waitUntil(lambda: panel.finding.run is not None)
    run = runner.runs[-1]
    finish(run, TWO, (24, 32), damaged=True)
    qtbot.waitUntil(lambda: panel.finding.state is State.FAILED)
    assert "cannot be read as detections" in panel.status.text
    assert [layer.name for layer in viewer.layers] == ["im"]


@pytest.mark.parametrize("act", ["delete", "rename"])
def test_what_happens_to_the_image_meanwhile_harms_nothing(
    panel, viewer, runner, qtbot, act
):
    panel.find.click()
    qtbot.waitUntil(lambda: panel.finding.run is not None)
    if act == "delete":
        viewer.layers.remove("im")
    else:
        viewer.layers["im"].name = "other"
    finish(runner.runs[-1], TWO, (24, 32))
    qtbot.waitUntil(lambda: panel.finding.state is State.FINISHED)
    np.testing.assert_allclose(viewer.layers[-1].scale, (2, 3))
