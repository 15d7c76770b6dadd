import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import score_surfaces, score_table
from napari_segsuite.widgets.measure.bench import (
    Contender,
    Standing,
    places,
    ranked,
    try_out,
)

TRUE = np.array([[0, 1, 1, 0]])


def standing(name, value):
    scores = {} if value is None else {"mean_dice": value, "hausdorff_95": value}
    return Standing(Contender(name, name), scores)


def names(standings):
    return [one.contender.name for one in standings]


def test_a_contender_is_scored(contender):
    parts = []
    result = try_out(contender("a", [[0, 1, 0, 0]]), parts.append)
    assert result.value("mean_dice") == pytest.approx(2 / 3)
    assert result.problem == ""
    assert parts[-1] == 1.0


def test_a_problem_is_passed_on():
    problem = Contender("a", "a", problem="It lies elsewhere.")
    assert try_out(problem, lambda _: None).problem == "It lies elsewhere."


def test_labels_that_cannot_be_compared_are_no_end_of_the_bench(contender):
    result = try_out(contender("a", [[0, 1]]), lambda _: None)
    assert "shape" in result.problem
    assert math.isnan(result.value("mean_dice"))


def test_surfaces_compete_where_they_are_measured(contender):
    def surfaces(progress):
        progress(1.0)
        return score_surfaces([[0, 1, 1, 0]], [[0, 1, 0, 0]], tolerance=0.0)

    parts = []
    made = replace(contender("a", [[0, 1, 0, 0]]), surfaces=surfaces)
    result = try_out(made, parts.append)
    # One of two true surface pixels is found: 2 · 1 · ½ / (1 + ½).
    assert result.value("boundary_f1") == pytest.approx(2 / 3)
    assert result.value("mean_dice") == pytest.approx(2 / 3)
    assert parts == sorted(parts)
    assert parts[-1] == 1.0


def test_without_surfaces_the_other_scores_stay(contender):
    def refuse(_progress):
        msg = "Too large."
        raise InputError(msg)

    result = try_out(
        replace(contender("a", [[0, 1, 0, 0]]), surfaces=refuse), lambda _: None
    )
    assert result.problem == "Too large."
    assert math.isnan(result.value("boundary_f1"))
    assert result.value("mean_dice") == pytest.approx(2 / 3)


class Unreadable:
    shape, dtype = (1, 4), np.dtype(int)

    def __getitem__(self, key):
        raise OSError("disk gone")


def test_labels_that_cannot_be_read():
    unreadable = Contender("a", "a", TRUE, Unreadable(), score_table)
    assert "disk gone" in try_out(unreadable, lambda _: None).problem


def test_what_progress_raises_ends_the_scoring(contender):
    def stop(_part):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        try_out(contender("a", [[0, 1, 1, 0]]), stop)


def test_each_contender_is_scored_its_own_way():
    ones = Contender("a", "a", TRUE, TRUE, partial(score_table, mode="instances"))
    assert try_out(ones, lambda _: None).scores["f1"] == 1.0


def test_the_best_is_first_and_those_without_score_are_last():
    all_ = [
        standing("none", None),
        standing("low", 0.25),
        standing("nan", math.nan),
        standing("high", 0.75),
        standing("equal", 0.75),
    ]
    order = ranked(all_, "mean_dice")
    assert names(order) == ["high", "equal", "low", "none", "nan"]
    assert places(order, "mean_dice") == [1, 1, 3, None, None]


def test_of_distances_the_shortest_is_first():
    order = ranked([standing("far", 9.0), standing("near", 1.0)], "hausdorff_95")
    assert names(order) == ["near", "far"]


def test_no_contenders():
    assert ranked([], "mean_dice") == []
    assert places([], "mean_dice") == []
