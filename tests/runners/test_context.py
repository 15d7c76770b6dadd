from __future__ import annotations

import pytest

from napari_segsuite.errors import Cancelled
from napari_segsuite.jobs.events import Event, Notice
from napari_segsuite.jobs.messages import Cancel, Control, Stop
from napari_segsuite.runners.context import Cache, RunContext

RUN = "0" * 32


@pytest.fixture
def sent() -> list[Event]:
    return []


@pytest.fixture
def context(tmp_path, sent) -> RunContext:
    return RunContext(tmp_path, sent.append, Cache())


def test_events_are_sent(context, sent):
    context.emit(Notice(message="x"))
    assert sent == [Notice(message="x")]


def test_cancel_raises_at_the_next_check(context):
    context.check_cancelled()
    context.obey(Cancel(run=RUN))
    with pytest.raises(Cancelled):
        context.check_cancelled()


def test_stop_is_only_a_wish(context):
    assert not context.stop_requested()
    context.obey(Stop(run=RUN))
    assert context.stop_requested()
    context.check_cancelled()


def test_the_newest_control_counts(context):
    assert context.control("slice") is None
    for value in (1, [2]):
        context.obey(Control(run=RUN, name="slice", value=value))
    assert context.control("slice") == [2]


def test_a_value_is_made_once(context):
    made = []
    for _ in range(3):
        context.cached(("a", 1), lambda: made.append(1) or len(made))
    assert made == [1]


def test_the_cache_drops_what_was_used_longest_ago():
    cache = Cache(size=2)
    made: list[str] = []

    def use(key: str) -> None:
        cache.get(key, lambda: made.append(key))

    for key in "abac":  # c takes the place of b
        use(key)
    use("a")
    assert made == ["a", "b", "c"]
    use("b")
    assert made == ["a", "b", "c", "b"]


def test_what_could_not_be_made_is_tried_again():
    cache = Cache()
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 / 0)
    assert cache.get("a", lambda: 7) == 7
