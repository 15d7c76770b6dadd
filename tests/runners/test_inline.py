from __future__ import annotations

import gc
import os
import signal
import threading
from contextlib import suppress

import pytest
from segsuite_toys import Deaf, Echo, Fail, Hold, Slow, ToyResult

from napari_segsuite.errors import Cancelled, InputError, JobFailed
from napari_segsuite.jobs.events import Event, Notice
from napari_segsuite.runners.base import RunStatus
from napari_segsuite.runners.inline import InlineRunner


@pytest.fixture
def inline():
    with InlineRunner() as runner:
        yield runner


def press_ctrl_c(_event: object) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_a_job_has_ended_when_submit_returns(inline):
    events: list[Event] = []
    run = inline.submit(Echo(value=[1, None], events=2), on_event=events.append)
    assert run.status is RunStatus.FINISHED
    assert run.result(0) == ToyResult(value=[1, None], pid=os.getpid())
    assert events == [Notice(message="0"), Notice(message="1")]


def test_an_error_of_the_job_comes_by_its_result(inline):
    run = inline.submit(Fail(error="input"))
    assert run.status is RunStatus.FAILED
    with pytest.raises(InputError, match="choose another"):
        run.result(0)


def test_a_listener_can_cancel(inline):
    run = inline.submit(Slow(), on_event=lambda _: inline.current.cancel())
    assert run.status is RunStatus.CANCELLED
    with pytest.raises(Cancelled):
        run.result(0)


def test_another_thread_can_stop_and_control(inline):
    def stop(_: Event) -> None:
        run = inline.current
        run.control("slice", [3, 4])
        threading.Thread(target=run.stop).start()

    run = inline.submit(Slow(), on_event=stop)
    assert run.result(0).stopped
    assert run.result(0).value == [3, 4]


def test_a_listener_may_submit(inline):
    inner = []

    def submit(_: Event) -> None:
        inner.append(inline.submit(Echo(value="inner")))
        inline.current.stop()

    outer = inline.submit(Slow(), on_event=submit)
    assert outer.result(0).stopped
    assert inner[0].result(0).value == "inner"
    assert inline.current is None


def test_ctrl_c_stops_a_training_and_keeps_the_best(inline):
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if len(events) == 1:
            press_ctrl_c(event)

    run = inline.submit(Slow(), on_event=listen)
    assert run.status is RunStatus.FINISHED
    assert run.result(0).stopped
    assert inline.submit(Echo(value=1)).result(0).value == 1


def test_ctrl_c_tells_what_happens(inline):
    messages: list[str] = []

    def listen(event: Event) -> None:
        messages.append(event.message)
        if len(messages) == 1:
            press_ctrl_c(event)
        else:
            inline.current.control("finish", True)

    inline.submit(Slow(keeps=False), on_event=listen)
    assert len(messages) == 2
    assert "Ctrl+C again cancels" in messages[1]


def test_ctrl_c_twice_cancels(inline):
    run = inline.submit(
        Slow(keeps=False), on_event=lambda e: (press_ctrl_c(e), press_ctrl_c(e))
    )
    assert run.status is RunStatus.CANCELLED
    with pytest.raises(Cancelled):
        run.result(0)


def test_ctrl_c_cancels_a_job_that_has_nothing_to_keep(inline):
    run = inline.submit(Deaf(seconds=0.2), on_event=press_ctrl_c)
    assert run.status is RunStatus.CANCELLED


def test_a_library_that_swallows_ctrl_c_does_not_save_the_job(inline):
    def press_and_swallow(event: Event) -> None:
        press_ctrl_c(event)
        with suppress(KeyboardInterrupt):
            press_ctrl_c(event)

    run = inline.submit(Slow(keeps=False), on_event=press_and_swallow)
    assert run.status is RunStatus.CANCELLED


def test_ctrl_c_is_as_before_after_a_job(inline):
    before = signal.getsignal(signal.SIGINT)
    inline.submit(Echo())
    assert signal.getsignal(signal.SIGINT) is before


def test_a_program_with_its_own_idea_of_ctrl_c_keeps_it(inline):
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))

    def listen(event: Event) -> None:
        press_ctrl_c(event)
        inline.current.stop()

    try:
        run = inline.submit(Slow(), on_event=listen)
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed == [1]
    assert run.status is RunStatus.FINISHED


def test_jobs_run_in_any_thread(inline):
    runs = []
    thread = threading.Thread(target=lambda: runs.append(inline.submit(Echo(value=1))))
    thread.start()
    thread.join(30)
    assert runs[0].result(0).value == 1


def test_what_a_job_keeps_outlives_it(inline):
    first = inline.submit(Hold(key="a")).result(0).value
    assert inline.submit(Hold(key="a")).result(0).value == first
    assert inline.submit(Hold(key="b")).result(0).value != first


def test_scratch_is_emptied_after_each_job_and_deleted_at_the_end(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with InlineRunner() as runner:
        runner.submit(Hold(key="a"))
        assert list(tmp_path.rglob("temporary")) == []
    assert list(tmp_path.iterdir()) == []


def test_a_forgotten_runner_deletes_its_scratch(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    InlineRunner().submit(Echo())
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_closed_runner_refuses_jobs(inline):
    inline.close()
    inline.close()
    with pytest.raises(JobFailed, match="closed"):
        inline.submit(Echo())
