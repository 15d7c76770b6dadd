"""Prompts are checked against the plane before a model sees them."""

import numpy as np
import pytest

from napari_segsuite.data.prompts.bounds import within
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError

SHAPE = (10, 20)


@pytest.mark.parametrize(("y", "x"), [(-0.5, 0), (9.4, 19.4), (0, 0), (5.5, 7.25)])
def test_clicks_inside_stay_as_they_are(y, x):
    prompt = PlanePrompt(clicks=(Click(y=y, x=x),))
    assert within(prompt, SHAPE) is prompt


@pytest.mark.parametrize(("y", "x"), [(-0.6, 0), (9.5, 0), (0, 19.5), (0, -3)])
def test_clicks_outside_are_refused(y, x):
    prompt = PlanePrompt(clicks=(Click(y=5, x=5), Click(y=y, x=x, positive=False)))
    with pytest.raises(InputError, match=r"lies outside the image, which has 10 × 20"):
        within(prompt, SHAPE)


@pytest.mark.parametrize(
    "prompt", [PlanePrompt(), PlanePrompt(clicks=(Click(y=1, x=1, positive=False),))]
)
def test_background_alone_says_nothing(prompt):
    with pytest.raises(InputError, match="Add a foreground click"):
        within(prompt, SHAPE)


def test_boxes_are_cut_at_the_edges():
    assert within(PlanePrompt(box=(-9, 3, 4, 99)), SHAPE).box == (-0.5, 3, 4, 19.5)
    with pytest.raises(InputError, match=r"box from y 10, .* lies outside"):
        within(PlanePrompt(box=(10, 0, 20, 5)), SHAPE)


def test_rough_masks_are_cut_at_the_edges():
    mask = MaskRuns.of(np.ones((4, 4), bool), (-2, 18))
    cut = within(PlanePrompt(mask=mask), SHAPE).mask
    assert (cut.offset, cut.shape, cut.area) == ((0, 18), (2, 2), 4)


@pytest.mark.parametrize("offset", [(-4, 0), (10, 0), (0, 20)])
def test_rough_masks_outside_are_refused(offset):
    mask = MaskRuns.of(np.ones((4, 4), bool), offset)
    with pytest.raises(InputError, match="no pixel inside"):
        within(PlanePrompt(mask=mask), SHAPE)


def test_an_empty_rough_mask_is_refused():
    with pytest.raises(InputError, match="no pixel inside"):
        within(PlanePrompt(mask=MaskRuns.of(np.zeros((4, 4), bool))), SHAPE)
