"""The compiled loop comes from another process, and only where it is needed."""

import pytest

from napari_segsuite.metrics.tally import run_kernel
from napari_segsuite.widgets.measure.compiled_loop import CompiledLoop


class Stop(Exception):
    """Nobody waits any more."""


def never(_fraction: float) -> None:
    pytest.fail("waited")


@pytest.fixture
def unloaded() -> None:
    """Forget that this process has the loop."""
    run_kernel.cache_clear()


def test_few_pixels_and_a_loaded_loop_need_no_waiting(unloaded: None) -> None:
    CompiledLoop().make_ready((1000, 1000), never)

    run_kernel()
    CompiledLoop().make_ready((4096, 4096), never)


def test_many_pixels_wait_for_one_process(unloaded: None) -> None:
    told: list[float] = []
    loop = CompiledLoop()

    loop.make_ready((4096, 4096), told.append)
    assert set(told) == {0.0}
    # The process is done: nothing to wait for, though nothing is loaded here yet.
    loop.make_ready((4096, 4096), never)
    assert not run_kernel.cache_info().currsize


def test_who_no_longer_waits_finds_it_further_the_next_time(unloaded: None) -> None:
    def stop(_fraction: float) -> None:
        raise Stop

    loop = CompiledLoop()
    with pytest.raises(Stop):
        loop.make_ready((4096, 4096), stop)
    loop.make_ready((4096, 4096), lambda _: None)
    loop.make_ready((4096, 4096), never)
