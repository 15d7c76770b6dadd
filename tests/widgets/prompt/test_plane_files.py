"""Planes as files: used again, deleted when there are too many, never while needed."""

import threading

import numpy as np
import pytest

from napari_segsuite.widgets.prompt.picture import Picture
from napari_segsuite.widgets.prompt.plane_files import PlaneFiles

PLANE = 40 * 50  # bytes of one


@pytest.fixture
def picture(viewer):
    pixels = np.random.default_rng(0).integers(0, 255, (30, 40, 50), np.uint8)
    return Picture((viewer.add_image(pixels, name="i"),), "ZYX")


def never():
    pass


def asked(files, picture, index, qtbot):
    found = []
    files.ask(picture, index, found.append, found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def test_a_plane_is_written_once_and_as_it_is(session, picture, qtbot):
    files = PlaneFiles(session)
    ref = asked(files, picture, (3,), qtbot)
    files.forget()
    assert files.known(picture, (3,)) is None
    assert asked(files, picture, (3,), qtbot) == ref
    assert files.save_all(picture, [(3,)], never, "job") == [ref]
    assert np.array_equal(np.load(ref.path), picture.image.data[3])


def test_what_was_used_longest_ago_goes_first(session, picture, qtbot):
    files = PlaneFiles(session, most_bytes=2 * PLANE)
    refs = [asked(files, picture, (z,), qtbot) for z in (0, 1, 2)]
    assert [ref.path.exists() for ref in refs] == [False, True, True]
    assert files.known(picture, (0,)) is None
    again = asked(files, picture, (0,), qtbot)
    assert np.array_equal(np.load(again.path), picture.image.data[0])


def test_what_a_job_needs_stays_until_it_is_released(session, picture, qtbot):
    files = PlaneFiles(session, most_bytes=2 * PLANE)
    refs = files.save_all(picture, [(z,) for z in range(5)], never, "job")
    asked(files, picture, (9,), qtbot)
    assert all(ref.path.exists() for ref in refs)
    files.release("job")
    assert sum(ref.path.exists() for ref in refs) <= 2


def test_many_threads_may_ask_at_once(session, picture, qtbot):
    files = PlaneFiles(session, most_bytes=4 * PLANE)
    errors = []

    def work(first):
        try:
            for turn in range(40):
                planes = [((first + turn + k) % 30,) for k in range(8)]
                for (z,), ref in zip(
                    planes, files.save_all(picture, planes, never, first), strict=True
                ):
                    assert np.array_equal(np.load(ref.path), picture.image.data[z])
                files.release(first)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(7 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for z in range(30):
        asked(files, picture, (z,), qtbot)
    for thread in threads:
        thread.join()
    assert errors == []
