"""Toy jobs that behave well and badly; a package of its own, as others would make."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any, ClassVar, Literal

from napari_segsuite.errors import InputError, StorageError
from napari_segsuite.jobs.base import Job, JobContext, Result
from napari_segsuite.jobs.events import Notice, Progress


class ToyResult(Result):
    value: Any = None
    number: float = 0.0
    pid: int = 0
    stopped: bool = False


class Echo(Job[ToyResult]):
    """Returns what it is given, after telling `events` events."""

    kind: ClassVar[str] = "toy-echo"
    handler: ClassVar[str] = "segsuite_toys:echo"
    result_type: ClassVar[type[Result]] = ToyResult

    value: Any = None
    number: float = 0.0
    events: int = 0


def echo(job: Echo, ctx: JobContext) -> ToyResult:
    for index in range(job.events):
        ctx.emit(Notice(message=str(index)))
    return ToyResult(value=job.value, number=job.number, pid=os.getpid())


class Slow(Job[ToyResult]):
    """Works in steps until it is stopped or cancelled."""

    kind: ClassVar[str] = "toy-slow"
    handler: ClassVar[str] = "segsuite_toys:slow"
    result_type: ClassVar[type[Result]] = ToyResult
    stoppable: ClassVar[bool] = True

    keeps: bool = True
    """Whether it looks whether it should stop."""


def slow(job: Slow, ctx: JobContext) -> ToyResult:
    ctx.emit(Progress(fraction=0.0, message="begun"))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ctx.check_cancelled()
        if job.keeps and ctx.stop_requested():
            return ToyResult(value=ctx.control("slice"), stopped=True, pid=os.getpid())
        if ctx.control("finish"):
            return ToyResult(value=ctx.control("slice"), pid=os.getpid())
        time.sleep(0.01)
    raise TimeoutError


class Deaf(Job[ToyResult]):
    """Never asks whether it was cancelled; in Python, or in C code with the GIL."""

    kind: ClassVar[str] = "toy-deaf"
    handler: ClassVar[str] = "segsuite_toys:deaf"
    result_type: ClassVar[type[Result]] = ToyResult

    seconds: float = 60.0
    holds_gil: bool = False
    swallows: bool = False
    """Whether it ends well although it was cancelled."""


def deaf(job: Deaf, ctx: JobContext) -> ToyResult:
    ctx.emit(Progress(fraction=0.0, message=str(os.getpid())))
    if job.holds_gil:
        ctypes.PyDLL(None).sleep(int(job.seconds))
    elif job.swallows:
        while True:
            try:
                ctx.check_cancelled()
            except Exception:
                return ToyResult(value="too late")
            time.sleep(0.01)
    else:
        time.sleep(job.seconds)
    return ToyResult()


class Crash(Job[ToyResult]):
    """Ends the worker process."""

    kind: ClassVar[str] = "toy-crash"
    handler: ClassVar[str] = "segsuite_toys:crash"
    result_type: ClassVar[type[Result]] = ToyResult

    how: Literal["abort", "segfault", "exit", "orphan"] = "abort"


def crash(job: Crash, ctx: JobContext) -> ToyResult:
    sys.stderr.write("last words: naïve\n")
    sys.stderr.flush()
    if job.how == "abort":
        os.abort()
    elif job.how == "segfault":
        ctypes.string_at(0)
    elif job.how == "orphan":
        # A child that keeps every file of the dead worker open.
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(7)


class Fail(Job[ToyResult]):
    """Raises an error."""

    kind: ClassVar[str] = "toy-fail"
    handler: ClassVar[str] = "segsuite_toys:fail"
    result_type: ClassVar[type[Result]] = ToyResult

    error: Literal["input", "storage", "value", "memory", "exit", "type", "text"]


def fail(job: Fail, ctx: JobContext) -> ToyResult:
    if job.error == "type":
        return Result()  # type: ignore[return-value]
    raise {
        "input": InputError("the image is empty; choose another"),
        "storage": StorageError("the disk is full; free some space"),
        "value": ValueError("seven"),
        "memory": MemoryError(),
        "exit": SystemExit(2),
        "text": ValueError("lone surrogate \ud800"),
    }[job.error]


class Print(Job[ToyResult]):
    """Prints from Python, from C and from a child, between two events."""

    kind: ClassVar[str] = "toy-print"
    handler: ClassVar[str] = "segsuite_toys:print_much"
    result_type: ClassVar[type[Result]] = ToyResult


def print_much(job: Print, ctx: JobContext) -> ToyResult:
    ctx.emit(Notice(message="before"))
    print("from python")
    print('{"type": "heartbeat"}')
    os.write(1, b"from a file descriptor\n")
    libc = ctypes.CDLL(None)
    libc.printf(b"from C\n")
    libc.fflush(None)
    subprocess.run(["echo", "from a child"], check=True)
    for percent in range(0, 101, 10):
        sys.stderr.write(f"\r\x1b[32mbar {percent} %\x1b[0m")
    sys.stderr.write("\n")
    sys.stderr.flush()
    read = sys.stdin.read()
    ctx.emit(Notice(message="after"))
    return ToyResult(value=read)


class Garbage(Job[ToyResult]):
    """Writes to the pipe of the protocol what does not belong there."""

    kind: ClassVar[str] = "toy-garbage"
    handler: ClassVar[str] = "segsuite_toys:garbage"
    result_type: ClassVar[type[Result]] = ToyResult

    what: Literal["bytes", "json", "wrong run", "half", "huge"]


def garbage(job: Garbage, ctx: JobContext) -> ToyResult:
    pipe = _protocol_pipe()
    if job.what == "huge":
        for _ in range(17):
            os.write(pipe, b"x" * 2**20)
    elif job.what == "half":
        os.write(pipe, b'{"type": "finished", "run"')
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        os.write(
            pipe,
            {
                "bytes": b"\x00\xff garbage\n",
                "json": b'{"type": "finished", "run": 3}\n',
                "wrong run": b'{"type": "cancelled", "run": "' + b"0" * 32 + b'"}\n',
            }[job.what],
        )
    time.sleep(60)
    return ToyResult()


def _protocol_pipe() -> int:
    for number in range(3, 20):
        try:
            if "pipe:" in os.readlink(f"/proc/self/fd/{number}"):
                os.write(number, b"")
                return number
        except OSError:
            continue
    raise LookupError


class Freeze(Job[ToyResult]):
    """Stops its own process, as a hung driver would, until it is continued."""

    kind: ClassVar[str] = "toy-freeze"
    handler: ClassVar[str] = "segsuite_toys:freeze"
    result_type: ClassVar[type[Result]] = ToyResult


def freeze(job: Freeze, ctx: JobContext) -> ToyResult:
    ctx.emit(Progress(fraction=0.0, message=str(os.getpid())))
    os.kill(os.getpid(), signal.SIGSTOP)
    return ToyResult()


class Hold(Job[ToyResult]):
    """Keeps a value for the next job, writes to scratch, and talks on afterwards."""

    kind: ClassVar[str] = "toy-hold"
    handler: ClassVar[str] = "segsuite_toys:hold"
    result_type: ClassVar[type[Result]] = ToyResult

    key: str


def hold(job: Hold, ctx: JobContext) -> ToyResult:
    def talk() -> None:
        time.sleep(0.1)
        ctx.emit(Notice(message="too late"))

    (ctx.scratch / "temporary").write_text("x")
    threading.Thread(target=talk, daemon=True).start()
    return ToyResult(value=ctx.cached(job.key, time.monotonic_ns))
