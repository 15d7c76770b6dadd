"""How far training is, and how fast it learns there."""

from __future__ import annotations

import math
import time

from napari_segsuite.models.unfinished import Spent

_WARM_UP = 0.1
_LAST_RATE = 0.01
# When training is cut short, this part of what it took so far is left to come to rest.
_REST = 0.25
# The teacher fades out over this part of training.
_TEACHER_FRACTION = 0.8


class Budget:
    """The time and the steps that training may take.

    Parameters
    ----------
    max_seconds : float
        Longest time.
    max_steps : int or None
        Most steps; None: as many as fit.
    started : float
        When the time began (`time.monotonic`).
    """

    def __init__(
        self, max_seconds: float, max_steps: int | None, started: float
    ) -> None:
        self._max_seconds = max_seconds
        self._max_steps = max_steps
        self._started = started
        self._before = 0.0
        # The schedule covers what is left once everything is prepared.
        self._ready = self.seconds
        self._cut_short: tuple[float, float, int] | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the time began, without those it stood still."""
        return self._before + (time.monotonic() - self._started)

    @property
    def spent(self) -> Spent:
        """What is used of it."""
        return Spent(seconds=self.seconds, ready=self._ready, cut_short=self._cut_short)

    def resume(self, spent: Spent) -> None:
        """Go on from here as a budget of which `spent` was used.

        The schedule is a function of steps and of seconds spent in training: what a
        resumed training needs to prepare itself again is not counted.
        """
        self._before, self._started = spent.seconds, time.monotonic()
        self._ready, self._cut_short = spent.ready, spent.cut_short

    def progress(self, step: int) -> float:
        """Return how far training is after `step` steps, 0 to 1."""
        left = self._max_seconds - self._ready
        by_time = 1.0 if left <= 0 else (self.seconds - self._ready) / left
        by_steps = 0.0 if self._max_steps is None else step / self._max_steps
        planned = min(1.0, max(by_time, by_steps))
        if self._cut_short is None:
            return planned
        reached, seconds, steps = self._cut_short
        rested = max(
            (self.seconds - seconds) / (_REST * (seconds - self._ready)),
            (step - steps) / (_REST * steps),
        )
        return min(1.0, max(planned, reached + (1 - reached) * rested))

    def cut_short(self, step: int) -> None:
        """Let training end soon after `step` (not 0), without breaking off.

        The rest of the schedule is run through in a quarter of the time and the steps
        that training took so far: a network that is stopped while it learns fast is
        worse than it could be.
        """
        if self._cut_short is None:
            self._cut_short = self.progress(step), self.seconds, step

    def seconds_left(self, step: int) -> float | None:
        """Return an estimate of the time left; None before anything is known."""
        progress = self.progress(step)
        if progress < 0.02:
            return None
        return (self.seconds - self._ready) * (1 - progress) / progress


def learning_rate(highest: float, progress: float) -> float:
    """Return the learning rate at `progress`: up for a tenth, then down a cosine."""
    if progress < _WARM_UP:
        return highest * max(_LAST_RATE, progress / _WARM_UP)
    phase = (progress - _WARM_UP) / (1 - _WARM_UP)
    return highest * (
        _LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * phase)) / 2
    )


def teacher_weight(progress: float) -> float:
    """Return how much the teacher's word counts at `progress`: 1, falling to 0."""
    return max(0.0, 1 - progress / _TEACHER_FRACTION)
