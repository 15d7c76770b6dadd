"""Prompt sessions, as scripts and notebooks use them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import napari_segsuite as segsuite
from napari_segsuite import PromptSession
from napari_segsuite.data.formats import describe
from napari_segsuite.data.prompts.objects import paint
from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.record import read_record
from napari_segsuite.errors import (
    Cancelled,
    InputError,
    ModelFolderError,
    StorageError,
)
from napari_segsuite.runners.inline import InlineRunner
from napari_segsuite.runners.process import ProcessRunner


@pytest.fixture
def image() -> np.ndarray:
    """Return two bars: a bright one in a fainter frame, and a faint one."""
    image = np.zeros((12, 16), np.uint8)
    image[1:6, 1:8] = 40
    image[2:5, 2:7] = 100
    image[8:10, 3:12] = 40
    return image


@pytest.fixture
def seen() -> InputMap:
    return InputMap(channels=(0,), windows=((0, 100),))


@pytest.fixture
def session(image, seen, flood_model):
    with PromptSession(image, flood_model, shown=seen) as session:
        yield session


@pytest.fixture
def stack_session(image, seen, flood_model):
    """Three time points of five slices; the bars are absent from the last slice."""
    stack = np.stack([np.stack([image] * 4 + [image * 0])] * 3)
    stack[1, 0] = 0
    with PromptSession(
        stack, flood_model, axes="TZYX", spacing=(2.0, 0.5, 0.5), shown=seen
    ) as session:
        yield session


def test_a_click_a_choice_and_a_commit(session):
    offers = session.click(3, 3)
    assert [offer.mask.area for offer in offers] == [15, 35, 15]
    assert session.offers == offers
    assert session.mask.sum() == 15
    assert not session.labels.any()
    session.choose(1)
    assert session.mask.sum() == 35
    assert session.commit(class_id=2) == 1
    assert np.count_nonzero(session.labels == 1) == 35
    (one,) = session.objects
    assert (one.id, one.class_id, one.chosen) == (1, 2, {(): 1})
    assert session.offers == ()
    assert not session.mask.any()


def test_labels_cannot_be_written_to(session):
    with pytest.raises(ValueError, match="read-only"):
        session.labels[0, 0] = 1


def test_background_clicks_boxes_and_scribbles(session):
    session.click(3, 3)
    session.click(2, 2, positive=False)
    assert session.mask.sum() == 15 - 4
    session.commit()
    session.box(7, 2, 10, 13)
    assert session.mask.sum() == 0  # fainter than the first threshold
    session.undo()
    rough = np.zeros((12, 16))
    rough[3, 3] = 7
    assert session.scribble(rough)[0].mask.area == 15


def test_objects_keep_their_pixels_or_not(image, seen, flood_model):
    for rule, areas in [("keep", (15, 20)), ("overwrite", (0, 35))]:
        with PromptSession(image, flood_model, shown=seen, rule=rule) as session:
            session.click(3, 3)
            session.commit()
            session.click(1, 1)
            session.choose(1)
            session.commit()
            assert tuple(one.area for one in session.objects) == areas
            assert tuple(np.bincount(session.labels.ravel(), minlength=3)[1:]) == areas


def test_an_object_is_refined(session):
    session.click(3, 3)
    session.commit(class_id=4)
    session.refine(1)
    session.choose(1)
    session.click(2, 2, positive=False)
    assert session.commit() == 1
    (one,) = session.objects
    assert (one.area, one.class_id, len(one.prompts[()].clicks)) == (11, 4, 2)
    assert np.count_nonzero(session.labels) == 11


def test_undo_takes_back_a_commit_prompts_and_all(session):
    session.click(3, 3)
    session.choose(1)
    session.commit()
    assert session.undo()
    assert not session.labels.any()
    assert session.mask.sum() == 35
    assert session.undo()
    assert session.mask.sum() == 15
    assert session.undo()
    assert session.offers == ()
    assert not session.undo()
    assert [session.redo() for _ in range(4)] == [True, True, True, False]
    assert np.count_nonzero(session.labels) == 35


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda s: s.commit(), "nothing to commit"),
        (lambda s: s.click(12, 3), "lies outside the image, which has 12 × 16"),
        (lambda s: s.click(3, 3, positive=False), "Add a foreground click"),
        (lambda s: s.click(3, 3, z=0), "z is 0, but array has the axes YX"),
        (lambda s: s.box(20, 0, 30, 5), "lies outside"),
        (lambda s: s.scribble(np.zeros((12, 16))), "no pixel inside"),
        (lambda s: s.scribble(np.ones((2, 2))), r"has the shape \(2, 2\)"),
        (lambda s: s.choose(0), "0 are offered"),
        (lambda s: s.refine(3), "There is no object 3; there are none"),
        (lambda s: s.follow(), "cannot be followed along T"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(session, act, reason):
    with pytest.raises(InputError, match=reason):
        act(session)
    assert not session.undo()


def test_ids_that_are_taken_are_refused(session):
    session.click(3, 3)
    assert session.commit(id_=7) == 7
    session.click(1, 1)
    with pytest.raises(InputError, match="cannot have the id 7"):
        session.commit(id_=7)
    assert session.commit() == 8
    session.refine(8)
    with pytest.raises(InputError, match="cannot have the id 9"):
        session.commit(id_=9)


def test_models_are_looked_for_at_once(image):
    with pytest.raises(ModelFolderError, match="There is no model 'none'"):
        PromptSession(image, "none")


def test_planes_are_named(stack_session):
    with pytest.raises(InputError, match="z is None, but array has planes 0 to 4"):
        stack_session.click(3, 3, t=1)
    with pytest.raises(InputError, match="t is 3"):
        stack_session.click(3, 3, t=3, z=0)
    stack_session.click(3, 3, t=2, z=1)
    stack_session.commit()
    assert np.count_nonzero(stack_session.labels) == 15
    assert np.count_nonzero(stack_session.labels[2, 1]) == 15


def test_an_object_is_followed_where_it_is(stack_session):
    stack_session.click(3, 3, t=1, z=2)
    stack_session.commit()
    events = []
    assert stack_session.follow(on_event=events.append) == {1: (1, 3)}
    inside = stack_session.labels == 1
    assert inside.sum((2, 3)).tolist() == [[0] * 5, [0, 15, 15, 15, 0], [0] * 5]
    assert {event.type for event in events} == {"followed", "progress"}
    assert list(stack_session.objects[0].prompts) == [(1, 2)]
    stack_session.undo()
    assert np.count_nonzero(stack_session.labels) == 15


def test_an_object_ends_before_a_background_click(stack_session):
    stack_session.click(3, 3, t=0, z=0)
    assert stack_session.click(3, 3, t=0, z=2, positive=False) == ()
    stack_session.commit()
    assert stack_session.follow([1]) == {1: (0, 1)}


def test_following_again_makes_masks_anew(stack_session):
    stack_session.click(3, 3, t=0, z=0)
    stack_session.commit()
    assert stack_session.follow() == {1: (0, 3)}
    stack_session.refine(1)
    stack_session.click(3, 3, t=0, z=2, positive=False)
    stack_session.commit()
    assert stack_session.follow() == {1: (0, 1)}
    assert stack_session.follow(along="T", last=1) == {1: (0, 0)}


def test_following_needs_committed_objects(stack_session):
    with pytest.raises(InputError, match="nothing to follow"):
        stack_session.follow()
    stack_session.click(3, 3, t=0, z=0)
    with pytest.raises(InputError, match="in the making"):
        stack_session.follow()
    stack_session.commit()
    with pytest.raises(InputError, match="planes 3 to 2 are not among 0 to 4"):
        stack_session.follow(first=3, last=2)
    with pytest.raises(InputError, match=r"nothing to follow.* planes 1 to 4"):
        stack_session.follow(first=1)


def test_cancel_keeps_what_was_found(image, seen, flood_model):
    with (
        InlineRunner() as runner,
        PromptSession(
            np.stack([image] * 6), flood_model, axes="ZYX", shown=seen, runner=runner
        ) as session,
    ):
        session.click(3, 3, z=2)
        session.commit()

        def cancel(event):
            if event.type == "followed" and event.place == 4:
                runner.current.cancel()

        with pytest.raises(Cancelled):
            session.follow(on_event=cancel)
        # Outward from plane 2: 5 alone was not reached.
        assert (session.labels == 1).sum((1, 2)).tolist() == [15, 15, 15, 15, 15, 0]
        # The session goes on.
        assert session.follow() == {1: (0, 5)}


def test_a_promptable_model_does_not_predict(image, flood_model):
    with pytest.raises(ModelFolderError, match="flood is a promptable model"):
        segsuite.predict(flood_model, image)


def test_records_are_saved_and_replayed(stack_session, tmp_path, flood_model):
    stack_session.click(3, 3, t=1, z=2)
    stack_session.commit(class_id=3)
    stack_session.follow()
    out = tmp_path / "objects.tif"
    stack_session.save(out)
    ref = describe(out, labels=True)
    assert (ref.axes, ref.spacing) == ("TZYX", (2.0, 0.5, 0.5))
    assert ref.open().dtype == np.uint8
    np.testing.assert_array_equal(ref.open(), stack_session.labels)
    record = read_record(tmp_path / "objects.prompts.json")
    assert record == stack_session.record()
    assert (record.model, record.image) == ("flood", "array")
    with pytest.raises(StorageError, match="exists already"):
        stack_session.save(out)
    stack_session.save(out, overwrite=True)
    image = np.zeros((3, 5, 12, 16), np.uint8)
    with PromptSession.replay(image, tmp_path / "objects.prompts.json") as again:
        # Its model is not in the library, and not needed.
        np.testing.assert_array_equal(again.labels, stack_session.labels)
        assert again.record().objects == record.objects
        assert again.record().model_sha256 == record.model_sha256
    with PromptSession.replay(image, record, flood_model) as anew:
        assert [(one.id, one.class_id, one.area) for one in anew.objects] == [(1, 3, 0)]
        assert not anew.undo()


def test_a_record_of_another_image_is_refused(session, flood_model):
    with pytest.raises(InputError, match=r"shape \(12, 16\).*has \(12, 17\)"):
        PromptSession.replay(np.zeros((12, 17), np.uint8), session.record())


@pytest.fixture
def disk() -> np.ndarray:
    """Return a bright disk on noise, which any promptable model should find."""
    y, x = np.mgrid[:96, :112]
    bright = ((y - 40) ** 2 + (x - 60) ** 2 < 14**2) * 100.0
    return bright + np.random.default_rng(0).normal(20, 5, bright.shape)


def _iou(mask: np.ndarray) -> float:
    y, x = np.mgrid[:96, :112]
    truth = (y - 40) ** 2 + (x - 60) ** 2 < 14**2
    return np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth)


def test_a_first_click_works_offline(disk):
    with PromptSession(disk, device="cpu") as session:
        offers = session.click(40, 60)
        scores = [offer.score for offer in offers]
        assert 1 <= len(scores) <= 3
        assert scores == sorted(scores, reverse=True)
        assert _iou(session.mask) > 0.7
        session.commit()
        record = session.record()
    with PromptSession.replay(disk, record, "click-2d", device="cpu") as again:
        assert again.record() == record


def test_a_worker_answers_too(disk):
    with (
        ProcessRunner(threads=1) as runner,
        PromptSession(disk, device="cpu", runner=runner) as session,
    ):
        session.box(25, 45, 55, 75)
        session.commit()
        assert _iou(session.labels == 1) > 0.7


STEPS = st.one_of(
    st.tuples(st.just("click"), st.integers(0, 11), st.integers(0, 15), st.booleans()),
    st.tuples(st.just("choose"), st.integers(0, 2)),
    st.tuples(st.just("commit"), st.sampled_from([None, 1, 2])),
    st.tuples(st.just("refine"), st.integers(1, 4)),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
)


def _do(session: PromptSession, step: tuple) -> bool:
    """Carry a step out; False if it was refused."""
    verb, *values = step
    try:
        if verb == "click":
            y, x, positive = values
            session.click(y, x, positive=positive)
        else:
            getattr(session, verb)(*values)
    except InputError:
        return False
    return True


@pytest.mark.parametrize("rule", ["keep", "overwrite"])
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=30))
def test_any_sequence_equals_its_replay_from_scratch(
    rule, steps, flood_model, tmp_path_factory
):
    image = np.zeros((12, 16), np.uint8)
    image[1:6, 1:8], image[2:5, 2:7], image[8:10, 3:12] = 40, 100, 40
    image[4:9, 10:14] = 80
    seen = InputMap(channels=(0,), windows=((0, 100),))
    done: list[tuple] = []
    undone: list[tuple] = []
    with PromptSession(image, flood_model, shown=seen, rule=rule) as session:
        for step in steps:
            if step[0] == "undo":
                assert session.undo() is bool(done)
                undone += done[-1:]
                del done[-1:]
            elif step[0] == "redo":
                assert session.redo() is bool(undone)
                done += undone[-1:]
                del undone[-1:]
            elif _do(session, step):
                done.append(step)
                undone.clear()
        shown = np.zeros_like(session.labels)
        paint(session.objects, shown)
        np.testing.assert_array_equal(session.labels, shown)
        with PromptSession(image, flood_model, shown=seen, rule=rule) as fresh:
            assert all(_do(fresh, step) for step in done)
            np.testing.assert_array_equal(session.labels, fresh.labels)
            assert session.record() == fresh.record()
            assert session.offers == fresh.offers
        with PromptSession.replay(image, session.record()) as again:
            np.testing.assert_array_equal(session.labels, again.labels)
