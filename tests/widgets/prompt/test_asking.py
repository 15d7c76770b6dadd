"""Questions to the worker: the newest first, planes ahead of time give way."""

import numpy as np
import pytest

from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.jobs.messages import Cancel
from napari_segsuite.jobs.prompting import EmbedPlane, SegmentPrompt
from napari_segsuite.widgets.prompt.asking import Asking, Scene
from napari_segsuite.widgets.prompt.picture import Picture


def said(*ys):
    return PlanePrompt(clicks=tuple(Click(y=y, x=5.0) for y in ys))


@pytest.fixture
def image(viewer):
    return viewer.add_image(np.random.default_rng(0).random((6, 20, 30)), name="i")


@pytest.fixture
def scene(image, tmp_path):
    return Scene(Picture((image,), "ZYX"), InputMap(), tmp_path)


@pytest.fixture
def asking(session, scene):
    made = Asking(session)
    made.told = []
    made.answered.connect(lambda *what: made.told.append(what[:2]))
    made.failed.connect(lambda *what: made.told.append(what))
    made.look_at(scene)
    return made


def kinds(disks):
    return [type(job).__name__ for job in disks.jobs]


def test_planes_are_made_ready_in_order(asking, disks, qtbot):
    asking.prepare([(2,), (3,), (1,)])
    qtbot.waitUntil(lambda: len(asking.ready) == 3)
    assert list(asking.ready) == [(2,), (3,), (1,)]
    assert kinds(disks) == ["EmbedPlane"] * 3


def test_of_several_questions_about_a_plane_the_last_is_answered(asking, disks, qtbot):
    disks.free.clear()
    for count in range(1, 6):
        asking.ask((0,), said(*range(count)))
    disks.free.set()
    qtbot.waitUntil(lambda: not asking.answering)
    assert asking.told == [((0,), said(*range(5)))]
    assert len(disks.jobs) <= 2


def test_a_neighbour_gives_way_to_a_click(asking, disks, qtbot):
    disks.free.clear()
    asking.prepare([(3,), (4,)])
    qtbot.waitUntil(lambda: len(disks.jobs) == 1)
    asking.ask((2,), said(3.0))
    qtbot.waitUntil(lambda: len(disks.jobs) == 2)
    assert isinstance(disks.jobs[1], SegmentPrompt)
    (job, request), *_ = disks.asked
    assert job is disks.jobs[0]
    assert isinstance(request, Cancel)
    disks.free.set()
    qtbot.waitUntil(lambda: {(2,), (3,), (4,)} <= set(asking.ready))


def test_the_plane_of_the_click_is_not_given_up(asking, disks, qtbot):
    disks.free.clear()
    asking.prepare([(2,)])
    qtbot.waitUntil(lambda: len(disks.jobs) == 1)
    asking.ask((2,), said(3.0))
    disks.free.set()
    qtbot.waitUntil(lambda: bool(asking.told))
    assert disks.asked == []
    assert kinds(disks) == ["EmbedPlane", "SegmentPrompt"]


def test_the_same_question_is_answered_from_memory(asking, disks, qtbot):
    asking.ask((2,), said(3.0))
    qtbot.waitUntil(lambda: len(asking.told) == 1)
    asking.ask((2,), said(3.0))
    assert len(asking.told) == 2
    assert len(disks.jobs) == 1


def test_a_changed_pixel_makes_a_new_file_and_a_new_answer(asking, disks, image, qtbot):
    asking.ask((2,), said(3.0))
    qtbot.waitUntil(lambda: len(asking.told) == 1)
    asking.forget()
    asking.ask((2,), said(3.0))
    qtbot.waitUntil(lambda: len(asking.told) == 2)
    assert len(disks.jobs) == 1  # nothing had changed
    image.data[2, 0, 0] += 1
    asking.forget()
    asking.ask((2,), said(3.0))
    qtbot.waitUntil(lambda: len(asking.told) == 3)
    first, second = (job.plane.image.path for job in disks.jobs)
    assert first != second
    assert np.load(second, allow_pickle=False)[0, 0] == image.data[2, 0, 0]


def test_what_cannot_be_answered_is_told_once(asking, disks, qtbot):
    asking.ask((2,), PlanePrompt(clicks=(Click(y=1.0, x=1.0, positive=False),)))
    qtbot.waitUntil(lambda: asking.told == [((2,), "Background clicks alone.")])
    asking.ask((2,), said(3.0))
    qtbot.waitUntil(lambda: len(asking.told) == 2)


def test_nothing_of_another_scene_is_answered(asking, scene, disks, qtbot):
    disks.free.clear()
    asking.ask((2,), said(3.0))
    qtbot.waitUntil(lambda: len(disks.jobs) == 1)
    asking.look_at(scene)
    disks.free.set()
    qtbot.wait(100)
    assert asking.told == []
    assert not asking.answering


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64, bool])
def test_planes_reach_the_worker_as_they_are(viewer, session, disks, dtype, qtbot):
    array = (np.random.default_rng(1).random((6, 20, 30)) * 200).astype(dtype)
    picture = Picture((viewer.add_image(array),), "ZYX")
    asking = Asking(session)
    asking.look_at(Scene(picture, InputMap(), session.scratch.folder))
    asking.prepare([(4,)])
    qtbot.waitUntil(lambda: (4,) in asking.ready)
    (job,) = disks.jobs
    assert isinstance(job, EmbedPlane)
    stored = np.load(job.plane.image.path, allow_pickle=False)
    assert stored.dtype == dtype
    assert np.array_equal(stored, array[4])
