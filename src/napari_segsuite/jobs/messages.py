"""What a runner and its worker process say to each other: one JSON object a line.

The set of messages is closed: anything else is a `ProtocolError`, after which
neither side trusts the other. Arrays never travel; they lie in files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from napari_segsuite._model import Model
from napari_segsuite.errors import SegsuiteError
from napari_segsuite.jobs.events import Event

T = TypeVar("T")

PROTOCOL: Final = 1
"""Version of these messages; both sides must have the same."""
MAX_LINE: Final = 16 * 2**20
"""Longest line in bytes: a job of some 100,000 files."""

RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class ProtocolError(SegsuiteError, ValueError):
    """A line that is no message, or a message that cannot be sent."""


class Submit(Model):
    """Carry out a job; jobs are taken one after the other."""

    type: Literal["submit"] = "submit"
    run: RunId
    job: dict[str, Any]
    """The job, as `dump_job` writes it."""
    scratch: Path
    """A folder for temporary arrays; it exists."""


class Cancel(Model):
    """Give the run up and keep nothing."""

    type: Literal["cancel"] = "cancel"
    run: RunId


class Stop(Model):
    """Finish the run early and keep the best so far."""

    type: Literal["stop"] = "stop"
    run: RunId


class Control(Model):
    """A new value for a job that runs, such as the slice to preview."""

    type: Literal["control"] = "control"
    run: RunId
    name: str
    value: JsonValue


class Preload(Model):
    """Import modules now, so that the next job starts at once."""

    type: Literal["preload"] = "preload"
    modules: tuple[str, ...]


class Ready(Model):
    """The first line of a worker."""

    type: Literal["ready"] = "ready"
    protocol: int
    pid: int


class Started(Model):
    """The run has begun; a worker that dies before has done nothing of it."""

    type: Literal["started"] = "started"
    run: RunId


class Emitted(Model):
    """An event of the run."""

    type: Literal["emitted"] = "emitted"
    run: RunId
    event: Event


class Finished(Model):
    """The run ended well."""

    type: Literal["finished"] = "finished"
    run: RunId
    result: dict[str, Any]
    """The fields of the job's `result_type`."""


class Failed(Model):
    """The run ended with an error."""

    type: Literal["failed"] = "failed"
    run: RunId
    error: Literal["InputError", "ModelFolderError", "StorageError", "JobFailed"]
    """The class of the error."""
    message: str
    details: str = ""
    """The traceback of a `JobFailed`."""


class WasCancelled(Model):
    """The run gave up as asked."""

    type: Literal["cancelled"] = "cancelled"
    run: RunId


class Heartbeat(Model):
    """The worker is alive; sent once a second while it works."""

    type: Literal["heartbeat"] = "heartbeat"


Request = Annotated[
    Submit | Cancel | Stop | Control | Preload, Field(discriminator="type")
]
Reply = Annotated[
    Ready | Started | Emitted | Finished | Failed | WasCancelled | Heartbeat,
    Field(discriminator="type"),
]

_REQUESTS: Final[TypeAdapter[Request]] = TypeAdapter(Request)
_REPLIES: Final[TypeAdapter[Reply]] = TypeAdapter(Reply)


def encode(message: Request | Reply) -> bytes:
    """Return `message` as one line of UTF-8 JSON, with its line end.

    Raises
    ------
    ProtocolError
        If a value has no JSON form (a path that is no Unicode), or the line is
        longer than `MAX_LINE`.
    """
    try:
        line = message.model_dump_json().encode() + b"\n"
    except ValueError as error:
        msg = f"it holds a value that cannot be written as text: {error}"
        raise ProtocolError(msg) from error
    if len(line) > MAX_LINE:
        msg = f"it is {len(line):,} bytes long, and at most {MAX_LINE:,} can be sent"
        raise ProtocolError(msg)
    return line


def decode_request(line: bytes) -> Request:
    """Return the request that `encode` wrote.

    Raises
    ------
    ProtocolError
        If `line` is anything else.
    """
    return _decode(_REQUESTS, line)


def decode_reply(line: bytes) -> Reply:
    """Return the reply that `encode` wrote.

    Raises
    ------
    ProtocolError
        If `line` is anything else.
    """
    return _decode(_REPLIES, line)


def _decode(adapter: TypeAdapter[T], line: bytes) -> T:
    if len(line) > MAX_LINE:
        msg = f"a line of more than {MAX_LINE:,} bytes came"
        raise ProtocolError(msg)
    try:
        return adapter.validate_json(line, strict=True)
    except ValidationError as error:
        # The input may be megabytes of anything: show where it is wrong, not all of it.
        faults = error.errors(include_url=False, include_input=False)[:3]
        msg = f"a line came that is no message: {line[:80]!r}: {faults}"
        raise ProtocolError(msg) from error
