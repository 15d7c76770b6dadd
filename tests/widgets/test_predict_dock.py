"""The Predict dock on a viewer without a window; the test plays the worker."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segsuite.data.classes import table_of
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import Segment, table_path, write_segments
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.messages import Cancel
from napari_segsuite.jobs.prediction import PredictResult
from napari_segsuite.plan.objects import ObjectReadout
from napari_segsuite.plan.unet import UNetPlan
from napari_segsuite.widgets.activity import State
from napari_segsuite.widgets.predict_dock import PredictDock
from napari_segsuite.widgets.preview import PreviewLayer
from napari_segsuite.widgets.training import Training

CHANNELS3 = UNetPlan(
    ndim=2,
    channels=3,
    patch_size=(64, 64),
    strides=((1, 1), (2, 2)),
    features=(8, 16),
    batch_size=4,
    normalisation="percentile",
)


@pytest.fixture
def make_dock(viewer, session, keep):
    return lambda: keep(PredictDock(viewer, session))


@pytest.fixture
def dock(make_model, make_dock, qtbot):
    make_model("cells")
    made = make_dock()
    qtbot.waitUntil(lambda: made.model.entry is not None)
    return made


def started(dock, runner, qtbot):
    qtbot.waitUntil(dock.predict.isEnabled)
    dock.predict.click()
    qtbot.waitUntil(
        lambda: bool(runner.runs) and dock.predicting.run is runner.runs[-1]
    )
    return runner.runs[-1]


def finish(run, labels, probabilities=None):
    """Write what the worker would write, and end the run."""
    np.save(run.job.out, labels)
    ref = None
    axes = run.job.image.axes.replace("C", "")
    if probabilities is not None:
        np.save(run.job.probabilities, probabilities)
        ref = ArrayRef(path=run.job.probabilities, axes="C" + axes)
    run.finish(
        PredictResult(
            labels=ArrayRef(path=run.job.out, axes=axes),
            probabilities=ref,
            classes=table_of((1, 2)),
            seconds=1.5,
        )
    )


def test_without_a_model_it_says_what_to_do(viewer, make_dock, qtbot):
    dock = make_dock()
    viewer.add_image(np.zeros((20, 30)))
    qtbot.waitUntil(lambda: "Train a model first" in dock.status.text)
    assert not dock.predict.isEnabled()


def test_without_an_image_it_says_what_to_do(dock):
    assert "Open an image first" in dock.status.text
    assert not dock.predict.isEnabled()


def test_the_result_is_a_new_layer_on_the_image(viewer, dock, runner, qtbot):
    image = viewer.add_image(
        np.zeros((20, 30)), name="im", scale=(2, 3), translate=(5, 6), units="um"
    )
    run = started(dock, runner, qtbot)
    finish(run, np.full((20, 30), 2, np.uint8))
    qtbot.waitUntil(lambda: "im cells" in viewer.layers)
    layer = viewer.layers["im cells"]
    assert layer.data.dtype == np.int32
    np.testing.assert_allclose(layer.scale, image.scale)
    np.testing.assert_allclose(layer.translate, image.translate)
    assert layer.units == image.units
    facts = layer.metadata["segsuite"]
    assert (facts["model"], facts["image"]) == ("cells", "im")
    assert len(facts["weights_sha256"]) == 64
    assert "layer “im cells”" in dock.status.text
    assert not run.job.out.exists()


def test_the_current_slice_lands_on_its_slice(viewer, dock, runner, qtbot):
    viewer.add_image(np.zeros((5, 20, 30)), name="im", scale=(4, 1, 1))
    viewer.dims.set_point(0, 12.0)
    dock.region.setCurrentText("current slice")
    run = started(dock, runner, qtbot)
    assert run.job.region == ((3, 4), (0, 20), (0, 30))
    finish(run, np.ones((1, 20, 30), np.uint8))
    qtbot.waitUntil(lambda: "im cells" in viewer.layers)
    np.testing.assert_allclose(viewer.layers["im cells"].translate, (12, 0, 0))


@pytest.mark.parametrize("region", ["whole image", "current slice"])
def test_a_whole_prediction_hides_what_training_showed(
    viewer, dock, session, runner, qtbot, region
):
    image = viewer.add_image(np.zeros((5, 20, 30)), name="im")
    training = session.shared(Training)
    training.preview = PreviewLayer(viewer, image, "ZYX", None, table_of((1, 2)))
    training.preview.open()
    training.preview.show(np.ones((20, 30), np.uint8), (0,), (0, 0))
    dock.region.setCurrentText(region)
    run = started(dock, runner, qtbot)
    finish(run, np.ones((5, 20, 30), np.uint8))
    qtbot.waitUntil(lambda: "im cells" in viewer.layers)
    preview = viewer.layers["im preview"]
    assert preview.visible == (region == "current slice")
    assert preview.data.any()


def test_probabilities_are_one_layer_per_class(viewer, dock, runner, qtbot):
    viewer.add_image(np.zeros((20, 30)), name="im")
    dock.probabilities.setChecked(True)
    run = started(dock, runner, qtbot)
    finish(run, np.ones((20, 30), np.uint8), np.full((2, 20, 30), 0.5, np.float16))
    qtbot.waitUntil(lambda: "im cells class 2" in viewer.layers)
    assert "im cells background" in viewer.layers
    # Probabilities are results: they are no images to predict, nor channels.
    assert dock.choice.image.layer.name == "im"
    assert dock.choice.channels.isHidden()


def test_without_the_tick_no_probabilities_are_asked_for(viewer, dock, runner, qtbot):
    viewer.add_image(np.zeros((20, 30)))
    assert started(dock, runner, qtbot).job.probabilities is None


def test_cancel_keeps_nothing(viewer, dock, runner, qtbot):
    viewer.add_image(np.zeros((20, 30)), name="im")
    run = started(dock, runner, qtbot)
    run.tell(Progress(fraction=0.5, message="Tile 3 of 6"))
    qtbot.waitUntil(lambda: "Tile 3 of 6" in dock.status.text)
    dock.cancel.click()
    assert Cancel(run=run.id) in runner.asked
    finish(run, np.ones((20, 30), np.uint8))
    qtbot.waitUntil(lambda: dock.predicting.state is State.CANCELLED)
    assert [layer.name for layer in viewer.layers] == ["im"]


def test_an_error_is_a_sentence(viewer, dock, runner, qtbot):
    viewer.add_image(np.zeros((20, 30)))
    started(dock, runner, qtbot).fail(InputError("4 pixels are infinite."))
    qtbot.waitUntil(lambda: "4 pixels are infinite." in dock.status.text)
    assert dock.predict.isEnabled()


def test_a_result_that_cannot_be_read_is_told(viewer, dock, runner, qtbot):
    viewer.add_image(np.zeros((20, 30)))
    run = started(dock, runner, qtbot)
    run.job.out.write_bytes(b"no array")
    run.finish(
        PredictResult(
            labels=ArrayRef(path=run.job.out, axes="YX"),
            classes=table_of((1, 2)),
            seconds=1.0,
        )
    )
    qtbot.waitUntil(lambda: dock.predicting.state is State.FAILED)
    assert dock.predict.isEnabled()


@pytest.mark.parametrize("act", ["delete", "rename"])
def test_what_happens_to_the_image_meanwhile_harms_nothing(
    viewer, dock, runner, qtbot, act
):
    image = viewer.add_image(np.zeros((20, 30)), name="im", scale=(2, 2))
    run = started(dock, runner, qtbot)
    if act == "delete":
        viewer.layers.remove(image)
    else:
        image.name = "other"
    finish(run, np.ones((20, 30), np.uint8))
    qtbot.waitUntil(lambda: dock.predicting.state is State.FINISHED)
    np.testing.assert_allclose(viewer.layers[-1].scale, (2, 2))


def test_a_model_of_other_channels_says_what_it_needs(
    viewer, make_dock, make_model, qtbot
):
    make_model("rgb", plan=CHANNELS3)
    dock = make_dock()
    for name in ("red", "green", "blue"):
        viewer.add_image(np.zeros((20, 30)), name=name)
    qtbot.waitUntil(lambda: "trained on 3 channels" in dock.status.text)
    for row in (0, 1):
        dock.choice.channels.item(row).setCheckState(Qt.CheckState.Checked)
    assert dock.predict.isEnabled()


def test_a_model_for_volumes_needs_a_stack(viewer, make_dock, make_model, qtbot):
    volumes = CHANNELS3.replace(
        ndim=3, channels=1, patch_size=(8, 8, 8), strides=((1, 1, 1),), features=(8,)
    )
    make_model("volumes", plan=volumes)
    dock = make_dock()
    viewer.add_image(np.zeros((20, 30)))
    qtbot.waitUntil(lambda: "works on 3D stacks" in dock.status.text)


def test_the_last_trained_model_is_chosen(viewer, dock, session, make_model, qtbot):
    newer = make_model("newer")
    session.model_trained.emit(newer)
    qtbot.waitUntil(lambda: dock.model.folder == newer)
    assert dock.model.itemText(0).startswith("newer")


def test_a_damaged_model_is_not_offered(viewer, session, make_model, make_dock, qtbot):
    make_model("good")
    (make_model("bad") / "model.json").write_text("{")
    dock = make_dock()
    qtbot.waitUntil(lambda: dock.model.entry is not None)
    titles = [dock.model.itemText(i) for i in range(dock.model.count())]
    assert [title.split(" ·")[0] for title in titles] == ["good", "Other folder…"]


@pytest.fixture
def objects_dock(make_model, make_dock, qtbot):
    make_model("nuclei", objects=ObjectReadout())
    made = make_dock()
    qtbot.waitUntil(lambda: made.model.entry is not None)
    return made


def finish_objects(run, labels, segments, classes):
    np.save(run.job.out, labels)
    table = table_path(run.job.out)
    write_segments(table, segments, classes, "YX")
    run.finish(
        PredictResult(
            labels=ArrayRef(path=run.job.out, axes="YX"),
            table=table,
            classes=classes,
            seconds=1.5,
        )
    )
    return table


def test_objects_arrive_with_their_table(viewer, objects_dock, runner, qtbot):
    dock = objects_dock
    viewer.add_image(np.zeros((20, 30)), name="im", scale=(2, 3))
    qtbot.waitUntil(lambda: "finds objects" in dock.about.text())
    assert dock.probabilities.isHidden()
    run = started(dock, runner, qtbot)
    assert run.job.options.readout == "instances"
    labels = np.zeros((20, 30), np.int32)
    labels[2:6, 3:9] = 70_001
    one = Segment(id=70_001, class_id=2, area=24, score=0.5, box=((2, 6), (3, 9)))
    table = finish_objects(run, labels, (one,), table_of((1, 2)))
    qtbot.waitUntil(lambda: "im nuclei" in viewer.layers)
    layer = viewer.layers["im nuclei"]
    np.testing.assert_array_equal(layer.data, labels)
    (row,) = layer.features.to_dict("records")
    assert (row["index"], row["class"], row["score"]) == (70_001, "class 2", 0.5)
    assert (row["area"], row["y_start"], row["x_stop"]) == (24, 2, 9)
    assert layer.metadata["segsuite"]["readout"] == "instances"
    assert "1 object found" in dock.status.text
    assert not table.exists()


def test_a_model_of_objects_can_give_classes_too(viewer, objects_dock, runner, qtbot):
    dock = objects_dock
    viewer.add_image(np.zeros((20, 30)), name="im")
    dock.readout.setCurrentText("classes")
    assert not dock.probabilities.isHidden()
    run = started(dock, runner, qtbot)
    assert run.job.options.readout == "semantic"
    finish(run, np.ones((20, 30), np.uint8))
    qtbot.waitUntil(lambda: "im nuclei" in viewer.layers)
    assert viewer.layers["im nuclei"].metadata["segsuite"]["readout"] == "semantic"


def test_no_objects_are_a_result_too(viewer, objects_dock, runner, qtbot):
    viewer.add_image(np.zeros((20, 30)), name="im")
    run = started(objects_dock, runner, qtbot)
    finish_objects(run, np.zeros((20, 30), np.int32), (), table_of((1, 2)))
    qtbot.waitUntil(lambda: "im nuclei" in viewer.layers)
    assert "no objects" in objects_dock.status.text


def test_a_model_of_classes_leaves_no_choice(viewer, dock, runner, qtbot):
    viewer.add_image(np.zeros((20, 30)))
    assert not dock.readout.has_choice
    assert started(dock, runner, qtbot).job.options.readout == "auto"


def test_a_model_that_ships_is_there_from_the_start(
    viewer, make_dock, make_model, shipped, qtbot
):
    folder = make_model("nuclei-unet", library=shipped, objects=ObjectReadout())
    dock = make_dock()
    viewer.add_image(np.zeros((20, 30)))
    qtbot.waitUntil(dock.predict.isEnabled)
    assert dock.model.folder == folder
    assert dock.model.itemText(0) == "nuclei-unet · ships inside"


def test_a_model_of_one_channel_takes_colours(viewer, dock, runner, qtbot):
    colours = np.zeros((20, 30, 3), np.uint8)
    viewer.add_image(colours, rgb=True, name="colours")
    assert started(dock, runner, qtbot).job.image.axes == "YXC"


def test_a_model_of_one_channel_takes_no_stains(viewer, dock, qtbot):
    for name in ("one", "two", "three"):
        viewer.add_image(np.zeros((20, 30)), name=name)
    qtbot.waitUntil(dock.predict.isEnabled)
    for row in (0, 1):
        dock.choice.channels.item(row).setCheckState(Qt.CheckState.Checked)
    assert "trained on 1 channel, but the image has 3" in dock.status.text
    assert not dock.predict.isEnabled()
