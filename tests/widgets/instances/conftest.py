"""What the tests of the Instances dock share: a model, and what a worker writes."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.detection_files import write_detections
from napari_segsuite.data.detections import Detection, Detections, runs_of
from napari_segsuite.data.pasting import paste
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segments import table_path, write_segments
from napari_segsuite.jobs.instances import DetectResult
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan
from napari_segsuite.widgets.instances.instances_dock import InstancesDock

CLASSES = (ClassInfo(id=1, name="cell"), ClassInfo(id=2, name="debris"))

PLAN = MaskRCNNPlan(
    backbone="small",
    channels=1,
    normalisation="percentile",
    scale=2.0,
    object_size=12.0,
    anchor_sizes=(8.0, 16.0, 32.0, 64.0),
    patch_size=(128, 128),
    batch_size=2,
    detections_per_patch=100,
)


@pytest.fixture
def make_detector(own_model_library, shelve):
    """Return a function that puts a Mask R-CNN without a network on the shelf."""

    def make(name="cells", plan=PLAN, unfinished=None):
        facts = {"plan": plan, "classes": CLASSES}
        return shelve(own_model_library / name, MaskRCNNCard, unfinished, **facts)

    return make


@pytest.fixture
def dock(viewer, session, keep, own_model_library):
    return keep(InstancesDock(viewer, session))


def square(start, side, score, frame=0, class_id=1):
    """Return a square object that was detected."""
    y, x = start
    mask = np.ones((side, side), bool)
    box = (float(y), float(x), float(y + side), float(x + side))
    return Detection(frame, box, score, class_id, start, mask.shape, runs_of(mask))


def finish(run, found, shape, axes="YX", *, damaged=False):
    """Write what the worker would write, and end the run."""
    job = run.job
    detections = Detections.of(found, CLASSES, axes, shape)
    labels, segments = paste(detections, job.options.paste)
    np.save(job.out, labels)
    table = table_path(job.out)
    write_segments(table, segments, CLASSES)
    if damaged:
        job.detections.write_bytes(b"no detections")
    else:
        write_detections(job.detections, detections)
    run.finish(
        DetectResult(
            labels=ArrayRef(path=job.out, axes=axes),
            table=table,
            detections=job.detections,
            classes=CLASSES,
            objects=len(segments),
            seconds=1.5,
        )
    )


@pytest.fixture
def find(dock, runner, qtbot):
    """Return a function that presses Find and lets the worker find something."""

    def press(found, shape, axes="YX"):
        panel = dock.find_panel
        qtbot.waitUntil(panel.find.isEnabled)
        count = len(runner.runs)
        panel.find.click()
        qtbot.waitUntil(
            lambda: len(runner.runs) > count and panel.finding.run is runner.runs[-1]
        )
        run = runner.runs[-1]
        finish(run, found, shape, axes)
        qtbot.waitUntil(lambda: not panel.finding.busy)
        return run

    return press
