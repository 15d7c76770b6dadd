"""The labels of a session are those of its objects, whatever was done."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.data.prompts.canvas import Canvas
from napari_segsuite.data.prompts.draft import Draft
from napari_segsuite.data.prompts.history import History
from napari_segsuite.data.prompts.objects import PromptedObject, paint
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError

SHAPE = (2, 6, 7)


def painted(objects):
    labels = np.zeros(SHAPE, np.int32)
    paint(objects, labels)
    return labels


STEPS = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(0, 1),
        st.integers(-1, 6),
        st.integers(-1, 6),
        st.integers(0, 4),
        st.sampled_from(["keep", "overwrite"]),
        st.integers(0, 3),
    ),
    max_size=12,
)


@given(STEPS)
def test_labels_are_those_of_the_objects(steps):
    canvas, history = Canvas(SHAPE), History(())
    for id_, z, y, x, size, rule, undos in steps:
        objects = history.now
        one = next((o for o in objects if o.id == id_), PromptedObject(id=id_))
        mask = MaskRuns.of(np.ones((size, size), bool), (y, x))
        history.push(canvas.put(objects, one, {(z,): mask}, rule))
        np.testing.assert_array_equal(canvas.labels, painted(history.now))
        for _ in range(undos):
            before = history.now
            history.undo()
            canvas.change(before, history.now)
        np.testing.assert_array_equal(canvas.labels, painted(history.now))
    np.testing.assert_array_equal(Canvas(SHAPE, history.now).labels, canvas.labels)


def test_old_states_are_forgotten():
    history = History(0, limit=3)
    for state in range(1, 6):
        history.push(state)
    assert [history.undo() for _ in range(3)] == [True, True, False]
    assert history.now == 3
    assert [history.redo() for _ in range(3)] == [True, True, False]
    history.undo()
    history.push(9)
    assert not history.redo()
    assert history.now == 9


def said(*clicks):
    return PlanePrompt(clicks=tuple(Click(y=y, x=x, positive=p) for y, x, p in clicks))


def test_a_draft_forgets_the_choice_when_more_is_said():
    draft = Draft(PromptedObject(id=1)).say((0,), said((1, 1, True)), (6, 7))
    draft = draft.choose(2)
    assert draft.chosen((0,)) == 2
    more = draft.say((0,), said((1, 1, True), (2, 2, False)), (6, 7))
    assert more.chosen((0,)) == 0
    assert (more.plane, more.changed) == ((0,), {(0,)})


def test_background_alone_ends_an_object_that_is_elsewhere():
    draft = Draft(PromptedObject(id=1))
    with pytest.raises(InputError, match="Add a foreground click"):
        draft.say((1,), said((1, 1, False)), (6, 7))
    draft = draft.say((0,), said((1, 1, True)), (6, 7))
    ended = draft.say((1,), said((1, 1, False)), (6, 7))
    assert list(ended.object.prompts) == [(0,), (1,)]
    with pytest.raises(InputError, match="lies outside"):
        draft.say((1,), said((1, 7, False)), (6, 7))
    with pytest.raises(InputError, match="Add a foreground click"):
        ended.say((0,), said((1, 1, False)), (6, 7))
