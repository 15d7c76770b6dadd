"""Segment everything: a new layer, filtered afterwards; and what the model sees."""

import numpy as np
import pytest

from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.jobs.prompting import MaskOffer, SegmentEverything
from napari_segsuite.widgets.prompt.everything import Filter, drawn
from napari_segsuite.widgets.prompt.prompt_dock import PromptDock


@pytest.fixture
def dock(viewer, session, click_model, keep, qtbot):
    made = keep(PromptDock(viewer, session))
    viewer.add_image(np.random.default_rng(0).random((24, 30)), name="cells")
    qtbot.waitUntil(lambda: made.prompting.scene is not None)
    return made


def found(dock, qtbot):
    dock.everything.find.click()
    qtbot.waitUntil(lambda: dock.everything.finding.layer is not None)
    return dock.everything.finding.layer


def offer(start, side, score):
    mask = np.ones((side, side), bool)
    return MaskOffer(mask=MaskRuns.of(mask, (start, start)), score=score)


def test_the_result_is_a_new_layer(dock, viewer, qtbot, disks):
    layer = found(dock, qtbot)
    assert layer.name == "cells click-2d everything"
    assert set(np.unique(layer.data)) == {0, 2}  # the first is too small, the last weak
    (job,) = [job for job in disks.jobs if isinstance(job, SegmentEverything)]
    assert job.region is None


def test_filters_move_without_another_run(dock, qtbot, disks):
    layer = found(dock, qtbot)
    dock.everything.score.setValue(0.5)
    dock.everything.smallest.setValue(1)
    qtbot.waitUntil(lambda: set(np.unique(layer.data)) == {0, 1, 2, 3})
    dock.everything.largest.setValue(20)
    qtbot.waitUntil(lambda: set(np.unique(layer.data)) == {0, 1})
    # Slices beside may meanwhile have been prepared.
    assert [type(job) for job in disks.jobs].count(SegmentEverything) == 1


def test_hand_edits_are_not_filtered_away(dock, qtbot):
    layer = found(dock, qtbot)
    layer.data_setitem((np.array([0]), np.array([0])), 9)
    dock.everything.score.setValue(1.0)
    qtbot.wait(150)
    assert layer.data[0, 0] == 9
    assert 2 in layer.data


def test_ids_stay_where_objects_are_left_out():
    offers = [offer(0, 3, 0.9), offer(5, 2, 0.6), offer(9, 4, 0.8)]
    labels = drawn(offers, Filter(score=0.7, smallest=1), (16, 16))
    assert set(np.unique(labels)) == {0, 1, 3}
    assert (labels == 3).sum() == 16


@pytest.mark.parametrize(
    ("which", "kept"),
    [
        (Filter(score=0.9, smallest=9), True),
        (Filter(score=0.91, smallest=1), False),
        (Filter(score=0.5, smallest=10), False),
        (Filter(score=0.5, smallest=1, largest=8), False),
        (Filter(score=0.5, smallest=1, largest=9), True),
    ],
)
def test_filters_have_their_limits_within(which, kept):
    assert which.keeps(offer(0, 3, 0.9)) is kept
