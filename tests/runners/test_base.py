from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from segsuite_toys import Echo, ToyResult

from napari_segsuite.errors import Cancelled, InputError, JobFailed, WorkerCrashed
from napari_segsuite.jobs.events import Event, Notice
from napari_segsuite.jobs.messages import Cancel, Control, Stop
from napari_segsuite.runners.base import Run, RunStatus

NOTICE = Notice(message="hello")


class Asked:
    """Remembers what runs ask for."""

    def __init__(self) -> None:
        self.requests: list[Cancel | Stop | Control] = []

    def __call__(self, run: Run[Any], request: Cancel | Stop | Control) -> None:
        self.requests.append(request)


def make_run(**callbacks: Any) -> tuple[Run[ToyResult], Asked]:
    asked = Asked()
    return Run(Echo(), asked, **callbacks), asked


def test_a_good_run_goes_from_queued_to_finished():
    run, _ = make_run()
    seen = [run.status]
    assert run.start()
    seen.append(run.status)
    run.finish(ToyResult(value=1))
    assert [*seen, run.status] == ["queued", "running", "finished"]
    assert run.result() == ToyResult(value=1)
    assert run.error is None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("x"), RunStatus.FAILED),
        (JobFailed("x", "trace"), RunStatus.FAILED),
        (WorkerCrashed("x", "lines"), RunStatus.CRASHED),
        (Cancelled("x"), RunStatus.CANCELLED),
    ],
)
def test_the_class_of_the_error_decides_the_status(error, status):
    run, _ = make_run()
    run.start()
    run.fail(error)
    assert run.status is status
    assert run.status.ended
    assert run.error is error
    with pytest.raises(type(error), match="x"):
        run.result()


@pytest.mark.parametrize(
    "end",
    [
        lambda run: run.finish(ToyResult()),
        lambda run: run.fail(JobFailed("x")),
        lambda run: run.fail(WorkerCrashed("x")),
    ],
)
def test_after_cancel_every_end_is_cancelled(end):
    run, asked = make_run()
    run.start()
    run.cancel()
    assert run.status is RunStatus.CANCELLING
    assert asked.requests == [Cancel(run=run.id)]
    end(run)
    assert run.status is RunStatus.CANCELLED
    with pytest.raises(Cancelled):
        run.result()


def test_a_run_cancelled_in_the_queue_does_not_start():
    run, _ = make_run()
    run.cancel()
    assert not run.start()


def test_a_run_whose_future_was_cancelled_does_not_start():
    run, _ = make_run()
    assert run.future.cancel()
    assert not run.start()
    run.fail(Cancelled("x"))
    with pytest.raises(Cancelled):
        run.result()


def test_a_run_ends_once():
    ends: list[Run[ToyResult]] = []
    run, _ = make_run(on_end=ends.append)
    run.start()
    run.finish(ToyResult(value=1))
    run.fail(JobFailed("late"))
    assert ends == [run]
    assert run.status is RunStatus.FINISHED


def test_nothing_is_asked_of_an_ended_run():
    run, asked = make_run()
    run.start()
    run.finish(ToyResult())
    run.cancel()
    run.stop()
    run.control("slice", 3)
    assert asked.requests == []
    assert run.status is RunStatus.FINISHED


def test_no_event_comes_after_cancel():
    events: list[Event] = []
    run, _ = make_run(on_event=events.append)
    run.start()
    run.tell(NOTICE)
    run.cancel()
    run.tell(NOTICE)
    assert events == [NOTICE]


def test_both_kinds_of_listener_hear_events_and_the_end():
    heard: list[object] = []
    run, _ = make_run(on_event=heard.append, on_end=heard.append)
    run.emitted.connect(heard.append)
    run.ended.connect(heard.append)
    run.start()
    run.tell(NOTICE)
    run.finish(ToyResult())
    assert heard == [NOTICE, NOTICE, run, run]


def test_the_result_is_there_when_the_end_is_told():
    results: list[ToyResult] = []
    run, _ = make_run(on_end=lambda run: results.append(run.result(0)))
    run.start()
    run.finish(ToyResult(value=1))
    assert results == [ToyResult(value=1)]


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit])
def test_a_failing_listener_is_logged_and_harms_nothing(caplog, error):
    def fail(_: object) -> None:
        raise error

    run, _ = make_run(on_event=fail, on_end=fail)
    run.emitted.connect(fail)
    run.start()
    with caplog.at_level(logging.ERROR):
        run.tell(NOTICE)
        run.finish(ToyResult(value=1))
    assert run.result(0).value == 1
    assert len(caplog.records) == 3


def test_waiting_has_an_end():
    run, _ = make_run()
    with pytest.raises(TimeoutError):
        run.result(0.01)


def test_a_waiting_thread_is_woken():
    run, _ = make_run()
    results: list[ToyResult] = []
    thread = threading.Thread(target=lambda: results.append(run.result(30)))
    thread.start()
    run.start()
    run.finish(ToyResult(value=1))
    thread.join(30)
    assert results == [ToyResult(value=1)]


def test_a_control_must_be_json():
    run, asked = make_run()
    with pytest.raises(ValueError, match="value"):
        run.control("slice", object())
    assert run.controls == {}
    assert asked.requests == []
