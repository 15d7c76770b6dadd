"""A worker process, started when wanted and given up when it must be."""

import time
from queue import SimpleQueue

import pytest

from napari_segsuite.jobs.messages import PROTOCOL, ProtocolError, Ready
from napari_segsuite.runners.warm_worker import WarmWorker

WAIT = 30.0
"""Longest wait in seconds; a test that needs it has failed."""


@pytest.fixture
def gone():
    return SimpleQueue()


@pytest.fixture
def worker(gone):
    """Answer to replies as the supervisor does, though in the reading thread."""

    def hear(connection, reply):
        if isinstance(reply, Ready):
            replies.put(reply)
        connection.release()

    replies = SimpleQueue()
    made = WarmWorker(1, on_reply=hear, on_gone=gone.put)
    made.replies = replies
    yield made
    made.end()


def test_without_a_process_there_is_nothing_to_do(worker):
    told = (worker.ready, worker.starting, worker.has_died, worker.is_warm)
    assert told == (False, False, False, False)
    worker.preload(("this",))
    assert not worker.is_seen_dead()
    assert worker.give_up() is None


def test_modules_are_remembered_once(worker):
    assert worker.learn(("this", "math")) == ("this", "math")
    assert worker.learn(("this", "json")) == ("json",)
    assert worker.is_warm


def test_a_worker_that_is_welcome_is_ready_and_imports(worker, gone):
    worker.learn(("this",))
    worker.start()
    connection = worker.connection
    worker.start()
    assert worker.connection is connection
    assert worker.starting
    worker.welcome(worker.replies.get(timeout=WAIT).protocol)
    assert worker.ready
    assert not worker.starting
    deadline = time.monotonic() + WAIT
    while "Beautiful is better than ugly." not in connection.last_lines:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    worker.end()
    assert worker.connection is None
    assert gone.get(timeout=WAIT) is connection


def test_a_worker_that_speaks_otherwise_is_not_welcome(worker):
    worker.start()
    with pytest.raises(ProtocolError, match="updated meanwhile"):
        worker.welcome(PROTOCOL + 1)
    assert not worker.ready


def test_death_is_sure_when_it_is_seen_twice(worker, gone):
    worker.start()
    worker.welcome(PROTOCOL)
    assert not worker.has_died
    worker.connection.kill()
    gone.get(timeout=WAIT)
    assert worker.has_died
    assert not worker.is_seen_dead()
    assert worker.is_seen_dead()
    worker.give_up()
    worker.start()
    assert not worker.is_seen_dead()
