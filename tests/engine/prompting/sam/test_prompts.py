from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.engine.prompting.sam.frame import Frame
from napari_segsuite.engine.prompting.sam.prompts import logits_of, translate

CPU = torch.device("cpu")
# 32 × 16 pixels fill 64 × 32 of the square of 64: two of the square for each pixel,
# one of the grid for two.
FRAME = Frame.of((32, 16), 64)
MASK = MaskRuns.of(np.ones((4, 2), np.bool_), (8, 6))


def test_clicks_are_scaled_and_have_x_first() -> None:
    clicks = (Click(y=3, x=5.5), Click(y=0, x=15, positive=False))
    said = translate(PlanePrompt(clicks=clicks), FRAME, CPU)

    assert said.points is not None
    assert said.points[0].tolist() == [[[11, 6], [30, 0]]]
    assert said.points[1].tolist() == [[1, 0]]
    assert said.boxes is None
    assert said.masks is None


def test_boxes_are_scaled_and_have_x_first() -> None:
    said = translate(PlanePrompt(box=(1, 2, 3, 4)), FRAME, CPU)

    assert said.boxes is not None
    assert said.boxes.tolist() == [[4, 2, 8, 6]]


def test_a_rough_mask_becomes_sure_logits_and_says_nothing_beside_the_plane() -> None:
    logits = logits_of(MASK, FRAME)
    sure = np.log(999)

    assert logits.shape == (16, 16)
    expected = torch.full((16, 8), -sure)
    expected[4:6, 3] = sure
    torch.testing.assert_close(logits[:, :8], expected)
    assert not logits[:, 8:].any()


def test_half_a_pixel_of_the_grid_is_unsure() -> None:
    mask = MaskRuns.of(np.ones((2, 1), np.bool_), (8, 6))

    assert logits_of(mask, FRAME)[4, 3] == pytest.approx(0)


def test_a_mask_alone_brings_its_box_even_if_it_is_not_cut_to_size() -> None:
    wide = MaskRuns(offset=(7, 5), shape=(6, 4), runs=(5, 2, 2, 2, 2, 2, 2, 2, 5))
    for mask in (MASK, wide):
        said = translate(PlanePrompt(mask=mask), FRAME, CPU)
        assert said.boxes is not None
        assert said.boxes.tolist() == [[12, 16, 16, 24]]
    with_click = PlanePrompt(mask=MASK, clicks=(Click(y=9, x=6),))
    assert translate(with_click, FRAME, CPU).boxes is None


@pytest.mark.parametrize(
    ("prompt", "ambiguous"),
    [
        (PlanePrompt(clicks=(Click(y=1, x=1),)), True),
        (PlanePrompt(clicks=(Click(y=1, x=1), Click(y=2, x=2))), False),
        (PlanePrompt(clicks=(Click(y=1, x=1),), mask=MASK), False),
        (PlanePrompt(clicks=(Click(y=1, x=1),), box=(0, 0, 2, 2)), False),
        (PlanePrompt(box=(0, 0, 2, 2)), False),
    ],
)
def test_one_foreground_click_alone_is_ambiguous(
    prompt: PlanePrompt, ambiguous: bool
) -> None:
    assert translate(prompt, FRAME, CPU).ambiguous is ambiguous
