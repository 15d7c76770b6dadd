"""A count that follows its arrays equals a full recount, whatever changed."""

from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.metrics import count
from napari_segsuite.widgets.changes import everywhere
from napari_segsuite.widgets.measure import live_count
from napari_segsuite.widgets.measure.live_count import LiveCount, keeps_copies
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.parts import OUTSIDE, ArrayPart, RegionPart


def whole(array: Any) -> ArrayPart:
    return ArrayPart(array, tuple(slice(0, n) for n in array.shape))


def live(true: Any, pred: Any) -> LiveCount:
    return LiveCount(Comparison(whole(true), whole(pred), ""), lambda _: None)


SHAPES = [(6, 7), (3, 6, 7), (2, 3, 5, 4), (1, 6, 7)]


@given(seed=st.integers(0, 2**32 - 1), shape=st.sampled_from(SHAPES))
def test_random_edits_end_at_a_full_recount(seed: int, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(seed)
    true, pred = (rng.integers(0, 4, shape) for _ in range(2))
    counted = live(true, pred)
    for _ in range(6):
        side = int(rng.integers(0, 2))
        low = [int(rng.integers(0, n)) for n in shape]
        high = [int(rng.integers(a, n + 1)) for a, n in zip(low, shape, strict=True)]
        window = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        (true, pred)[side][window] = rng.integers(0, 4)
        # Told generously, and with what lies beyond the rim.
        box = tuple((a - 1, b + 2) for a, b in zip(low, high, strict=True))
        before = counted.table
        changed = counted.update(
            box if side == 0 else None, box if side == 1 else None, lambda _: None
        )
        assert changed == (counted.table != before) or changed

    assert counted.table == count(true, pred)
    if counted.axis is not None:
        slices = [
            count(t, p)
            for t, p in zip(
                np.moveaxis(true, counted.axis, 0),
                np.moveaxis(pred, counted.axis, 0),
                strict=True,
            )
        ]
        assert counted.slices == slices


def test_nothing_told_is_nothing_done() -> None:
    true = np.zeros((4, 5), np.uint8)
    counted = live(true, true.copy())
    true[2, 2] = 1

    assert counted.update(None, None, lambda _: None) is False
    assert counted.table == count(np.zeros(20, int), np.zeros(20, int))
    assert counted.update(everywhere(2), None, lambda _: None) is True
    assert counted.update(everywhere(2), None, lambda _: None) is False
    assert counted.table == count(true, np.zeros((4, 5), int))


@pytest.mark.parametrize("in_memory", [True, False])
def test_without_copies_it_counts_where_it_is_told(
    in_memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_count, "MOST_KEPT", 10)
    true = np.array([[[0, 1, 1], [1, 1, 0]], [[2, 2, 2], [0, 0, 0]]])
    array: Any = true if in_memory else zarr.array(true, chunks=(1, 2, 2))
    counted = live(array, array)

    assert not keeps_copies(counted.comparison)
    assert counted.table == count(true, true)
    assert counted.slices == [count(one, one) for one in true]
    assert counted.update(everywhere(3), None, lambda _: None) is False

    before = counted.slices
    array[1, 0, 0] = true[1, 0, 0] = 9
    assert counted.update(((0, 1), (0, 2), (0, 3)), None, lambda _: None) is False
    assert counted.update(((1, 2), (0, 1), (0, 1)), None, lambda _: None) is True
    assert counted.table == count(true, true)
    assert counted.slices == [count(one, one) for one in true]
    assert counted.slices[0] is before[0]


def test_beyond_a_region_the_truth_is_outside() -> None:
    true, pred = np.ones((6, 6), np.uint8), np.zeros((6, 6), np.uint8)
    window = (slice(1, 5), slice(1, 5))
    square = ((1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (2.0, 1.0))
    part = RegionPart(true, window, (0, 1), (square,))
    counted = LiveCount(Comparison(part, ArrayPart(pred, window), ""), lambda _: None)
    true[1, 1] = 7
    counted.update(((0, 1), (0, 1)), None, lambda _: None)

    assert counted.table == count([OUTSIDE] * 12 + [1, 1, 1, 7], [0] * 16)


def test_a_count_can_be_ended() -> None:
    def stop(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        LiveCount(
            Comparison(*(whole(np.zeros((3, 4, 5), int)) for _ in range(2)), ""), stop
        )
