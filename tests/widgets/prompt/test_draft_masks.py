"""The masks that a draft and the answers to it mean together."""

import pytest

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.prompting import MaskOffer
from napari_segsuite.widgets.prompt.answers import Answers
from napari_segsuite.widgets.prompt.draft import Drafting
from napari_segsuite.widgets.prompt.draft_masks import DraftMasks


def mask(pixels):
    return MaskRuns(offset=(0, 0), shape=(1, max(1, pixels)), runs=(0, pixels))


OFFERS = tuple(MaskOffer(mask=mask(n), score=1 - n / 10) for n in (1, 2, 3))
CLICK = PlanePrompt(clicks=(Click(y=0.0, x=0.0),))
BACKGROUND = PlanePrompt(clicks=(Click(y=0.0, x=0.0, positive=False),))
EMPTY = MaskRuns(offset=(0, 0), shape=(1, 1), runs=(1, 0))


@pytest.fixture
def drafting():
    return Drafting()


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def masks(drafting, answers):
    return DraftMasks(drafting, answers)


def test_without_a_word_there_is_no_mask(masks):
    assert masks.at(()) is None
    assert masks.offers_at(()) == ()
    assert not masks.expected
    with pytest.raises(InputError, match="click an object first"):
        masks.all()


def test_a_mask_is_expected_until_it_is_answered(masks, drafting, answers):
    drafting.do(drafting.draft.saying((), CLICK))
    assert masks.waits_for == ()
    assert masks.expected
    assert masks.at(()) is None
    answers.take((), CLICK, OFFERS)
    assert masks.waits_for is None
    assert masks.expected
    assert masks.at(()) == mask(1)
    assert masks.all() == {(): mask(1)}


def test_a_background_click_alone_asks_for_nothing(masks, drafting):
    drafting.do(drafting.draft.saying((), BACKGROUND))
    assert masks.waits_for is None
    assert not masks.expected


def test_another_mask_can_be_meant(masks, drafting, answers):
    drafting.do(drafting.draft.saying((), CLICK))
    answers.take((), CLICK, OFFERS)
    masks.choose((), 1)
    assert masks.at(()) == mask(2)
    assert masks.others_at(()) == [mask(1), mask(3)]
    masks.choose((), 3)
    assert masks.chosen_at(()) == 1
    for wanted in (2, 0, 1):
        masks.cycle(())
        assert masks.chosen_at(()) == wanted


def test_of_fewer_masks_the_last_is_meant(masks, drafting, answers):
    drafting.do(drafting.draft.saying((), CLICK))
    answers.take((), CLICK, OFFERS)
    masks.choose((), 2)
    answers.take((), CLICK, OFFERS[:2])
    assert masks.chosen_at(()) == 1
    answers.take((), CLICK, OFFERS[:1])
    masks.cycle(())
    assert masks.at(()) == mask(1)


def test_a_followed_plane_counts_before_what_is_offered(masks, drafting, answers):
    drafting.do(drafting.draft.saying((2,), CLICK).following((2,), mask(5)))
    drafting.do(drafting.draft.following((1,), mask(4)))
    answers.take((2,), CLICK, OFFERS)
    assert masks.waits_for is None
    assert masks.at((2,)) == mask(5)
    assert list(masks.all().items()) == [((1,), mask(4)), ((2,), mask(5))]


def test_a_question_without_an_answer_says_why(masks, drafting, answers):
    drafting.do(drafting.draft.saying((0,), CLICK).following((1,), mask(4)))
    answers.fail((0,), "The disk is full.")
    assert masks.waits_for is None
    with pytest.raises(InputError, match="The disk is full"):
        masks.all()
    drafting.do(drafting.draft.following((0,), mask(5)))
    assert masks.all() == {(0,): mask(5), (1,): mask(4)}


def test_an_empty_mask_is_none_to_commit(masks, drafting, answers):
    drafting.do(drafting.draft.saying((), CLICK))
    answers.take((), CLICK, (MaskOffer(mask=EMPTY, score=0.1),))
    assert masks.at(()) == EMPTY
    with pytest.raises(InputError, match="no mask to commit"):
        masks.all()
