from __future__ import annotations

import gc
import math
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from segsuite_toys import Crash, Deaf, Echo, Fail, Freeze, Garbage, Hold, Print, Slow

from napari_segsuite.data.scratch import Scratch
from napari_segsuite.errors import (
    Cancelled,
    InputError,
    JobFailed,
    StorageError,
    WorkerCrashed,
)
from napari_segsuite.jobs.evaluation import Evaluate
from napari_segsuite.jobs.events import Event, Notice
from napari_segsuite.runners.base import Run, RunStatus
from napari_segsuite.runners.patience import Patience
from napari_segsuite.runners.process import ProcessRunner

WAIT = 30.0
"""Longest wait in seconds; a test that needs it has failed."""


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.005)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def submit_begun(runner: ProcessRunner, job, **options) -> Run:
    """Submit a job that tells an event when it has begun, and wait for that."""
    begun = threading.Event()
    run = runner.submit(job, on_event=lambda _: begun.set(), **options)
    assert begun.wait(WAIT)
    return run


class TestJobs:
    def test_runs_in_another_process(self, runner):
        run = runner.submit(Echo(value={"a": [1, 2.5, None, "ü\n\u2028"]}))
        result = run.result(WAIT)
        assert result.value == {"a": [1, 2.5, None, "ü\n\u2028"]}
        assert result.pid == runner.worker_pid != os.getpid()
        assert run.status is RunStatus.FINISHED

    @pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 0.1, 1e300])
    def test_numbers_survive(self, runner, number):
        result = runner.submit(Echo(number=number, value=number)).result(WAIT)
        assert repr(result.number) == repr(number)
        assert repr(result.value) == repr(number)

    def test_events_come_in_order_also_those_before_submit_returns(self, runner):
        events: list[Event] = []
        runner.submit(Echo(events=3000), on_event=events.append).result(WAIT)
        assert [event.message for event in events] == [str(i) for i in range(3000)]

    def test_jobs_run_one_after_the_other(self, runner):
        ends: list[str] = []
        first = submit_begun(runner, Slow(), on_end=lambda run: ends.append("first"))
        second = runner.submit(Echo(), on_end=lambda run: ends.append("second"))
        assert second.status is RunStatus.QUEUED
        first.stop()
        second.result(WAIT)
        wait_until(lambda: len(ends) == 2)
        assert ends == ["first", "second"]

    def test_one_worker_does_them_all(self, runner):
        pids = {runner.submit(Echo()).result(WAIT).pid for _ in range(5)}
        assert len(pids) == 1

    def test_callbacks_come_in_one_thread_that_is_not_the_callers(self, runner):
        threads: set[str] = set()

        def note(_: object) -> None:
            threads.add(threading.current_thread().name)

        run = runner.submit(Echo(events=3), on_event=note, on_end=note)
        run.result(WAIT)
        wait_until(lambda: threads)
        assert threads == {"segsuite-runner"}

    def test_a_listener_may_submit_the_next_job(self, runner):
        following: list[Run] = []
        runner.submit(
            Echo(), on_end=lambda _: following.append(runner.submit(Echo(value=2)))
        )
        wait_until(lambda: following)
        assert following[0].result(WAIT).value == 2

    def test_what_a_job_keeps_outlives_it(self, runner):
        first = runner.submit(Hold(key="a")).result(WAIT).value
        assert runner.submit(Hold(key="a")).result(WAIT).value == first

    def test_nothing_of_a_run_comes_after_its_end(self, runner):
        events: list[Event] = []
        runner.submit(Hold(key="a"), on_event=events.append).result(WAIT)
        time.sleep(0.2)
        assert runner.submit(Echo(value=1)).result(WAIT).value == 1
        assert events == []

    def test_our_own_jobs_are_known(self, runner, tmp_path):
        missing = {"path": tmp_path / "żółć 細胞.npy", "axes": "YX"}
        job = Evaluate(truth=missing, prediction=missing)
        with pytest.raises(InputError, match="żółć 細胞"):
            runner.submit(job).result(WAIT)


class TestRequests:
    def test_stop_keeps_the_best(self, runner):
        run = submit_begun(runner, Slow())
        run.stop()
        assert run.result(WAIT).stopped

    def test_the_newest_value_of_a_control_counts(self, runner):
        run = submit_begun(runner, Slow())
        run.control("slice", 1)
        run.control("slice", [2, 3])
        run.stop()
        assert run.result(WAIT).value == [2, 3]

    def test_a_control_sent_while_queued_arrives(self, runner):
        first = submit_begun(runner, Slow())
        second = runner.submit(Slow())
        second.control("slice", 5)
        second.control("finish", True)
        first.stop()
        assert second.result(WAIT).value == 5

    def test_cancel_ends_a_running_job_and_keeps_the_worker(self, runner):
        run = submit_begun(runner, Slow())
        pid = runner.worker_pid
        run.cancel()
        with pytest.raises(Cancelled, match="toy-slow"):
            run.result(WAIT)
        assert run.status is RunStatus.CANCELLED
        assert runner.submit(Echo()).result(WAIT).pid == pid

    def test_cancel_in_the_queue_touches_no_other_run(self, runner):
        first = submit_begun(runner, Slow())
        second, third = runner.submit(Echo()), runner.submit(Echo(value=3))
        second.cancel()
        with pytest.raises(Cancelled):
            second.result(WAIT)
        assert first.status is RunStatus.RUNNING
        first.stop()
        assert third.result(WAIT).value == 3

    def test_stop_in_the_queue_is_cancel(self, runner):
        first = submit_begun(runner, Slow())
        second = runner.submit(Slow())
        second.stop()
        with pytest.raises(Cancelled):
            second.result(WAIT)
        first.stop()

    def test_cancel_before_the_worker_is_up(self, runner):
        run = runner.submit(Slow())
        run.cancel()
        with pytest.raises(Cancelled):
            run.result(WAIT)
        assert runner.submit(Echo(value=1)).result(WAIT).value == 1

    @pytest.mark.parametrize("delay", [0.0, 0.01, 0.1, 0.3, 0.6])
    def test_cancel_at_any_moment(self, runner, delay):
        run = runner.submit(Slow())
        time.sleep(delay)
        run.cancel()
        with pytest.raises(Cancelled):
            run.result(WAIT)
        assert runner.submit(Echo(value=1)).result(WAIT).value == 1

    @pytest.mark.parametrize(
        "job",
        [Deaf(), Deaf(holds_gil=True), Freeze()],
        ids=["sleeps", "holds the interpreter", "stopped"],
    )
    def test_cancel_kills_a_job_that_does_not_listen(self, job):
        with ProcessRunner(patience=Patience(cancel=0.1)) as runner:
            run = submit_begun(runner, job)
            pid = runner.worker_pid
            run.cancel()
            with pytest.raises(Cancelled):
                run.result(WAIT)
            wait_until(lambda: is_gone(pid))
            assert runner.submit(Echo(value=1)).result(WAIT).value == 1

    def test_a_job_that_ends_well_after_cancel_is_cancelled(self, runner):
        run = submit_begun(runner, Deaf(swallows=True))
        run.cancel()
        with pytest.raises(Cancelled):
            run.result(WAIT)

    def test_many_threads_submit_and_cancel(self, runner):
        runs: list[Run] = []

        def work(number: int) -> None:
            for index in range(20):
                run = runner.submit(Echo(value=number))
                runs.append(run)
                if index % 3 == 0:
                    run.cancel()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
        wait_until(lambda: all(run.status.ended for run in runs))
        ends = {run.status for run in runs}
        assert ends <= {RunStatus.FINISHED, RunStatus.CANCELLED}
        assert len(runs) == 80


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "kind", "message"),
        [
            ("input", InputError, "the image is empty; choose another"),
            ("storage", StorageError, "the disk is full; free some space"),
        ],
    )
    def test_foreseen_ones_arrive_as_they_are(self, runner, error, kind, message):
        run = runner.submit(Fail(error=error))
        with pytest.raises(kind) as caught:
            run.result(WAIT)
        assert str(caught.value) == message
        assert run.status is RunStatus.FAILED

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            ("value", "ValueError: seven"),
            ("memory", "Memory ran out"),
            ("exit", "SystemExit"),
            ("type", "returned Result, not ToyResult"),
            ("text", "lone surrogate"),
        ],
    )
    def test_others_tell_where_and_cost_the_worker(self, runner, error, words):
        run = runner.submit(Fail(error=error))
        with pytest.raises(JobFailed, match=words) as caught:
            run.result(WAIT)
        assert "Traceback" in caught.value.details
        assert run.status is RunStatus.FAILED
        assert runner.submit(Echo(value=1)).result(WAIT).value == 1

    def test_a_job_with_a_path_that_is_no_text_is_refused(self, runner, tmp_path):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.npy"))
        job = Evaluate(
            truth={"path": path, "axes": "YX"}, prediction={"path": path, "axes": "YX"}
        )
        with pytest.raises(InputError, match="cannot be passed to the worker"):
            runner.submit(job)

    def test_a_job_too_large_to_send_is_refused(self, runner):
        with pytest.raises(InputError, match="bytes long"):
            runner.submit(Echo(value="x" * 17_000_000))

    def test_large_ones_arrive(self, runner):
        value = ["x" * 100] * 50_000
        assert runner.submit(Echo(value=value)).result(WAIT).value == value


class TestCrashes:
    @pytest.mark.parametrize(
        ("how", "reason"),
        [
            ("abort", "signal 6, SIGABRT"),
            ("segfault", "signal 11, SIGSEGV"),
            ("exit", "exit code 7"),
            ("orphan", "signal 9, SIGKILL"),
        ],
    )
    def test_tell_why_with_the_last_lines(self, runner, how, reason):
        run = runner.submit(Crash(how=how))
        with pytest.raises(WorkerCrashed, match=reason) as caught:
            run.result(WAIT)
        assert "last words: naïve" in caught.value.details
        assert run.status is RunStatus.CRASHED
        assert runner.submit(Echo(value=1)).result(WAIT).value == 1

    def test_a_killed_worker_is_replaced_for_the_queue(self, runner):
        first = submit_begun(runner, Slow())
        second = runner.submit(Echo(value=2))
        psutil.Process(runner.worker_pid).kill()
        with pytest.raises(WorkerCrashed, match="SIGKILL; often the system"):
            first.result(WAIT)
        assert second.result(WAIT).value == 2

    def test_a_worker_killed_while_idle_is_replaced_silently(self, runner):
        pid = runner.submit(Echo()).result(WAIT).pid
        psutil.Process(pid).kill()
        wait_until(lambda: is_gone(pid))
        assert runner.submit(Echo(value=1)).result(WAIT).value == 1

    def test_a_job_given_to_a_dying_worker_is_given_to_the_next(self, runner):
        for _ in range(5):
            psutil.Process(runner.submit(Echo()).result(WAIT).pid).kill()
            assert runner.submit(Echo(value=1)).result(WAIT).value == 1

    def test_a_worker_that_dies_again_before_it_begins_is_told_of(self, tmp_path):
        (tmp_path / "segsuite_broken.py").write_text("import os; os._exit(5)")
        path = f"{os.environ['PYTHONPATH']}{os.pathsep}{tmp_path}"
        with pytest.MonkeyPatch.context() as patch, ProcessRunner() as runner:
            patch.setenv("PYTHONPATH", path)
            runner.warm_up(["segsuite_broken"])
            run = runner.submit(Echo())
            with pytest.raises(WorkerCrashed, match="exit code 5"):
                run.result(WAIT)

    @pytest.mark.parametrize("what", ["bytes", "json", "wrong run", "huge"])
    def test_garbage_fails_the_job_and_ends_the_worker(self, runner, what):
        run = runner.submit(Garbage(what=what))
        with pytest.raises(JobFailed, match="cannot be understood"):
            run.result(WAIT)
        assert runner.submit(Echo(value=1)).result(WAIT).value == 1

    def test_half_a_result_is_no_result(self, runner):
        run = runner.submit(Garbage(what="half"))
        with pytest.raises((JobFailed, WorkerCrashed)):
            run.result(WAIT)

    def test_a_silent_worker_is_told_of_and_can_be_cancelled(self):
        events: list[Event] = []
        with ProcessRunner(patience=Patience(cancel=0.1, silence=0.3)) as runner:
            run = runner.submit(Freeze(), on_event=events.append)
            wait_until(lambda: Notice in map(type, events))
            assert run.unresponsive
            run.cancel()
            with pytest.raises(Cancelled):
                run.result(WAIT)
        assert "silent" in next(e.message for e in events if isinstance(e, Notice))

    def test_a_silent_worker_may_come_back(self):
        with ProcessRunner(patience=Patience(silence=0.3)) as runner:
            run = submit_begun(runner, Freeze())
            worker = psutil.Process(runner.worker_pid)
            wait_until(lambda: worker.status() == psutil.STATUS_STOPPED)
            wait_until(lambda: run.unresponsive)
            worker.resume()
            run.result(WAIT)

    def test_a_busy_worker_is_not_silent(self):
        events: list[Event] = []
        with ProcessRunner(patience=Patience(silence=1.5)) as runner:
            run = runner.submit(Deaf(seconds=2.5), on_event=events.append)
            run.result(WAIT)
        assert len(events) == 1
        assert not run.unresponsive

    def test_a_worker_that_does_not_start_is_told_of(self, monkeypatch, tmp_path):
        (tmp_path / "pydantic.py").write_text("raise ImportError('broken install')")
        monkeypatch.setenv(
            "PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}"
        )
        with ProcessRunner() as runner:
            runs = [runner.submit(Echo()), runner.submit(Echo())]
            for run in runs:
                with pytest.raises(WorkerCrashed, match="did not start") as caught:
                    run.result(WAIT)
                assert "broken install" in caught.value.details

    def test_a_worker_that_starts_too_slowly_is_told_of(self, monkeypatch):
        # Looked at often: on a quick machine it is ready within a fraction of a second.
        monkeypatch.setattr("napari_segsuite.runners.supervisor._TICK_SECONDS", 0.01)
        with ProcessRunner(patience=Patience(start=0.0)) as runner:
            run = runner.submit(Echo())
            with pytest.raises(WorkerCrashed, match="not ready within 0 s"):
                run.result(WAIT)

    def test_another_version_of_the_worker_is_told_of(self, monkeypatch):
        monkeypatch.setattr("napari_segsuite.runners.warm_worker.PROTOCOL", 99)
        with ProcessRunner() as runner:
            run = runner.submit(Echo())
            with pytest.raises(WorkerCrashed, match="updated meanwhile"):
                run.result(WAIT)

    def test_without_a_python_that_is_told(self, monkeypatch, tmp_path):
        monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
        with ProcessRunner() as runner:
            run = runner.submit(Echo())
            with pytest.raises(WorkerCrashed, match="could not be started"):
                run.result(WAIT)


class TestOutput:
    def test_what_libraries_print_does_not_reach_the_protocol(self, runner):
        events: list[Event] = []
        run = runner.submit(Print(), on_event=events.append)
        assert run.result(WAIT).value == ""
        assert [event.message for event in events] == ["before", "after"]
        wait_until(lambda: "bar 100 %" in runner.last_lines)
        assert set(runner.last_lines.splitlines()) >= {
            "from python",
            '{"type": "heartbeat"}',
            "from a file descriptor",
            "from C",
            "from a child",
            "bar 100 %",
        }

    def test_what_the_start_of_python_prints_is_kept_apart(self, monkeypatch, tmp_path):
        (tmp_path / "sitecustomize.py").write_text("print('hello from the site')")
        path = f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}"
        monkeypatch.setenv("PYTHONPATH", path)
        with ProcessRunner() as runner:
            assert runner.submit(Echo(value=1)).result(WAIT).value == 1
            assert "hello from the site" in runner.last_lines


class TestLife:
    def test_no_process_before_the_first_job(self, own_runner):
        assert own_runner.worker_pid is None

    def test_warm_up_starts_the_worker_and_imports(self, own_runner):
        own_runner.warm_up(["this", "no_such_module"])  # `this` prints a poem
        wait_until(lambda: "No module named 'no_such_module'" in own_runner.last_lines)
        assert "Beautiful is better than ugly." in own_runner.last_lines
        pid = own_runner.worker_pid
        assert own_runner.submit(Echo()).result(WAIT).pid == pid

    def test_a_warm_worker_is_replaced_by_a_warm_one(self):
        with ProcessRunner(patience=Patience(cancel=0.1)) as runner:
            runner.warm_up(["this"])
            run = submit_begun(runner, Deaf())
            pid = runner.worker_pid
            run.cancel()
            with pytest.raises(Cancelled):
                run.result(WAIT)
            wait_until(lambda: runner.worker_pid not in (None, pid))
            wait_until(lambda: "Beautiful is better" in runner.last_lines)

    @pytest.mark.parametrize("job", [Slow(), Deaf(), Deaf(holds_gil=True), Freeze()])
    def test_close_cancels_everything_and_ends_the_worker(self, job):
        ends: list[Run] = []
        runner = ProcessRunner(patience=Patience(close=0.1))
        running = submit_begun(runner, job, on_end=ends.append)
        waiting = runner.submit(Echo(), on_end=ends.append)
        pid = runner.worker_pid
        runner.close()
        assert running.status is RunStatus.CANCELLED
        assert waiting.status is RunStatus.CANCELLED
        assert set(ends) == {running, waiting}
        wait_until(lambda: is_gone(pid))
        assert runner.worker_pid is None

    def test_a_closed_runner_refuses_jobs(self, own_runner):
        own_runner.close()
        own_runner.close()
        with pytest.raises(JobFailed, match="closed"):
            own_runner.submit(Echo())
        with pytest.raises(JobFailed, match="closed"):
            own_runner.warm_up()

    def test_close_while_the_worker_starts(self):
        runner = ProcessRunner()
        run = runner.submit(Echo())
        runner.close()
        assert run.status is RunStatus.CANCELLED
        assert runner.worker_pid is None

    def test_a_listener_may_close(self):
        runner = ProcessRunner()
        run = runner.submit(Slow(), on_event=lambda _: runner.close())
        with pytest.raises(Cancelled):
            run.result(WAIT)
        wait_until(lambda: runner.worker_pid is None)

    def test_close_does_not_wait_for_a_listener_that_blocks(self):
        runner = ProcessRunner()
        block, blocked = threading.Event(), threading.Event()

        def listen(_: Event) -> None:
            blocked.set()
            block.wait(WAIT)

        runner.submit(Deaf(), on_event=listen)
        assert blocked.wait(WAIT)
        pid = runner.worker_pid
        runner.close()
        wait_until(lambda: is_gone(pid))
        block.set()

    def test_a_forgotten_runner_ends_its_worker(self):
        runner = ProcessRunner()
        pid = runner.submit(Echo()).result(WAIT).pid
        del runner
        gc.collect()
        wait_until(lambda: is_gone(pid))

    def test_a_forgotten_runner_with_work_goes_on(self):
        run = ProcessRunner().submit(Echo(value=1))
        gc.collect()
        assert run.result(WAIT).value == 1

    def test_scratch_is_deleted_with_the_runner(self, tmp_path, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with ProcessRunner() as runner:
            runner.submit(Hold(key="a")).result(WAIT)
            assert len(list(tmp_path.rglob("temporary"))) == 1
        assert list(tmp_path.iterdir()) == []

    def test_a_given_scratch_stays_with_its_owner(self, tmp_path):
        with Scratch(tmp_path) as scratch:
            with ProcessRunner(scratch=scratch) as runner:
                for _ in range(4):
                    runner.submit(Hold(key="a")).result(WAIT)
                # The last run's, as its previews may still be shown, and no more.
                assert len(list(scratch.folder.rglob("temporary"))) <= 2
            assert list(scratch.folder.rglob("temporary")) == []
            assert scratch.folder.is_dir()

    def test_a_scratch_that_vanished_fails_the_job(self, tmp_path):
        with Scratch(tmp_path) as scratch, ProcessRunner(scratch=scratch) as runner:
            runner.submit(Echo()).result(WAIT)
            scratch.close()
            scratch.folder.write_text("a file is in the way")
            with pytest.raises(StorageError, match="temporary folder"):
                runner.submit(Echo()).result(WAIT)

    def test_no_thread_and_no_process_is_left(self):
        before = {thread.name for thread in threading.enumerate()}
        children = set(psutil.Process().children())
        with ProcessRunner() as runner:
            runner.submit(Echo()).result(WAIT)
        wait_until(lambda: {t.name for t in threading.enumerate()} <= before)
        assert set(psutil.Process().children()) <= children
