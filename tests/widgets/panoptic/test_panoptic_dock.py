"""The Panoptic dock on a viewer without a window."""

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import Segment, features, table_path, write_segments
from napari_segsuite.jobs.panoptic import PanopticResult
from napari_segsuite.plan.objects import ObjectReadout
from napari_segsuite.runners.inline import InlineRunner
from napari_segsuite.widgets.activity import State
from napari_segsuite.widgets.layer_classes import declare
from napari_segsuite.widgets.measure.metrics_dock import MetricsDock
from napari_segsuite.widgets.panoptic.panoptic_dock import PanopticDock
from napari_segsuite.widgets.session import Session

CLASSES = (
    ClassInfo(id=1, name="background", thing=False),
    ClassInfo(id=2, name="cell"),
)
SEMANTIC = np.ones((80, 90), np.uint8)
SEMANTIC[10:30, 10:30] = SEMANTIC[40:60, 40:60] = 2
OBJECTS = np.zeros((80, 90), np.int32)
OBJECTS[10:30, 10:30] = 4
OBJECTS[40:60, 40:60] = 8


@pytest.fixture
def session(viewer, runner, shipped, qapp):
    """Return a session in which merging is really done, and predicting is not."""
    made = Session(viewer, runner=runner, interactive=InlineRunner())
    yield made
    made.close()


@pytest.fixture
def dock(viewer, session, keep):
    return keep(PanopticDock(viewer, session))


def two_layers(viewer, shift=0, **placed):
    semantic = viewer.add_labels(SEMANTIC.copy(), name="classes", **placed)
    declare(semantic, CLASSES)
    objects = viewer.add_labels(
        np.roll(OBJECTS, shift, axis=1),
        name="objects",
        metadata={"segsuite": {"readout": "instances"}},
        features=features(
            [Segment(id=i, class_id=1, score=0.9) for i in (4, 8)],
            [ClassInfo(id=1, name="cell")],
        ),
        **placed,
    )
    return semantic, objects


def merged(dock, qtbot):
    dock.source.setCurrentText("two layers")
    qtbot.waitUntil(dock.start.isEnabled)
    dock.start.click()
    qtbot.waitUntil(lambda: dock.work.state is State.FINISHED)
    return dock.viewer.layers[-1]


def test_two_layers_become_segments_with_their_table(viewer, dock, qtbot):
    two_layers(viewer, scale=(2, 3))
    layer = merged(dock, qtbot)
    assert layer.name == "classes panoptic"
    np.testing.assert_allclose(layer.scale, (2, 3))
    wanted = SEMANTIC.astype(np.int32)
    wanted[OBJECTS == 4], wanted[OBJECTS == 8] = 2001, 2002
    np.testing.assert_array_equal(layer.data, wanted)
    table = layer.features.set_index("index")
    assert list(table.index) == [1, 2001, 2002]
    assert list(table["class"]) == ["background", "cell", "cell"]
    assert list(table["area"]) == [80 * 90 - 800, 400, 400]
    assert (table.loc[2002, "y_start"], table.loc[2002, "x_stop"]) == (40, 60)
    assert layer.metadata["segsuite"]["readout"] == "panoptic"
    assert "3 segments" in dock.status.text


def test_the_metrics_dock_scores_two_panoptic_layers(
    viewer, session, dock, qtbot, keep
):
    semantic, objects = two_layers(viewer)
    truth = merged(dock, qtbot)
    truth.name = "truth"
    for layer in (semantic, objects):
        viewer.layers.remove(layer)
    # Shifted by 5 of 20 columns, objects overlap by 15 / 25; the classes lie as before.
    semantic, objects = two_layers(viewer, shift=5)
    dock.layers.semantic.choose(semantic)
    dock.layers.instances.choose(objects)
    prediction = merged(dock, qtbot)
    metrics = keep(MetricsDock(viewer, session))
    metrics.form.truth.choose(truth)
    metrics.form.prediction.choose(prediction)
    qtbot.waitUntil(
        lambda: (
            metrics.live.scores is not None
            and metrics.live.scores.report.mode == "panoptic"
        )
    )
    report = metrics.live.scores.report.panoptic
    by_name = {one.name: one for one in report.classes}
    assert by_name["cell"].pq == pytest.approx(0.6)
    assert (by_name["cell"].is_thing, by_name["background"].is_thing) == (True, False)
    assert report.overall.rq == pytest.approx(1.0)


def test_what_is_unticked_has_no_objects(viewer, dock, qtbot):
    two_layers(viewer)
    dock.source.setCurrentText("two layers")
    qtbot.waitUntil(lambda: len(dock.things.classes) == 2)
    dock.things.set_thing("cell", False)
    dock.things.set_thing("background", True)
    assert [info.thing for info in dock.things.classes] == [True, False]
    assert dock.object_class.findText("cell") == -1
    dock.start.click()
    qtbot.waitUntil(lambda: "stuff" in dock.status.text)
    assert dock.start.isEnabled()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s, o: setattr(o, "data", np.ones((80, 91), int)), "do not lie on"),
        (lambda s, o: setattr(o, "translate", (3, 0)), "do not lie on"),
        (
            lambda s, o: setattr(s, "data", np.arange(7200).reshape(80, 90)),
            "its ids must be classes",
        ),
    ],
)
def test_layers_that_do_not_fit_are_explained(viewer, dock, qtbot, change, sentence):
    layers = two_layers(viewer)
    change(*layers)
    dock.source.setCurrentText("two layers")
    qtbot.waitUntil(lambda: sentence in dock.status.text)
    assert not dock.start.isEnabled()


def test_two_models_run_as_one_job(viewer, dock, runner, qtbot, make_model, tmp_path):
    make_model("tissue")
    finder = make_model("nuclei", objects=ObjectReadout())
    dock.session.model_trained.emit(finder)
    viewer.add_image(np.zeros((20, 30)), name="im", scale=(2, 2))
    qtbot.waitUntil(dock.start.isEnabled)
    assert dock.models.model.folder.name == "tissue"
    assert dock.models.objects.folder == finder
    dock.start.click()
    qtbot.waitUntil(lambda: bool(runner.runs))
    (run,) = runner.runs
    job = run.job
    assert (job.model.name, job.objects) == ("tissue", finder)
    assert [info.thing for info in job.classes] == [False, True]
    np.save(job.out, np.full((20, 30), 2001, np.int32))
    found = (Segment(id=2001, class_id=2, area=600, score=0.5),)
    write_segments(table_path(job.out), found, job.classes)
    run.finish(
        PanopticResult(
            labels=ArrayRef(path=job.out, axes="YX"),
            table=table_path(job.out),
            classes=job.classes,
            segments=1,
            dropped=2,
            void=0,
            seconds=1.0,
        )
    )
    qtbot.waitUntil(lambda: "im panoptic" in viewer.layers)
    layer = viewer.layers["im panoptic"]
    np.testing.assert_allclose(layer.scale, (2, 2))
    assert list(layer.features["score"]) == [0.5]
    assert "2 objects left out" in dock.status.text
    assert not job.out.exists()


def test_without_models_it_says_what_to_do(viewer, dock, qtbot, make_model):
    viewer.add_image(np.zeros((20, 30)))
    qtbot.waitUntil(lambda: "Train one on classes first" in dock.status.text)
    dock.session.model_trained.emit(make_model("tissue"))
    qtbot.waitUntil(lambda: "Train one on objects first" in dock.status.text)
