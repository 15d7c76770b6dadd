from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.events import EpochEnd, Notice, Preview, Progress
from napari_segsuite.jobs.messages import (
    MAX_LINE,
    Cancel,
    Control,
    Emitted,
    Failed,
    Finished,
    Heartbeat,
    Preload,
    ProtocolError,
    Ready,
    Started,
    Stop,
    Submit,
    WasCancelled,
    decode_reply,
    decode_request,
    encode,
)

RUN = "0123456789abcdef" * 2
REQUESTS = [
    Submit(run=RUN, job={"kind": "x", "y": [1, 2.5, None]}, scratch=Path("/ü 細/a")),
    Cancel(run=RUN),
    Stop(run=RUN),
    Control(run=RUN, name="preview", value={"example": 0, "frame": [1, 2]}),
    Preload(modules=("json", "math")),
]
REPLIES = [
    Ready(protocol=1, pid=7),
    Started(run=RUN),
    Emitted(run=RUN, event=Progress(fraction=0.5, message="a\nb\u2028c\x00")),
    Emitted(run=RUN, event=Notice(message="ü \U0001f52c")),
    Emitted(
        run=RUN,
        event=Preview(
            labels=ArrayRef(path=Path("/a.npy"), axes="YX", spacing=(0.5, 0.5)),
            start=(0, 512),
            example=0,
            frame=(1, 2),
            source="network",
        ),
    ),
    Finished(run=RUN, result={"dice": 0.5}),
    Failed(run=RUN, error="JobFailed", message="m", details="d"),
    WasCancelled(run=RUN),
    Heartbeat(),
]


@pytest.mark.parametrize("message", REQUESTS, ids=lambda m: m.type)
def test_requests_arrive(message):
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode_request(line) == message


@pytest.mark.parametrize("message", REPLIES, ids=lambda m: m.type)
def test_replies_arrive(message):
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode_reply(line) == message


def test_nan_arrives():
    event = EpochEnd(
        epoch=1, step=1, seconds=0.0, loss=math.inf, dice=math.nan, best=False
    )
    arrived = decode_reply(encode(Emitted(run=RUN, event=event))).event
    assert math.isnan(arrived.dice)
    assert arrived.loss == math.inf
    result = {"mean": math.nan, "list": [math.inf, -math.inf]}
    arrived = decode_reply(encode(Finished(run=RUN, result=result))).result
    assert repr(arrived) == repr(result)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b"hello\n",
        b"\xff\xfe\n",
        b'{"type": "heartbeat"',
        b'{"type": "heartbeat"} {"type": "heartbeat"}\n',
        b'{"type": "unknown"}\n',
        b'{"type": "heartbeat", "more": 1}\n',
        b'{"type": "ready", "protocol": "1", "pid": 7}\n',
        b'{"type": "ready", "protocol": 1.5, "pid": 7}\n',
        b'{"type": "cancelled", "run": "../../etc"}\n',
        b'{"type": "cancelled", "run": null}\n',
        b'{"type": "failed", "run": "%s", "error": "SystemExit", "message": ""}\n'
        % RUN.encode(),
        b'{"type": "emitted", "run": "%s", "event": {"type": "x"}}\n' % RUN.encode(),
        b'{"type": "cancel", "run": "%s"}\n' % RUN.encode(),
        b"[" * 100_000,
        b'{"type":' * 100_000,
    ],
)
def test_anything_else_is_refused(line):
    with pytest.raises(ProtocolError):
        decode_reply(line)


def test_replies_are_no_requests():
    for reply in REPLIES:
        with pytest.raises(ProtocolError):
            decode_request(encode(reply))


def test_what_is_too_long_is_refused_on_both_sides():
    message = Finished(run=RUN, result={"text": "x" * MAX_LINE})
    with pytest.raises(ProtocolError, match="bytes long"):
        encode(message)
    with pytest.raises(ProtocolError, match="more than"):
        decode_reply(message.model_dump_json().encode())


def test_the_error_does_not_repeat_megabytes():
    with pytest.raises(ProtocolError) as caught:
        decode_reply(b'{"type": "ready", "pid": "' + b"x" * 1_000_000 + b'"}')
    assert len(str(caught.value)) < 2000


def test_a_path_that_is_no_text_is_refused():
    message = Submit(run=RUN, job={"path": "a\udcff"}, scratch=Path("/a"))
    with pytest.raises(ProtocolError, match="text"):
        encode(message)


def test_mutants_raise_nothing_else():
    rng = random.Random(0)  # noqa: S311
    lines = [encode(message) for message in REPLIES]
    decoded = refused = 0
    for _ in range(20_000):
        line = bytearray(rng.choice(lines))
        for _ in range(rng.randint(1, 4)):
            where = rng.randrange(len(line))
            match rng.randrange(3):
                case 0:
                    line[where] = rng.randrange(256)
                case 1:
                    del line[where:]
                    line.append(10)
                case _:
                    line[where:where] = rng.choice(lines)[: rng.randrange(20)]
        try:
            decode_reply(bytes(line))
            decoded += 1
        except ProtocolError:
            refused += 1
    assert refused > 10_000
    assert decoded + refused == 20_000
