"""Simulated people, by hand."""

from __future__ import annotations

import clicks
import numpy as np
import pytest
import torch


def mask(*rows: str) -> np.ndarray:
    return np.array([[letter == "#" for letter in row] for row in rows])


def test_the_centre_is_the_deepest_pixel() -> None:
    assert clicks.centre(mask("#####", "#####", "#####")) == (1, 1)
    assert clicks.centre(mask("....", "..#.", "....")) == (1, 2)


def test_a_random_pixel_lies_inside() -> None:
    shape = mask(".##.", "#...")
    rng = np.random.default_rng(0)

    places = {clicks.anywhere(shape, rng) for _ in range(50)}

    assert places == {(0, 1), (0, 2), (1, 0)}


def test_the_next_click_goes_where_most_is_wrong() -> None:
    truth = mask("###....", "###....", "###....")
    missing = mask("#......", "#......", "#......")
    too_much = mask("####...", "####...", "###.###")

    assert clicks.correction(truth, missing) == (0, 1, True)
    assert clicks.correction(truth, too_much) == (2, 4, False)
    assert clicks.correction(truth, truth) is None


@pytest.mark.parametrize("seed", range(8))
def test_what_is_said_first_is_about_the_object(seed: int) -> None:
    y, x = np.indices((128, 128))
    truth = np.hypot(y - 60, x - 70) < 20

    hints, meant = clicks.first_hints(truth, np.random.default_rng(seed))

    assert np.array_equal(meant, truth)
    assert all(truth[int(y), int(x)] and sign for y, x, sign in hints.clicks)
    assert hints.clicks or hints.box is not None or hints.mask is not None
    if hints.mask is not None:
        assert (hints.mask.numpy() > 0.5)[truth].any()


def test_of_two_pieces_the_clicked_one_is_meant() -> None:
    truth = np.zeros((128, 128), bool)
    truth[10:20, 10:20] = truth[80:90, 80:90] = True

    _, meant = clicks.first_hints(truth, np.random.default_rng(1))

    assert meant.sum() == 100


def test_the_next_hints_add_a_click_and_keep_the_others() -> None:
    truth = np.zeros((128, 128), bool)
    truth[40:80, 40:80] = True
    hints, _ = clicks.first_hints(truth, np.random.default_rng(3))
    nothing = torch.zeros(128, 128)

    said = [
        clicks.next_hints(hints, truth, nothing, np.random.default_rng(seed))
        for seed in range(20)
    ]

    assert all(one.clicks[: len(hints.clicks)] == hints.clicks for one in said)
    assert any(len(one.clicks) == len(hints.clicks) + 1 for one in said)
    assert any(one.mask is nothing for one in said)
    assert any(one.mask is None for one in said)
