from __future__ import annotations

import time

import pytest

from napari_segsuite.engine.schedule import Budget, learning_rate, teacher_weight


def test_steps_bound_the_budget() -> None:
    budget = Budget(1000.0, 200, time.monotonic())
    assert budget.progress(100) == pytest.approx(0.5, abs=0.01)
    assert budget.progress(200) == 1
    assert budget.progress(300) == 1


def test_time_bounds_the_budget_from_the_press_of_the_button() -> None:
    spent = Budget(10.0, None, time.monotonic() - 20)
    assert spent.progress(0) == 1
    assert spent.seconds == pytest.approx(20, abs=1)


def test_time_left_follows_progress() -> None:
    budget = Budget(1000.0, 100, time.monotonic())
    assert budget.seconds_left(0) is None
    left = budget.seconds_left(50)
    assert left is not None
    assert 0 <= left < 1


def test_the_rate_rises_then_falls() -> None:
    assert learning_rate(1.0, 0.0) == pytest.approx(0.01)
    assert learning_rate(1.0, 0.05) == pytest.approx(0.5)
    assert learning_rate(1.0, 0.1) == pytest.approx(1.0)
    assert learning_rate(1.0, 0.55) == pytest.approx(0.505)
    assert learning_rate(1.0, 1.0) == pytest.approx(0.01)


def test_the_teacher_fades_out() -> None:
    assert teacher_weight(0.0) == 1
    assert teacher_weight(1.0) == 0
    assert teacher_weight(0.1) > teacher_weight(0.2)
