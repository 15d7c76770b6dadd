"""The Train dock on a viewer without a window; the test plays the worker."""

import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtCore import Qt

from napari_segsuite.errors import InputError, JobFailed, WorkerCrashed
from napari_segsuite.jobs.base import dump_job
from napari_segsuite.jobs.events import EpochEnd, Notice, PlanReady, Progress
from napari_segsuite.jobs.messages import Cancel, Stop
from napari_segsuite.jobs.training import TrainResult
from napari_segsuite.models.card import EpochRecord
from napari_segsuite.models.unfinished import Position, Spent, Standing, Unfinished
from napari_segsuite.plan.objects import ObjectReadout
from napari_segsuite.widgets.activity import State
from napari_segsuite.widgets.train_dock import TrainDock


@pytest.fixture
def dock(viewer, session, keep):
    return keep(TrainDock(viewer, session))


def paint(labels, **strokes):
    """Write ids as strokes do, so that undo and events work."""
    for name, index in strokes.items():
        rows = np.array([index[0]] * len(index[1]))
        labels.data_setitem((rows, np.array(index[1])), int(name[1:]))


def painted(viewer, dock, qtbot, shape=(20, 30)):
    image = viewer.add_image(np.random.default_rng(0).random(shape), name="cells")
    qtbot.waitUntil(lambda: dock.painting.choice.image.layer is image)
    dock.painting.new_labels.click()
    labels = dock.painting.labels.layer
    ids = np.zeros(shape, np.uint16)
    ids[..., 2, 3:9] = 1
    ids[..., 9, 3:9] = 2
    labels.data_setitem(np.nonzero(ids), ids[np.nonzero(ids)])
    qtbot.waitUntil(dock.train.isEnabled)
    return image, labels


def shown(viewer):
    return (
        "cells preview" in viewer.layers and viewer.layers["cells preview"].data.any()
    )


def started(dock, runner, qtbot):
    dock.train.click()
    qtbot.waitUntil(lambda: bool(runner.runs) and dock.training.run is runner.runs[-1])
    return runner.runs[-1]


def result(run, make_model, plan, **changes):
    facts = {
        "model": make_model("cells"),
        "plan": plan,
        "classes": run.job.classes,
        "epochs": 3,
        "steps": 60,
        "seconds": 4.0,
        "dice": 0.9,
    }
    return TrainResult(**{**facts, **changes})


@pytest.fixture
def plan():
    from napari_segsuite.plan.unet import UNetPlan

    return UNetPlan(
        ndim=2,
        channels=1,
        patch_size=(64, 64),
        strides=((1, 1), (2, 2)),
        features=(8, 16),
        batch_size=4,
        normalisation="percentile",
    )


def test_without_an_image_it_says_what_to_do(dock):
    assert not dock.train.isEnabled()
    assert "Open an image first" in dock.status.text


def test_without_a_painting_it_says_what_to_do(viewer, dock, qtbot):
    viewer.add_image(np.zeros((20, 30)))
    qtbot.waitUntil(lambda: "Press New" in dock.status.text)
    assert not dock.train.isEnabled()


def test_new_makes_a_layer_and_starts_painting(viewer, dock, qtbot):
    viewer.add_image(np.zeros((20, 30)), name="cells", scale=(2, 2))
    qtbot.waitUntil(dock.painting.new_labels.isEnabled)
    dock.painting.new_labels.click()
    labels = dock.painting.labels.layer
    assert (labels.name, labels.mode, labels.selected_label) == (
        "cells painting",
        "paint",
        1,
    )
    qtbot.waitUntil(lambda: "Paint at least two classes" in dock.status.text)
    assert dock.painting.classes.ids == (1, 2)


def test_one_class_is_explained_and_background_is_offered(viewer, dock, qtbot):
    _, labels = painted(viewer, dock, qtbot)
    assert dock.painting.unpainted.isHidden()
    labels.data_setitem(np.nonzero(labels.data == 2), 1)
    qtbot.waitUntil(lambda: "Only one class is painted" in dock.status.text)
    assert not dock.train.isEnabled()
    assert not dock.painting.unpainted.isHidden()
    dock.painting.unpainted.setChecked(True)
    assert dock.train.isEnabled()


def test_undo_takes_the_painting_back(viewer, dock, qtbot):
    _, labels = painted(viewer, dock, qtbot)
    labels.undo()
    qtbot.waitUntil(lambda: "Paint at least two classes" in dock.status.text)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Labels(np.ones((20, 31), int)), "20 × 31"),
        (lambda: Labels(np.ones((20, 30), int), translate=(1, 0)), "does not lie on"),
        (lambda: Labels(np.full((20, 30), -2)), "negative ids"),
        (lambda: Labels(np.ones((20, 30), bool)), "Only one class"),
        (lambda: Labels(np.full((20, 30), 2**40, np.uint64)), "ids above"),
    ],
)
def test_a_painting_that_cannot_be_used_is_explained(
    viewer, dock, qtbot, make, sentence
):
    viewer.add_image(np.zeros((20, 30)))
    layer = viewer.add_layer(make())
    qtbot.waitUntil(lambda: dock.painting.labels.layer is layer)
    qtbot.waitUntil(lambda: sentence in dock.status.text)
    assert not dock.train.isEnabled()


def test_the_job_holds_what_the_dock_shows(viewer, dock, runner, qtbot):
    painted(viewer, dock, qtbot)
    dock.training_form.widget("max_seconds").value = 7
    dock.plan_form.widget("patch_size").value = 64
    dock.name.setText("mine")
    job = started(dock, runner, qtbot).job
    assert job.training.max_seconds == 7
    assert job.plan.patch_size == 64
    assert (job.name, job.out.name) == ("mine", "mine")
    assert [info.id for info in job.classes] == [1, 2]
    np.testing.assert_array_equal(np.unique(job.labels[0].open()), [0, 1, 2])
    assert job.start_from is None


def test_names_of_classes_go_with_the_job(viewer, dock, runner, qtbot):
    painted(viewer, dock, qtbot)
    dock.painting.classes.item(1, 1).setText("nucleus")
    job = started(dock, runner, qtbot).job
    assert [info.name for info in job.classes] == ["background", "nucleus"]


def test_a_click_on_a_class_paints_with_it(viewer, dock, qtbot):
    image, labels = painted(viewer, dock, qtbot)
    viewer.layers.selection.active = image
    dock.painting.classes.cellClicked.emit(1, 0)
    assert (labels.selected_label, labels.mode) == (2, "paint")
    assert viewer.layers.selection.active is labels


def test_add_class_takes_the_next_id(viewer, dock, qtbot):
    _, labels = painted(viewer, dock, qtbot)
    dock.painting.add_class.click()
    assert labels.selected_label == 3
    qtbot.waitUntil(lambda: dock.painting.classes.ids == (1, 2, 3))


def test_other_layers_can_be_channels(viewer, dock, runner, qtbot):
    painted(viewer, dock, qtbot)
    assert dock.painting.choice.channels.isHidden()
    viewer.add_image(np.ones((20, 30)), name="red")
    qtbot.waitUntil(lambda: not dock.painting.choice.channels.isHidden())
    dock.painting.choice.channels.item(0).setCheckState(Qt.CheckState.Checked)
    image = started(dock, runner, qtbot).job.images[0]
    assert (image.axes, image.open().shape) == ("CYX", (2, 20, 30))


def test_a_run_is_shown_from_start_to_end(
    viewer, dock, runner, qtbot, plan, make_model, make_preview
):
    _, labels = painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    assert not dock.train.isEnabled()
    assert dock.stop.isEnabled()
    run.tell(Progress(fraction=0.25, message="Epoch 1", seconds_left=30.0))
    run.tell(PlanReady(plan=plan))
    run.tell(Notice(message="Only one slice is painted."))
    run.tell(EpochEnd(epoch=1, step=20, seconds=1, loss=0.5, dice=0.8, best=True))
    run.tell(make_preview(np.full((20, 30), 2, np.uint8)))
    qtbot.waitUntil(lambda: len(dock.training.epochs) == 1)
    qtbot.waitUntil(lambda: shown(viewer))
    assert "Epoch 1 · 30 s left" in dock.status.text
    assert "Only one slice is painted." in dock.status.text
    assert viewer.layers.selection.active is labels
    assert viewer.layers.index("cells preview") < viewer.layers.index(labels)
    assert (viewer.layers["cells preview"].data == 2).all()
    run.finish(result(run, make_model, plan))
    qtbot.waitUntil(lambda: dock.training.state is State.FINISHED)
    assert "Dice 0.900 on held-out strokes" in dock.status.text
    assert dock.train.isEnabled()
    assert not dock.stop.isEnabled()
    assert "cells preview" in viewer.layers


def test_nothing_held_out_is_said_and_no_empty_curve_shown(
    viewer, dock, runner, qtbot, plan, make_model
):
    painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    for epoch in (1, 2):
        nan = float("nan")
        run.tell(
            EpochEnd(epoch=epoch, step=20, seconds=1, loss=0.5, dice=nan, best=True)
        )
    qtbot.waitUntil(lambda: len(dock.training.epochs) == 2)
    assert dock.status.text.count("the Dice is unknown") == 1
    run.finish(result(run, make_model, plan, dice=float("nan")))
    qtbot.waitUntil(lambda: dock.training.state is State.FINISHED)
    assert "Trained: no Dice" in dock.status.text


def test_the_preview_is_there_but_empty_before_the_worker_begins(
    viewer, dock, runner, qtbot, make_preview, monkeypatch
):
    _, labels = painted(viewer, dock, qtbot)
    there, submit = [], runner.submit

    def noting(job, **listeners):
        there.append("cells preview" in viewer.layers)
        return submit(job, **listeners)

    monkeypatch.setattr(runner, "submit", noting)
    dock.train.click()
    qtbot.waitUntil(lambda: bool(runner.runs))
    assert there == [True]
    assert not viewer.layers["cells preview"].data.any()
    assert viewer.layers.selection == {labels}
    runner.runs[0].tell(make_preview(np.full((20, 30), 2, np.uint8)))
    qtbot.waitUntil(lambda: shown(viewer))
    assert viewer.layers.selection == {labels}


def test_cancel_before_the_worker_begins_leaves_nothing(viewer, dock, runner, qtbot):
    painted(viewer, dock, qtbot)
    dock.train.click()
    dock.cancel.click()
    qtbot.waitUntil(lambda: dock.training.state is State.CANCELLED)
    assert not runner.runs
    assert "cells preview" not in viewer.layers


def test_no_empty_preview_is_left_behind(viewer, dock, runner, qtbot):
    painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    qtbot.waitUntil(lambda: "cells preview" in viewer.layers)
    dock.cancel.click()
    run.fail(JobFailed("gave up"))
    qtbot.waitUntil(lambda: dock.training.state is State.CANCELLED)
    assert "cells preview" not in viewer.layers


def test_a_cancelled_training_leaves_the_preview_before_as_it_was(
    viewer, dock, runner, qtbot, plan, make_model, make_preview
):
    painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    run.tell(make_preview(np.full((20, 30), 2, np.uint8)))
    run.finish(result(run, make_model, plan))
    qtbot.waitUntil(lambda: not dock.training.busy)
    started(dock, runner, qtbot).fail(JobFailed("gave up"))
    qtbot.waitUntil(lambda: not dock.training.busy)
    assert (viewer.layers["cells preview"].data == 2).all()


def test_the_preview_follows_the_slice(viewer, dock, runner, qtbot, plan, make_preview):
    painted(viewer, dock, qtbot, shape=(5, 20, 30))
    run = started(dock, runner, qtbot)
    run.tell(PlanReady(plan=plan))
    qtbot.waitUntil(lambda: dock.training.plan is not None)
    viewer.dims.set_point(0, 3.0)
    qtbot.waitUntil(lambda: runner.asked[-1].value["frame"] == [3])
    run.tell(make_preview(np.full((20, 30), 2, np.uint8), frame=(3,)))
    qtbot.waitUntil(lambda: shown(viewer))
    preview = viewer.layers["cells preview"].data
    assert [int(plane.max()) for plane in preview] == [0, 0, 0, 2, 0]


def test_a_preview_that_was_deleted_stays_away(
    viewer, dock, runner, qtbot, make_preview
):
    painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    run.tell(make_preview(np.full((20, 30), 2, np.uint8)))
    qtbot.waitUntil(lambda: shown(viewer))
    viewer.layers.remove("cells preview")
    run.tell(make_preview(np.full((20, 30), 1, np.uint8)))
    run.tell(Progress(fraction=0.5, message="later"))
    qtbot.waitUntil(lambda: "later" in dock.status.text)
    assert "cells preview" not in viewer.layers


def test_the_next_training_goes_on_in_the_same_preview_unless_it_was_edited(
    viewer, dock, runner, qtbot, plan, make_model, make_preview
):
    painted(viewer, dock, qtbot)
    for count in (1, 1, 2):
        run = started(dock, runner, qtbot)
        run.tell(make_preview(np.full((20, 30), 2, np.uint8)))
        run.finish(result(run, make_model, plan))
        qtbot.waitUntil(lambda: not dock.training.busy)
        previews = [la for la in viewer.layers if "preview" in la.name]
        assert len(previews) == count
        if len(runner.runs) == 2:
            paint(previews[0], _1=(4, [5, 6]))


def test_stop_and_cancel_reach_the_run(viewer, dock, runner, qtbot):
    painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    dock.stop.click()
    assert Stop(run=run.id) in runner.asked
    dock.cancel.click()
    assert Cancel(run=run.id) in runner.asked
    assert dock.training.state is State.CANCELLING
    run.fail(JobFailed("too late"))
    qtbot.waitUntil(lambda: dock.training.state is State.CANCELLED)
    assert "nothing was kept" in dock.status.text


def test_a_cancelled_model_is_not_there_to_predict_with(
    viewer, dock, runner, qtbot, make_model
):
    painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    begun = make_model(run.job.out.name)
    other = make_model("other")
    assert begun == run.job.out
    dock.cancel.click()
    run.fail(JobFailed("too late"))
    qtbot.waitUntil(lambda: dock.training.state is State.CANCELLED)
    assert not begun.exists()
    assert other.exists()


def press_key(viewer, key):
    """Do as napari does when the key is pressed over the canvas."""
    next(act for bound, act in viewer.keymap.items() if str(bound) == key)(viewer)


def test_a_key_trains_and_stops(viewer, dock, runner, qtbot):
    assert "Shift+T" in dock.train.toolTip()
    press_key(viewer, "Shift+T")  # nothing to train on yet
    painted(viewer, dock, qtbot)
    assert not runner.runs
    press_key(viewer, "Shift+T")
    qtbot.waitUntil(dock.stop.isEnabled)
    press_key(viewer, "Shift+T")
    assert Stop(run=runner.runs[0].id) in runner.asked


def test_the_key_goes_with_the_last_dock(viewer, session, qtbot, keep):
    first, second = keep(TrainDock(viewer, session)), keep(TrainDock(viewer, session))
    for dock, left in ((first, 2), (second, 0)):
        with qtbot.waitSignal(dock.destroyed):
            dock.deleteLater()
        assert len(viewer.keymap) == left


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InputError("3 pixels are NaN."), "3 pixels are NaN."),
        (WorkerCrashed("The worker died (signal 9).", "last words"), "signal 9"),
    ],
)
def test_errors_are_sentences_and_the_next_training_starts(
    viewer, dock, runner, qtbot, error, sentence
):
    painted(viewer, dock, qtbot)
    started(dock, runner, qtbot).fail(error)
    qtbot.waitUntil(lambda: sentence in dock.status.text)
    assert dock.train.isEnabled()
    assert started(dock, runner, qtbot) is runner.runs[1]


@pytest.mark.parametrize("act", ["delete", "rename", "repaint", "replace"])
def test_what_happens_to_the_layers_meanwhile_harms_nothing(
    viewer, dock, runner, qtbot, plan, make_model, make_preview, act
):
    image, labels = painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    if act == "delete":
        viewer.layers.remove(labels)
        viewer.layers.remove(image)
    elif act == "rename":
        image.name, labels.name = "other", "strokes"
    elif act == "repaint":
        labels.data_setitem(np.nonzero(labels.data == 2), 1)
    else:
        image.data = np.zeros((5, 6))
    run.tell(make_preview(np.full((20, 30), 2, np.uint8)))
    run.finish(result(run, make_model, plan))
    qtbot.waitUntil(lambda: dock.training.state is State.FINISHED)
    assert 2 in run.job.labels[0].open()


def test_a_model_of_other_channels_cannot_be_the_start(
    viewer, dock, qtbot, plan, make_model
):
    painted(viewer, dock, qtbot)
    folder = make_model("rgb", plan=plan.replace(channels=3))
    dock.session.model_trained.emit(folder)
    dock.start_from.choose(folder)
    qtbot.waitUntil(lambda: "trained on 3 channels" in dock.status.text)
    assert not dock.train.isEnabled()


def test_a_model_can_be_the_start(viewer, dock, runner, qtbot, make_model):
    painted(viewer, dock, qtbot)
    folder = make_model("before")
    dock.session.model_trained.emit(folder)
    dock.start_from.choose(folder)
    qtbot.waitUntil(lambda: dock.start_from.folder == folder)
    assert started(dock, runner, qtbot).job.start_from == folder


def unfinished(job):
    """Return what is remembered of a training, as if it had been killed."""
    record = EpochRecord(epoch=1, step=20, seconds=1, loss=0.5, dice=0.8)
    return Unfinished(
        job=dump_job(job),
        data="0" * 64,
        position=Position(
            epoch=1,
            step=20,
            progress=0.5,
            spent=Spent(seconds=1, ready=0.5, cut_short=None),
            chance={},
        ),
        standing=Standing(highest=0.8, highest_epoch=1, best=record),
    )


def test_an_unfinished_training_can_be_resumed(viewer, dock, runner, qtbot, make_model):
    painted(viewer, dock, qtbot)
    first = started(dock, runner, qtbot)
    options = first.job.training.replace(seed=5)
    killed = first.job.replace(training=options)
    folder = make_model("killed", unfinished=unfinished(killed))
    first.fail(WorkerCrashed("The worker was killed."))
    qtbot.waitUntil(lambda: dock.train.isEnabled())
    dock.start_from.choose(folder)
    qtbot.waitUntil(lambda: dock.start_from.folder == folder)
    assert not dock.resume.isHidden()
    dock.resume.setChecked(True)
    job = started(dock, runner, qtbot).job
    assert job.resume
    assert job.out == folder
    assert job.start_from is None
    assert job.training == options
    assert job.labels != first.job.labels
    np.testing.assert_array_equal(job.labels[0].open(), first.job.labels[0].open())


def test_only_an_unfinished_training_can_be_resumed(
    viewer, dock, runner, qtbot, make_model
):
    painted(viewer, dock, qtbot)
    first = started(dock, runner, qtbot)
    folder = make_model("killed", unfinished=unfinished(first.job))
    first.fail(WorkerCrashed("The worker was killed."))
    dock.start_from.choose(folder)
    qtbot.waitUntil(lambda: dock.start_from.folder == folder)
    dock.resume.setChecked(True)
    whole = make_model("whole")
    dock.session.model_trained.emit(whole)
    dock.start_from.choose(whole)
    qtbot.waitUntil(lambda: dock.start_from.folder == whole)
    assert dock.resume.isHidden()
    job = started(dock, runner, qtbot).job
    assert not job.resume
    assert job.start_from == whole


def test_a_dock_opened_later_shows_the_training(viewer, session, runner, qtbot, keep):
    dock = keep(TrainDock(viewer, session))
    painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    run.tell(EpochEnd(epoch=1, step=20, seconds=1, loss=0.5, dice=0.8, best=True))
    qtbot.waitUntil(lambda: len(dock.training.epochs) == 1)
    with qtbot.waitSignal(dock.destroyed):
        dock.deleteLater()
    again = keep(TrainDock(viewer, session))
    assert again.stop.isEnabled()
    run.tell(Progress(fraction=0.5, message="Epoch 2"))
    qtbot.waitUntil(lambda: "Epoch 2" in again.status.text)


def test_save_job_writes_what_the_command_line_reads(viewer, dock, qtbot, tmp_path):
    import json

    from napari_segsuite.jobs.base import load_job
    from napari_segsuite.widgets.job_files import save_job

    painted(viewer, dock, qtbot)
    path = tmp_path / "job.json"
    prepare = dock.training.preparation(dock.request(), tmp_path / "model")
    save_job(prepare(lambda: None), path, dock.session.scratch.folder)
    job = load_job(json.loads(path.read_text()))
    assert job.out == tmp_path / "model"
    assert job.images[0].open().shape == (20, 30)
    assert job.labels[0].path.parent == tmp_path


def test_a_single_class_with_background_has_names_that_fit(viewer, dock, runner, qtbot):
    _, labels = painted(viewer, dock, qtbot)
    labels.data_setitem(np.nonzero(labels.data == 2), 1)
    qtbot.waitUntil(lambda: not dock.painting.unpainted.isHidden())
    dock.painting.unpainted.setChecked(True)
    job = started(dock, runner, qtbot).job
    assert job.unpainted_is_background
    assert [(info.id, info.name) for info in job.classes] == [
        (1, "class 1"),
        (2, "background"),
    ]


def test_messages_name_the_layer_and_not_its_temporary_file(
    viewer, dock, runner, qtbot
):
    painted(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    file = run.job.images[0].path.name
    run.fail(InputError(f"The image {file} has 3 pixels that are NaN."))
    qtbot.waitUntil(lambda: "The image cells has 3 pixels" in dock.status.text)


def test_the_plan_is_shown_and_follows_the_choices(viewer, dock, qtbot):
    dock.show()
    painted(viewer, dock, qtbot)
    assert dock.plan_view.text() == ""
    dock.advanced.expand(animate=False)
    qtbot.waitUntil(lambda: "U-Net of 3 levels" in dock.plan_view.text())
    dock.plan_form.widget("levels").value = 4
    qtbot.waitUntil(lambda: "U-Net of 4 levels" in dock.plan_view.text())
    dock.plan_form.widget("dimensions").value = "3d"
    qtbot.waitUntil(lambda: "needs stacks" in dock.plan_view.text())


def drawn(viewer, dock, qtbot, shape=(60, 70)):
    """Add an image with twelve objects, as if they had been drawn before."""
    viewer.add_image(np.random.default_rng(0).random(shape), name="cells")
    ids = np.zeros(shape, np.uint16)
    for i in range(12):
        row, column = 4 + 18 * (i // 4), 4 + 16 * (i % 4)
        ids[..., row : row + 9, column : column + 8] = i + 1
    labels = viewer.add_labels(ids, name="objects")
    qtbot.waitUntil(lambda: dock.painting.watch.survey is not None)
    qtbot.waitUntil(lambda: dock.painting.meaning.learn == "objects")
    qtbot.waitUntil(dock.train.isEnabled)
    return labels


def test_many_compact_ids_are_taken_for_objects(viewer, dock, runner, qtbot):
    drawn(viewer, dock, qtbot)
    assert dock.painting.classes.isHidden()
    assert not dock.painting.objects.isHidden()
    assert dock.painting.objects.count.text() == "12 objects"
    job = started(dock, runner, qtbot).job
    assert (job.learn, job.classes) == ("objects", ())
    assert job.annotated == ((((0, 60), (0, 70)),),)


@pytest.fixture
def nuclei_unet(make_model, shipped):
    return make_model("nuclei-unet", library=shipped, objects=ObjectReadout())


def test_objects_start_from_the_model_that_ships(
    nuclei_unet, viewer, dock, runner, qtbot
):
    qtbot.waitUntil(lambda: bool(dock.start_from.entries))
    assert dock.start_from.folder is None
    drawn(viewer, dock, qtbot)
    assert dock.start_from.folder == nuclei_unet
    assert dock.start_from.currentText() == "nuclei-unet · ships inside"
    dock.painting.meaning.choose("classes")
    assert dock.start_from.folder is None
    dock.painting.meaning.choose("objects")
    assert started(dock, runner, qtbot).job.start_from == nuclei_unet


def test_the_users_start_stays(nuclei_unet, viewer, dock, qtbot):
    qtbot.waitUntil(lambda: bool(dock.start_from.entries))
    drawn(viewer, dock, qtbot)
    dock.start_from.setCurrentIndex(0)
    dock.start_from.activated.emit(0)
    assert dock.start_from.folder is None
    dock.painting.meaning.choose("classes")
    dock.painting.meaning.choose("objects")
    assert dock.start_from.folder is None


def test_objects_in_stacks_start_from_scratch(nuclei_unet, viewer, dock, qtbot):
    qtbot.waitUntil(lambda: bool(dock.start_from.entries))
    drawn(viewer, dock, qtbot, shape=(5, 60, 70))
    assert dock.start_from.folder is None


def test_of_a_stack_the_slices_with_objects_are_complete(viewer, dock, runner, qtbot):
    drawn(viewer, dock, qtbot, shape=(5, 60, 70))
    assert dock.painting.objects.count.text() == "12 objects on 5 of 5 slices"
    assert started(dock, runner, qtbot).job.annotated == ()


def test_the_guess_can_be_switched_and_stays(viewer, dock, runner, qtbot):
    labels = drawn(viewer, dock, qtbot)
    dock.painting.meaning.choose("classes")
    assert not dock.painting.classes.isHidden()
    assert dock.painting.objects.isHidden()
    labels.data_setitem((np.array([50]), np.array([60])), 13)
    qtbot.waitUntil(lambda: 13 in dock.painting.watch.survey.counts)
    assert dock.painting.meaning.learn == "classes"
    assert started(dock, runner, qtbot).job.learn == "classes"


def test_strokes_do_not_turn_into_objects_while_one_paints(viewer, dock, qtbot):
    _, labels = painted(viewer, dock, qtbot)
    for i in range(3, 9):
        labels.data_setitem((np.array([2 * i]), np.array([20])), i)
    qtbot.waitUntil(lambda: 8 in dock.painting.watch.survey.counts)
    assert dock.painting.meaning.learn == "classes"


def test_too_many_ids_for_classes_are_explained(viewer, dock, qtbot):
    viewer.add_image(np.zeros((20, 30)))
    viewer.add_labels(np.arange(600).reshape(20, 30))
    qtbot.waitUntil(lambda: dock.painting.meaning.learn == "objects")
    dock.painting.meaning.choose("classes")
    qtbot.waitUntil(lambda: "599 different ids" in dock.status.text)


def test_rectangles_say_where_every_object_is_drawn(viewer, dock, runner, qtbot):
    drawn(viewer, dock, qtbot)
    shapes = viewer.add_shapes(
        [np.array([[2.2, 3], [2.2, 40], [30, 40], [30, 3]])], name="done"
    )
    dock.painting.objects.region.choose(shapes)
    assert started(dock, runner, qtbot).job.annotated == ((((3, 31), (3, 41)),),)


def test_other_shapes_than_rectangles_are_refused(viewer, dock, qtbot):
    drawn(viewer, dock, qtbot)
    shapes = viewer.add_shapes(
        [np.array([[2, 3], [9, 40], [30, 3]])], shape_type="polygon", name="done"
    )
    dock.painting.objects.region.choose(shapes)
    qtbot.waitUntil(lambda: "no straight rectangle" in dock.status.text)
    assert not dock.train.isEnabled()


def test_objects_that_cannot_be_learned_from_are_explained(viewer, dock, qtbot):
    viewer.add_image(np.zeros((20, 30)))
    labels = viewer.add_labels(np.zeros((20, 30), np.int32))
    dock.painting.meaning.choose("objects")
    qtbot.waitUntil(lambda: "No object is drawn" in dock.status.text)
    labels.data = np.ones((20, 30), np.int32)
    qtbot.waitUntil(lambda: "covers everything" in dock.status.text)
    labels.data = np.full((20, 30), -4, np.int32)
    qtbot.waitUntil(lambda: "hold -4" in dock.status.text)


def test_new_objects_get_the_next_id(viewer, dock, qtbot):
    viewer.add_image(np.zeros((20, 30)), name="cells")
    dock.painting.meaning.choose("objects")
    qtbot.waitUntil(dock.painting.new_labels.isEnabled)
    dock.painting.new_labels.click()
    labels = dock.painting.labels.layer
    assert labels.data.dtype == np.int32
    qtbot.waitUntil(lambda: dock.painting.watch.survey is not None)
    assert dock.painting.meaning.learn == "objects"
    assert (labels.selected_label, labels.mode) == (1, "paint")
    dock.painting.objects.next.click()
    assert labels.selected_label == 2


def test_a_layer_that_is_full_says_so(viewer, dock, qtbot):
    viewer.add_image(np.zeros((20, 30)))
    labels = viewer.add_labels(np.arange(600).reshape(20, 30).astype(np.uint8))
    qtbot.waitUntil(lambda: dock.painting.meaning.learn == "objects")
    qtbot.waitUntil(lambda: 255 in dock.painting.watch.survey.counts)
    dock.painting.objects.next.click()
    assert "ids up to 255" in dock.status.text
    assert labels.selected_label == 1


def test_a_training_of_objects_tells_their_f1(
    viewer, dock, runner, qtbot, plan, make_model, make_preview
):
    drawn(viewer, dock, qtbot)
    run = started(dock, runner, qtbot)
    run.tell(
        EpochEnd(epoch=1, step=20, seconds=1, loss=0.5, dice=0.8, f1=0.7, best=True)
    )
    run.tell(make_preview(np.full((60, 70), 31, np.int32)))
    qtbot.waitUntil(lambda: shown(viewer))
    assert "F1 of objects" in dock.curves.toolTip()
    # Objects are drawn in many colours, not as the classes that they are not.
    colours = viewer.layers["cells preview"].colormap.map(np.arange(1, 20))
    assert len(np.unique(colours, axis=0)) > 10
    run.finish(result(run, make_model, plan, f1=0.75))
    qtbot.waitUntil(lambda: dock.training.state is State.FINISHED)
    assert "F1 of objects 0.750 on held-out objects" in dock.status.text
