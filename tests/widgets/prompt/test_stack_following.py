"""Objects followed through a stack; the model of these tests keeps their disks."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.jobs.prompting import FollowObjects
from napari_segsuite.widgets.prompt.prompt_dock import PromptDock
from napari_segsuite.widgets.prompt.stack_following import Way, affected

SHAPE = (6, 30, 40)


def disk(y, x, radius=4):
    rows, columns = np.indices(SHAPE[1:], sparse=True)
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def said(y=1.0, *, positive=True):
    return PlanePrompt(clicks=(Click(y=y, x=1.0, positive=positive),))


@pytest.fixture
def dock(viewer, session, click_model, keep, qtbot):
    made = keep(PromptDock(viewer, session))
    image = np.random.default_rng(0).random(SHAPE, np.float32)
    viewer.add_image(image, name="stack", scale=(2, 0.5, 0.5))
    qtbot.waitUntil(lambda: made.prompting.scene is not None)
    return made


@pytest.fixture
def follow_jobs(disks):
    return lambda: [job for job in disks.jobs if isinstance(job, FollowObjects)]


def click(dock, qtbot, z, y, x, **how):
    dock.viewer.dims.set_point(0, 2.0 * z)
    dock.pointing.click(np.array([2.0 * z, y / 2, x / 2]), **how)
    qtbot.waitUntil(lambda: dock.prompting.masks.waits_for is None)


def followed(dock, qtbot):
    dock.follow.follow.click()
    qtbot.waitUntil(lambda: not dock.follow.following.busy)


def committed(dock, qtbot):
    dock.objects.commit.click()
    qtbot.waitUntil(lambda: dock.prompting.draft.empty)
    return dock.work.layer.data


def test_one_click_is_followed_both_ways_and_committed_in_one_step(dock, qtbot):
    click(dock, qtbot, 3, 10, 20)
    followed(dock, qtbot)
    labels = committed(dock, qtbot)
    assert all(np.array_equal(plane == 1, disk(10, 20)) for plane in labels)
    dock.work.layer.undo()
    assert not labels.any()
    qtbot.waitUntil(lambda: len(dock.prompting.draft.masks) == 5)


def test_undo_takes_the_whole_way_back(dock, qtbot):
    click(dock, qtbot, 3, 10, 20)
    followed(dock, qtbot)
    dock.objects.undo.click()
    assert dock.prompting.draft.masks == {}
    assert len(dock.prompting.draft.prompts) == 1


def test_the_range_is_kept_to(dock, qtbot, follow_jobs):
    dock.follow.range.setValue((2, 4))
    click(dock, qtbot, 3, 10, 20)
    followed(dock, qtbot)
    labels = committed(dock, qtbot)
    assert [bool(plane.any()) for plane in labels] == [0, 0, 1, 1, 1, 0]
    (job,) = follow_jobs()
    assert len(job.planes) == 3


def test_a_lone_background_point_ends_the_object(dock, qtbot):
    click(dock, qtbot, 1, 10, 20)
    click(dock, qtbot, 4, 10, 20, opposite=True)
    followed(dock, qtbot)
    labels = committed(dock, qtbot)
    assert [bool(plane.any()) for plane in labels] == [1, 1, 1, 1, 0, 0]


def test_a_correction_runs_again_only_what_it_touches(dock, qtbot, follow_jobs):
    click(dock, qtbot, 1, 10, 20)
    followed(dock, qtbot)
    click(dock, qtbot, 4, 15, 20)
    followed(dock, qtbot)
    first, second = follow_jobs()
    assert (len(first.planes), len(second.planes)) == (6, 5)  # from slice 1 on
    assert set(second.objects[0].prompts) == {0, 3}
    assert len(dock.prompting.draft.masks) == 4


def test_all_objects_of_a_slice_are_followed_in_one_run_and_one_step(
    dock, qtbot, follow_jobs
):
    for x in (8, 30):
        click(dock, qtbot, 2, 12, x)
        committed(dock, qtbot)
    before = dock.work.layer.data.copy()
    followed(dock, qtbot)
    labels = dock.work.layer.data
    for plane in labels:
        assert np.array_equal(plane == 1, disk(12, 8))
        assert np.array_equal(plane == 2, disk(12, 30))
    assert len(follow_jobs()[0].objects) == 2
    dock.pointing.click(np.array([2.0, 10.0, 10.0]))  # another object in hand
    dock.work.layer.undo()
    qtbot.wait(20)
    assert len(dock.prompting.draft.prompts) == 1
    assert np.array_equal(labels, before)
    assert all(len(one.masks) == 1 for one in dock.work.objects)


def test_cancel_keeps_the_slices_that_are_done(dock, qtbot, disks):
    click(dock, qtbot, 0, 10, 20)
    disks.free.clear()
    dock.follow.follow.click()
    qtbot.waitUntil(lambda: dock.follow.following.run is not None)
    from napari_segsuite.data.prompts.runs import MaskRuns
    from napari_segsuite.jobs.events import FollowedPlane

    mask = MaskRuns.of(disk(10, 20))
    for place in (1, 2):
        event = FollowedPlane(object=1, place=place, mask=mask, score=0.9)
        dock.follow.following.on_event(event, None)
    dock.follow.cancel.click()
    disks.free.set()
    qtbot.waitUntil(lambda: not dock.follow.following.busy)
    labels = committed(dock, qtbot)
    assert [bool(plane.any()) for plane in labels] == [1, 1, 1, 0, 0, 0]


def test_without_a_stack_there_is_nothing_to_follow(dock, viewer, qtbot):
    assert not dock.follow.isHidden()
    flat = viewer.add_image(np.zeros((20, 20)), name="flat")
    dock.image.choose(flat)
    qtbot.waitUntil(dock.follow.isHidden)


def test_a_way_names_its_planes():
    way = Way((2, 7), axis=1, first=3, last=9)
    assert way.plane(5) == (2, 5)
    assert way.place((2, 4)) == 4
    assert way.place((1, 4)) is None
    assert way.place((2, 1)) is None


@pytest.mark.parametrize(
    ("before", "now", "span"),
    [
        ({}, {3: said()}, (0, 9)),
        ({3: said()}, {3: said()}, (0, 9)),
        ({3: said()}, {3: said(2.0)}, (0, 9)),
        ({3: said()}, {3: said(), 6: said()}, (3, 9)),
        ({1: said(), 8: said()}, {1: said(), 4: said(), 8: said()}, (1, 8)),
        ({1: said(), 4: said(), 8: said()}, {1: said(), 8: said()}, (1, 8)),
        ({1: said(), 8: said()}, {1: said(), 8: said(2.0)}, (1, 9)),
        ({3: said()}, {5: said(positive=False)}, (0, 9)),
    ],
)
def test_what_a_correction_touches(before, now, span):
    assert affected(before, now, 0, 9) == span


@pytest.mark.parametrize(
    ("axis", "planes"),
    [(0, [(t, 4) for t in range(3)]), (1, [(1, z) for z in range(6)])],
)
def test_stacks_in_time_are_followed_along_either_axis(
    viewer, session, click_model, keep, qtbot, axis, planes
):
    dock = keep(PromptDock(viewer, session))
    array = np.random.default_rng(0).random((3, 6, 30, 40))
    viewer.add_image(array, name="film")
    qtbot.waitUntil(lambda: dock.prompting.scene is not None)
    viewer.dims.set_point((0, 1), (1, 4))
    assert [dock.follow.axis.itemText(i) for i in range(2)] == ["T", "Z"]
    dock.follow.axis.setCurrentIndex(axis)
    dock.pointing.click(np.array([1.0, 4.0, 10.0, 20.0]))
    qtbot.waitUntil(lambda: dock.prompting.masks.waits_for is None)
    followed(dock, qtbot)
    labels = committed(dock, qtbot)
    found = [index for index in np.ndindex(3, 6) if labels[index].any()]
    assert found == planes


def test_layers_can_be_the_channels_of_one_image(
    viewer, session, click_model, keep, qtbot, disks
):
    dock = keep(PromptDock(viewer, session))
    for name in ("red", "green"):
        viewer.add_image(np.random.default_rng(0).random(SHAPE), name=name)
    qtbot.waitUntil(lambda: dock.prompting.scene is not None)
    dock.channels.item(0).setCheckState(Qt.CheckState.Checked)
    qtbot.waitUntil(lambda: dock.prompting.picture.channels == 2)
    dock.pointing.click(np.array([3.0, 10.0, 20.0]))
    qtbot.waitUntil(lambda: dock.prompting.masks.waits_for is None)
    plane = disks.jobs[-1].plane
    assert plane.image.axes == "CYX"
    assert plane.shown.channels == (0, 1)
