from __future__ import annotations

import pytest

from napari_segsuite.engine import schedule
from napari_segsuite.engine.schedule import Budget, learning_rate, teacher_weight


class Clock:
    """A clock that goes when it is told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(schedule, "time", made)
    return made


def test_steps_bound_the_budget(clock: Clock) -> None:
    budget = Budget(1000.0, 200, clock.now)
    assert budget.progress(100) == 0.5
    assert budget.progress(300) == 1


def test_time_bounds_the_budget_from_the_press_of_the_button(clock: Clock) -> None:
    started = clock.now
    clock.now += 4  # preparations
    budget = Budget(10.0, None, started)
    assert budget.progress(0) == 0
    clock.now += 3
    assert budget.seconds == 7
    assert budget.progress(1) == 0.5
    clock.now += 3
    assert budget.progress(2) == 1


def test_nothing_is_left_when_preparations_took_all(clock: Clock) -> None:
    assert Budget(10.0, None, clock.now - 20).progress(0) == 1


def test_time_left_follows_progress(clock: Clock) -> None:
    budget = Budget(1000.0, 100, clock.now)
    assert budget.seconds_left(0) is None
    clock.now += 10
    assert budget.seconds_left(25) == pytest.approx(30)


def test_training_that_is_cut_short_runs_through_the_rest(clock: Clock) -> None:
    budget = Budget(1e6, 1000, clock.now)
    clock.now += 40
    budget.cut_short(400)
    # A quarter of 400 steps and of 40 seconds is left for the 0.6 that remain.
    assert budget.progress(400) == pytest.approx(0.4)
    assert budget.progress(450) == pytest.approx(0.7)
    clock.now += 10
    assert budget.progress(450) == 1


def test_a_budget_goes_on_where_another_stood(clock: Clock) -> None:
    first = Budget(10.0, None, clock.now - 2)
    clock.now += 4
    first.cut_short(8)
    spent = first.spent
    clock.now += 1
    expected = first.seconds, first.progress(10)
    clock.now += 1000  # The machine was off, and prepared itself again.
    second = Budget(10.0, None, clock.now - 3)
    second.resume(spent)
    clock.now += 1
    assert (second.seconds, second.progress(10)) == expected
    assert second.spent.cut_short == spent.cut_short


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
