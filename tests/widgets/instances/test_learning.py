"""Training in the Instances dock; the test plays the worker."""

import math

import numpy as np
import pytest

from napari_segsuite.errors import InputError, WorkerCrashed
from napari_segsuite.jobs.base import dump_job
from napari_segsuite.jobs.events import EpochEnd, Progress
from napari_segsuite.jobs.instances import TrainMaskRCNN, TrainMaskRCNNResult
from napari_segsuite.jobs.messages import Cancel, Stop
from napari_segsuite.models.card import EpochRecord
from napari_segsuite.models.unfinished import Position, Spent, Standing, Unfinished
from napari_segsuite.widgets.activity import State

from .conftest import CLASSES, PLAN


def drawn(*shape):
    array = np.zeros(shape, np.int32)
    array[..., 2:8, 2:8] = 3
    array[..., 12:18, 14:20] = 7
    return array


@pytest.fixture
def panel(dock):
    return dock.train_panel


@pytest.fixture
def ready(panel, viewer, qtbot):
    viewer.add_image(np.zeros((24, 32)), name="im")
    viewer.add_labels(drawn(24, 32), name="objects")
    qtbot.waitUntil(panel.train.isEnabled)
    return panel


def started(panel, runner, qtbot):
    panel.train.click()
    # Reading a job that was begun looks at all kinds of jobs first.
    qtbot.waitUntil(
        lambda: bool(runner.runs) and panel.learning.run is runner.runs[-1],
        timeout=20_000,
    )
    return runner.runs[-1]


def result(run, **changes):
    values = {
        "model": run.job.out,
        "plan": PLAN,
        "classes": CLASSES,
        "epochs": 4,
        "steps": 80,
        "seconds": 12.0,
        "f1": 0.91,
    }
    return TrainMaskRCNNResult(**{**values, **changes})


def epoch(number, f1):
    return EpochEnd(
        epoch=number,
        step=20 * number,
        seconds=number,
        loss=1.0,
        dice=math.nan,
        f1=f1,
        best=True,
    )


def test_without_an_image_it_says_what_to_do(panel):
    assert "Open an image first" in panel.status.text
    assert "Open an image first" in panel.train.toolTip()


def test_without_labels_it_says_what_to_do(panel, viewer, qtbot):
    viewer.add_image(np.zeros((24, 32)), name="im")
    qtbot.waitUntil(lambda: "Press New" in panel.status.text)
    panel.drawn.new_labels.click()
    layer = viewer.layers["im objects"]
    assert (layer.data.dtype, layer.mode) == (np.int32, "paint")
    qtbot.waitUntil(lambda: "Draw some objects" in panel.status.text)
    assert not panel.train.isEnabled()


def test_the_next_object_takes_a_free_id(ready, viewer):
    ready.drawn.objects.next.click()
    layer = viewer.layers["objects"]
    assert (layer.selected_label, layer.mode) == (8, "paint")
    assert viewer.layers.selection.active is layer


def test_labels_of_another_shape_are_refused_with_both(panel, viewer, qtbot):
    viewer.add_image(np.zeros((24, 32)), name="im")
    viewer.add_labels(drawn(24, 30), name="objects")
    qtbot.waitUntil(lambda: "24 × 30" in panel.status.text)
    assert "24 × 32" in panel.status.text
    assert not panel.train.isEnabled()


def test_the_job_says_what_was_asked_for(ready, runner, qtbot):
    ready.plan_form.widget("backbone").value = "resnet18"
    ready.training_form.widget("max_seconds").value = 30
    job = started(ready, runner, qtbot).job
    assert isinstance(job, TrainMaskRCNN)
    assert job.plan.backbone == "resnet18"
    assert job.training.max_seconds == 30
    assert job.out.name == "im-objects"
    assert job.annotated == ((((0, 24), (0, 32)),),)
    assert (job.classes, job.object_classes) == ((), ())
    assert np.unique(np.load(job.labels[0].path)).tolist() == [0, 3, 7]


def test_rectangles_say_where_all_is_drawn(ready, viewer, runner, qtbot):
    corners = [[1, 1], [1, 20], [20, 20], [20, 1]]
    parts = viewer.add_shapes([np.array(corners)], name="parts")
    ready.drawn.objects.region.choose(parts)
    job = started(ready, runner, qtbot).job
    assert job.annotated == ((((1, 21), (1, 21)),),)


def test_rectangles_that_cannot_be_used_disable_train(ready, viewer, qtbot):
    parts = viewer.add_shapes(ndim=2, name="parts")
    ready.drawn.objects.region.choose(parts)
    assert not ready.train.isEnabled()
    assert "no rectangle" in ready.status.text


@pytest.mark.parametrize("apart", [True, False])
def test_classes_of_objects_go_with_the_job(ready, viewer, runner, qtbot, apart):
    assert ready.drawn.by_class.isHidden()
    viewer.layers["objects"].features = {
        "index": [3, 7],
        "class_id": [1, 2],
        "class": ["cell", "debris"],
    }
    qtbot.waitUntil(lambda: not ready.drawn.by_class.isHidden())
    assert ready.drawn.note.text() == "1 cell, 1 debris"
    ready.drawn.by_class.setChecked(apart)
    job = started(ready, runner, qtbot).job
    if apart:
        assert [info.name for info in job.classes] == ["cell", "debris"]
        assert job.object_classes == ({3: 1, 7: 2},)
    else:
        assert (job.classes, job.object_classes) == ((), ())


def test_classes_of_pixels_are_noticed(panel, viewer, qtbot):
    viewer.add_image(np.zeros((24, 32)), name="im")
    viewer.add_labels(drawn(24, 32) + 1, name="classes")
    qtbot.waitUntil(lambda: "use the Train dock" in panel.drawn.note.text())


def test_a_stack_says_how_many_slices_hold_objects(panel, viewer, qtbot):
    stack = np.zeros((5, 24, 32), np.int32)
    stack[1:3] = drawn(24, 32)
    viewer.add_image(np.zeros((5, 24, 32)), name="im")
    viewer.add_labels(stack, name="objects")
    count = panel.drawn.objects.count
    qtbot.waitUntil(lambda: count.text() == "2 objects on 2 of 5 slices")
    assert panel.request().drawn.annotated == ()


def test_a_training_from_start_to_end(ready, dock, runner, qtbot, make_detector):
    run = started(ready, runner, qtbot)
    run.tell(Progress(fraction=0.2, message="Epoch 1", seconds_left=30))
    qtbot.waitUntil(lambda: "Epoch 1 · 30 s left" in ready.status.text)
    run.tell(epoch(1, 0.4))
    qtbot.waitUntil(lambda: not ready.curves.isHidden())
    ready.stop.click()
    assert Stop(run=run.id) in runner.asked
    folder = make_detector(run.job.out.name)
    run.finish(result(run, model=folder, stopped=True))
    qtbot.waitUntil(lambda: ready.learning.state is State.FINISHED)
    assert "Stopped: F1 0.910 on held-out objects" in ready.status.text
    assert "anchors of 8, 16, 32, 64 pixels" in ready.chosen.text()
    qtbot.waitUntil(lambda: dock.find_panel.model.folder == folder)


def test_nothing_held_out_is_told(ready, runner, qtbot):
    run = started(ready, runner, qtbot)
    run.tell(epoch(1, math.nan))
    qtbot.waitUntil(lambda: "unknown how well" in ready.status.text)
    run.finish(result(run, f1=math.nan, epochs=1))
    qtbot.waitUntil(lambda: "no score" in ready.status.text)
    assert "1 epoch in 12 s" in ready.status.text
    assert "unknown how well" not in ready.status.text


def test_cancel_removes_what_was_begun(ready, runner, qtbot, make_detector):
    run = started(ready, runner, qtbot)
    folder = make_detector(run.job.out.name)
    assert folder == run.job.out
    ready.cancel.click()
    assert Cancel(run=run.id) in runner.asked
    run.finish(result(run))
    qtbot.waitUntil(lambda: ready.learning.state is State.CANCELLED)
    assert not folder.exists()


def test_an_error_names_the_layer(ready, runner, qtbot):
    run = started(ready, runner, qtbot)
    file = run.job.labels[0].path.name
    run.fail(InputError(f"{file} holds no object. Draw some."))
    qtbot.waitUntil(lambda: "objects holds no object" in ready.status.text)
    assert ready.train.isEnabled()


def test_layers_deleted_meanwhile_harm_nothing(ready, viewer, runner, qtbot):
    run = started(ready, runner, qtbot)
    viewer.layers.clear()
    run.finish(result(run))
    qtbot.waitUntil(lambda: ready.learning.state is State.FINISHED)


def test_fine_tuning_starts_from_a_model(ready, runner, qtbot, make_detector):
    folder = make_detector()
    ready.start_from._shelf.refresh()
    qtbot.waitUntil(lambda: ready.start_from.count() == 3)
    ready.start_from.choose(folder)
    assert started(ready, runner, qtbot).job.start_from == folder


def test_an_unfinished_training_can_be_resumed(ready, runner, qtbot, make_detector):
    first = started(ready, runner, qtbot)
    killed = first.job.replace(training=first.job.training.replace(seed=5))
    record = EpochRecord(epoch=1, step=20, seconds=1, loss=0.5, dice=math.nan, f1=0.8)
    folder = make_detector(
        "killed",
        unfinished=Unfinished(
            job=dump_job(killed),
            data="0" * 64,
            position=Position(
                epoch=1,
                step=20,
                progress=0.5,
                spent=Spent(seconds=1, ready=0.5, cut_short=None),
                chance={},
            ),
            standing=Standing(highest=0.8, highest_epoch=1, best=record),
        ),
    )
    first.fail(WorkerCrashed("The worker was killed."))
    qtbot.waitUntil(lambda: ready.train.isEnabled())
    ready.start_from.choose(folder)
    qtbot.waitUntil(lambda: ready.start_from.folder == folder)
    assert not ready.resume.isHidden()
    ready.resume.setChecked(True)
    run = started(ready, runner, qtbot)
    assert run.job.resume
    assert run.job.out == folder
    assert run.job.training.seed == 5
    assert run.job.labels != first.job.labels
    ready.cancel.click()
    run.finish(result(run))
    qtbot.waitUntil(lambda: "can be resumed" in ready.status.text)
    assert folder.exists()


def test_what_is_drawn_after_the_press_is_not_learned(ready, viewer, runner, qtbot):
    run = started(ready, runner, qtbot)
    viewer.layers["objects"].data[:] = 1
    assert np.unique(np.load(run.job.labels[0].path)).tolist() == [0, 3, 7]
