"""Answers as masks on the plane."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_segsuite.data.prompts.prompt import Click
from napari_segsuite.engine.prompting.click.candidates import Answer, candidates
from napari_segsuite.engine.prompting.click.crop import Window
from napari_segsuite.engine.prompting.click.network import EDGE
from napari_segsuite.engine.prompting.click.zoom import Extent

WINDOW = Window(10, 20, EDGE)


def _answer(*boxes: tuple[int, int, int, int], scores: list[float]) -> Answer:
    logits = torch.full((3, EDGE, EDGE), -5.0)
    for mask, (y0, x0, y1, x1) in zip(logits, boxes, strict=True):
        mask[y0:y1, x0:x1] = 5
    return Answer(WINDOW, logits, torch.tensor(scores))


def test_masks_lie_where_the_window_lies_and_the_best_comes_first() -> None:
    answer = _answer(
        (0, 0, 10, 10), (40, 50, 60, 80), (0, 0, 30, 30), scores=[0.2, 0.9, 0.5]
    )

    offered = candidates(answer, (300, 300), ())

    assert [one.offset for one in offered] == [(50, 70), (10, 20), (10, 20)]
    assert [one.mask.shape for one in offered] == [(20, 30), (30, 30), (10, 10)]
    assert [one.score for one in offered] == pytest.approx([0.9, 0.5, 0.2])
    assert all(one.mask.all() and one.stability == 1 for one in offered)


def test_masks_that_agree_are_offered_once() -> None:
    answer = _answer(
        (0, 0, 50, 50), (0, 0, 50, 49), (0, 0, 20, 20), scores=[0.8, 0.7, 0.6]
    )

    assert [one.score for one in candidates(answer, (300, 300), ())] == (
        pytest.approx([0.8, 0.6])
    )


def test_the_plane_cuts_masks_off() -> None:
    answer = _answer(*[(0, 0, 128, 128)] * 3, scores=[0.8, 0.7, 0.6])

    (only,) = candidates(answer, (30, 40), ())

    assert only.offset == (10, 20)
    assert only.mask.shape == (20, 20)


def test_pieces_that_nobody_clicked_are_left_out() -> None:
    answer = _answer(*[(0, 0, 10, 10)] * 3, scores=[0.8, 0.7, 0.6])
    answer.logits[:, 40:50, 40:50] = 5

    (clicked,) = candidates(answer, (300, 300), (Click(y=52, x=63),))
    (missed,) = candidates(answer, (300, 300), (Click(y=100, x=100),))

    assert clicked.offset == (50, 60)
    assert clicked.mask.sum() == 100
    assert missed.mask.sum() == 200


def test_an_empty_answer_is_one_empty_mask() -> None:
    answer = Answer(WINDOW, torch.full((3, EDGE, EDGE), -5.0), torch.rand(3))

    (only,) = candidates(answer, (300, 300), ())

    assert only.mask.size == 0
    assert answer.extent() is None


def test_the_extent_is_that_of_pixels_of_the_plane() -> None:
    answer = _answer(*[(40, 50, 60, 80)] * 3, scores=[0.8, 0.7, 0.6])
    coarse = Answer(Window(0, 0, 2 * EDGE), answer.logits, answer.scores)

    assert answer.extent() == Extent(50, 70, 69, 99)
    assert coarse.extent() == Extent(80, 100, 119, 159)


def test_a_hesitant_mask_is_less_stable() -> None:
    answer = _answer(*[(0, 0, 10, 10)] * 3, scores=[0.8, 0.7, 0.6])
    answer.logits[:, 0:10, 5:10] = 0.5

    (only,) = candidates(answer, (300, 300), ())

    assert only.stability == pytest.approx(0.5)
    assert np.count_nonzero(only.mask) == 100
