"""Whose turn it is, and what is left of runs that ended."""

import pytest
from segsuite_toys import Echo

from napari_segsuite.errors import Cancelled, StorageError
from napari_segsuite.jobs.messages import ProtocolError
from napari_segsuite.runners.base import Run, RunStatus
from napari_segsuite.runners.order import Order
from napari_segsuite.runners.order_book import OrderBook


@pytest.fixture
def order(tmp_path):
    """Make orders, each with a scratch folder of its own."""

    def make(name: str) -> Order:
        run = Run(Echo(), lambda run, request: None)
        return Order(run, b"", tmp_path / name)

    return make


def test_runs_have_their_turn_in_order(order):
    book, first, second = OrderBook(), order("1"), order("2")
    assert book.idle
    book.add(first)
    book.add(second)
    assert book.next_is_due
    assert not book.idle
    assert book.take_up() is first
    assert first.scratch.is_dir()
    assert not book.next_is_due
    assert book.end() is first.run
    assert book.take_up() is second
    assert book.end() is second.run
    assert book.end() is None
    assert book.idle


def test_a_run_that_waits_can_be_struck_out(order):
    book, first, second = OrderBook(), order("1"), order("2")
    book.add(first)
    book.add(second)
    assert book.strike(first.run)
    assert not book.strike(first.run)
    assert book.strike_next() is second.run
    assert book.strike_next() is None


def test_the_worker_may_only_speak_of_the_run_it_was_given(order):
    book, first, second = OrderBook(), order("1"), order("2")
    book.add(first)
    book.add(second)
    book.take_up()
    assert book.is_current(first.run)
    assert not book.is_current(second.run)
    assert book.named(first.run.id) is first.run
    with pytest.raises(ProtocolError, match="which it does not have"):
        book.named(second.run.id)


def test_a_run_cancelled_meanwhile_is_not_taken_up(order):
    book, only = OrderBook(), order("1")
    book.add(only)
    only.run.cancel()
    assert book.take_up() is None
    assert book.idle
    with pytest.raises(Cancelled):
        only.run.result(0)


def test_a_run_without_room_for_its_arrays_fails(order, tmp_path):
    book, only = OrderBook(), order("1")
    only.scratch.write_text("a file is in the way")
    book.add(only)
    assert book.take_up() is None
    assert book.idle
    with pytest.raises(StorageError, match="temporary folder"):
        only.run.result(0)


def test_a_run_never_begun_is_put_back_before_the_others_but_once(order):
    book, first, second = OrderBook(), order("1"), order("2")
    book.add(first)
    book.add(second)
    book.take_up()
    assert book.put_back()
    assert book.take_up() is first
    assert not book.put_back()
    book.end()
    assert book.take_up() is second
    assert book.put_back()


def test_a_run_that_was_begun_is_not_put_back(order):
    book = OrderBook()
    assert not book.put_back()
    book.add(order("1"))
    book.take_up()
    book.begun = True
    assert not book.put_back()


def test_the_next_run_has_not_begun_and_is_not_to_be_killed(order):
    book = OrderBook()
    for name in "12":
        book.add(order(name))
    book.take_up()
    book.begun, book.kill_at = True, 5.0
    book.end()
    assert book.kill_at == float("inf")
    assert book.take_up().run.status is RunStatus.QUEUED
    assert not book.begun


def test_the_last_scratch_folder_stays_until_the_end(order, tmp_path):
    book = OrderBook()
    for name in "123":
        book.add(order(name))
        book.take_up()
        book.end()
    book.sweep()
    assert [path.name for path in tmp_path.iterdir()] == ["3"]
    book.close()
    assert list(tmp_path.iterdir()) == []
