from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from napari_segsuite.jobs.messages import (
    PROTOCOL,
    Ready,
    Submit,
    decode_reply,
    encode,
)

WAIT = 30.0
COMMAND = [sys.executable, "-P", "-m", "napari_segsuite.runners.worker"]

# Starts a runner with a job, prints the worker's process id, and waits.
PARENT = """
import sys, time
from segsuite_toys import Deaf
from napari_segsuite.runners.process import ProcessRunner
runner = ProcessRunner()
def tell(event):
    print(event.message, flush=True)
runner.submit(Deaf(holds_gil="gil" in sys.argv), on_event=tell)
time.sleep(2 if "exits" in sys.argv else 60)
"""


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


@pytest.fixture
def worker():
    process = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        yield process
        process.kill()


def test_says_hello(worker):
    hello = decode_reply(worker.stdout.readline())
    assert hello == Ready(protocol=PROTOCOL, pid=worker.pid)


def test_ends_when_its_stdin_is_closed(worker):
    worker.stdout.readline()
    worker.stdin.close()
    assert worker.wait(WAIT) == 0


def test_ends_on_garbage_and_says_so(worker):
    worker.stdout.readline()
    worker.stdin.write(b"hello\n")
    worker.stdin.flush()
    assert worker.wait(WAIT) == 3
    assert b"protocol error" in worker.stderr.read()


def test_does_not_mind_ctrl_c(worker):
    worker.stdout.readline()
    worker.send_signal(signal.SIGINT)
    worker.stdin.close()
    assert worker.wait(WAIT) == 0


def test_ends_when_nobody_reads(worker, tmp_path):
    worker.stdout.readline()
    worker.stdout.close()
    job = {"kind": "toy-echo", "events": 100_000}
    worker.stdin.write(encode(Submit(run="0" * 32, job=job, scratch=tmp_path)))
    worker.stdin.flush()
    assert worker.wait(WAIT) == 0


@pytest.mark.parametrize("how", ["python", "gil"])
def test_is_gone_when_its_parent_is_killed(how):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, how], stdout=subprocess.PIPE
    ) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
        wait_until(lambda: is_gone(pid))


def test_is_gone_when_its_parent_ends_without_closing():
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, "exits"], stdout=subprocess.PIPE
    ) as parent:
        pid = int(parent.stdout.readline())
        assert parent.wait(WAIT) == 0
        wait_until(lambda: is_gone(pid))


def test_imports_nothing_from_the_current_folder(tmp_path):
    (tmp_path / "pydantic.py").write_text("raise SystemExit('hijacked')")
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert isinstance(decode_reply(process.stdout.readline()), Ready)
        process.stdin.close()


def test_starts_without_torch_and_napari():
    code = (
        "import sys, napari_segsuite.runners.serving, napari_segsuite.runners.process;"
        "print(sorted({'torch', 'monai', 'napari', 'qtpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
