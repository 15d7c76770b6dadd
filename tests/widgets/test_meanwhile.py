"""Whatever people do with layers while a job works, nothing of theirs is lost."""

import numpy as np
import pytest

from napari_segsuite.data.classes import table_of
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.events import Progress
from napari_segsuite.jobs.prediction import PredictResult
from napari_segsuite.widgets.activity import State
from napari_segsuite.widgets.predict_dock import PredictDock

PLACE = {"scale": (2, 3), "translate": (5, 6)}


@pytest.fixture
def dock(viewer, session, make_model, keep, qtbot):
    make_model("cells")
    made = keep(PredictDock(viewer, session))
    qtbot.waitUntil(lambda: made.model.entry is not None)
    return made


def delete(viewer, image, _labels):
    viewer.layers.remove(image)


def delete_all(viewer, _image, _labels):
    viewer.layers.clear()


def rename(_viewer, image, labels):
    image.name, labels.name = "other", "strokes"


def move(viewer, image, _labels):
    viewer.layers.move(viewer.layers.index(image), len(viewer.layers))
    image.translate = (100, 100)


def paint(_viewer, _image, labels):
    labels.data_setitem((np.array([3, 4]), np.array([5, 6])), 7)


def replace(_viewer, image, _labels):
    image.data = np.ones((4, 4))


PHASES = ("begun", "half", "last", "done")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("act", [delete, delete_all, rename, move, paint, replace])
def test_whatever_happens_meanwhile_the_result_is_a_new_layer(
    viewer, dock, runner, qtbot, act, phase
):
    image = viewer.add_image(np.zeros((20, 30)), name="im", **PLACE)
    strokes = np.zeros((20, 30), np.uint8)
    strokes[2, 2:9] = 1
    labels = viewer.add_labels(strokes.copy(), name="painting", **PLACE)
    qtbot.waitUntil(dock.predict.isEnabled)
    dock.predict.click()
    qtbot.waitUntil(
        lambda: bool(runner.runs) and dock.predicting.run is runner.runs[-1]
    )
    run = runner.runs[-1]
    for now in PHASES:
        if now in ("half", "last"):
            run.tell(Progress(fraction=PHASES.index(now) / 3, message="Predicting"))
        elif now == "done":
            finish(run)
        if now == phase:
            act(viewer, image, labels)
    qtbot.waitUntil(lambda: dock.predicting.state is State.FINISHED)
    found = viewer.layers[-1] if act is not move else viewer.layers["im cells"]
    assert found not in (image, labels)
    np.testing.assert_array_equal(found.data, np.full((20, 30), 2))
    if act is paint:
        strokes[[3, 4], [5, 6]] = 7
    np.testing.assert_array_equal(labels.data, strokes)
    if act is not move:
        np.testing.assert_allclose(found.scale, PLACE["scale"])
        np.testing.assert_allclose(found.translate, PLACE["translate"])
    assert dock.predict.isEnabled() == (image in viewer.layers)


def finish(run):
    """Write what the worker would write, and end the run."""
    np.save(run.job.out, np.full((20, 30), 2, np.uint8))
    run.finish(
        PredictResult(
            labels=ArrayRef(path=run.job.out, axes="YX"),
            classes=table_of((1, 2)),
            seconds=1.5,
        )
    )
