"""Networks between two others, worked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from napari_segsuite.engine.interpolation import Tensors, least_change

START = {"weight": torch.tensor([0.0, 8.0]), "seen": torch.tensor(3)}
END = {"weight": torch.tensor([4.0, 8.0]), "seen": torch.tensor(7)}


def fitting_from(first: float) -> Callable[[Tensors], float]:
    """Return a fit that is good only for a first weight of so much and more."""
    return lambda tensors: 0.95 if tensors["weight"][0] >= first else 0.9


@pytest.mark.parametrize(
    ("first", "part", "weight"), [(0, 0.5, 2.0), (2.5, 0.75, 3.0), (3.5, 1.0, 4.0)]
)
def test_the_first_on_the_way_that_fits_is_taken(
    first: float, part: float, weight: float
) -> None:
    chosen = least_change(START, END, fitting_from(first))

    assert chosen.part == part
    assert chosen.tensors["weight"].tolist() == [weight, 8.0]
    assert chosen.tensors["seen"] == 7


def test_a_little_worse_is_good_enough() -> None:
    chosen = least_change(START, END, lambda t: float(t["weight"][0]) / 100)

    assert chosen.part == 0.5


def test_where_nothing_can_be_said_of_the_fit_all_change_stays() -> None:
    assert least_change(START, END, lambda _: math.nan).part == 1.0
