"""Progress and cancel."""

from __future__ import annotations

from typing import Any

import pytest

from napari_segsuite.engine.course import Course
from napari_segsuite.errors import Cancelled


def test_fractions_add_up_and_time_left_falls_to_nothing(listener: Any) -> None:
    course = Course(listener, 8)
    course.advance(2, "first")
    course.advance(6, "second")

    told = listener.of("progress")
    assert [(one.fraction, one.message) for one in told] == [
        (0.25, "first"),
        (1.0, "second"),
    ]
    assert told[0].seconds_left >= 0
    assert told[1].seconds_left == 0


def test_a_cancelled_job_goes_no_further(listener: Any) -> None:
    course = Course(listener, 2)
    course.advance(1, "first")
    listener.cancel_at = "progress"
    with pytest.raises(Cancelled):
        course.advance(1, "second")
    assert len(listener.events) == 1
