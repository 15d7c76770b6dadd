from __future__ import annotations

import math

import pytest
import torch

from napari_segsuite.engine.coverage import prior_logits
from napari_segsuite.engine.regions import Region


def region(target: list[list[int]]) -> Region:
    paint = torch.tensor(target)
    return Region(torch.zeros(1, *paint.shape), paint)


def said(*first: float) -> torch.Tensor:
    """Return probabilities of class 0 in one row, and of class 1 as what is left."""
    row = torch.tensor([first])
    return torch.stack([row, 1 - row])


def test_half_of_the_logarithm_of_how_much_is_covered() -> None:
    # One pixel of four is of class 1: its odds are 1 : 3, its logit log(1/3).
    logits = prior_logits([region([[0, -1, -1, 1]])], [said(0.1, 0.9, 0.6, 0.9)], 2)
    assert float(logits[1] - logits[0]) == pytest.approx(0.5 * math.log(1 / 3))
    assert float(logits.sum()) == pytest.approx(0, abs=1e-6)


def test_paint_counts_more_than_the_guess() -> None:
    logits = prior_logits([region([[0, 1]])], [said(0.1, 0.1)], 2)
    assert logits.tolist() == [0, 0]


def test_regions_are_counted_together() -> None:
    parts = [region([[0, -1]]), region([[1, -1]])]
    logits = prior_logits(parts, [said(1, 1), said(1, 1)], 2)
    assert float(logits[1] - logits[0]) == pytest.approx(0.5 * math.log(1 / 3))


def test_a_class_without_paint_is_left_as_it_is() -> None:
    guess = torch.tensor([[[0.9, 0.1]], [[0.0, 0.8]], [[0.1, 0.1]]])
    logits = prior_logits([region([[0, 1]])], [guess], 3)
    assert logits.tolist() == [0, 0, 0]


def test_a_class_that_covers_nearly_nothing_is_not_given_up() -> None:
    target = torch.zeros(1, 10_000, dtype=torch.int64)
    target[0, 0] = 1
    logits = prior_logits(
        [Region(torch.zeros(1, 1, 10_000), target)], [torch.zeros(2, 1, 10_000)], 2
    )
    assert float(logits[0] - logits[1]) == pytest.approx(
        0.5 * math.log(0.9999 / 1e-3), rel=1e-4
    )
