"""The draft: what is said about an object, undo and redo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.widgets.prompt.draft import Draft, Drafting, changed_planes

MASK = MaskRuns(offset=(0, 0), shape=(1, 1), runs=(0, 1))


def said(*ys):
    return PlanePrompt(clicks=tuple(Click(y=y, x=0.0) for y in ys))


def test_a_plane_about_which_nothing_is_said_is_absent():
    draft = Draft().saying((3,), said(1.0)).saying((3,), PlanePrompt())
    assert draft.prompts == {}
    assert draft.empty


def test_another_prompt_gives_up_mask_and_choice_of_its_plane_alone():
    draft = Draft().saying((0,), said(1.0)).saying((1,), said(1.0))
    draft = draft.choosing((0,), 2).choosing((1,), 1)
    draft = draft.following((0,), MASK).following((1,), MASK)
    draft = draft.saying((0,), said(1.0, 2.0))
    assert draft.chosen == {(1,): 1}
    assert draft.masks == {(1,): MASK}


def test_choosing_a_mask_gives_up_the_one_that_was_kept():
    draft = Draft().saying((), said(1.0)).following((), MASK).choosing((), 1)
    assert draft.masks == {}


def test_changed_planes_are_those_that_differ():
    before = Draft().saying((0,), said(1.0)).saying((1,), said(1.0))
    after = before.saying((1,), said(2.0)).saying((2,), said(1.0))
    after = after.saying((0,), PlanePrompt())
    assert changed_planes(before, after) == [(0,), (1,), (2,)]
    assert changed_planes(before, before) == []


def test_a_new_step_forgets_what_was_undone():
    drafting = Drafting()
    drafting.do(Draft().saying((), said(1.0)))
    drafting.undo()
    drafting.do(Draft().saying((), said(2.0)))
    assert not drafting.redo()


def test_a_commit_that_is_undone_brings_its_steps_along():
    drafting = Drafting()
    first = Draft().saying((), said(1.0))
    second = first.saying((), said(1.0, 2.0))
    drafting.begin(second, (Draft(), first))
    assert drafting.undo()
    assert drafting.draft == first
    assert drafting.undo()
    assert drafting.draft.empty
    assert not drafting.undo()


@given(st.lists(st.sampled_from("dduuura"), max_size=30))
def test_undo_and_redo_walk_along_one_line(moves):
    drafting, line, place = Drafting(), [Draft()], 0
    for number, move in enumerate(moves):
        if move == "d":
            draft = Draft().saying((), said(float(number)))
            drafting.do(draft)
            line[place + 1 :] = [draft]
            place += 1
        elif move == "u":
            assert drafting.undo() == (place > 0)
            place = max(0, place - 1)
        elif move == "r":
            assert drafting.redo() == (place < len(line) - 1)
            place = min(len(line) - 1, place + 1)
        else:
            line[place] = drafting.draft.choosing((), number % 3)
            drafting.amend(line[place])
        assert drafting.draft == line[place]


@pytest.mark.parametrize("again", [1, 2])
def test_the_same_draft_is_no_step(again):
    drafting = Drafting()
    for _ in range(again):
        drafting.do(Draft().saying((), said(1.0)))
    assert len(drafting.steps) == 1
