"""Tables of parts follow their arrays exactly, and only where they are told to look."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.metrics import count
from napari_segsuite.widgets.measure.part_tables import PartTables
from napari_segsuite.widgets.measure.parts import ArrayPart


class Chunked:
    """An array in chunks that notes what is read of it."""

    def __init__(self, array: Any, chunks: tuple[int, ...]) -> None:
        self.array, self.chunks = array, chunks
        self.shape, self.dtype = array.shape, array.dtype
        self.read: list[tuple[slice, ...]] = []

    def __getitem__(self, window: tuple[slice, ...]) -> Any:
        self.read.append(window)
        return self.array[window]


def whole(array: Any) -> ArrayPart:
    return ArrayPart(array, tuple(slice(0, n) for n in array.shape))


def nothing(_part: float) -> None:
    """Ignore how far it is."""


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """Blocks are no larger than chunks: tiny arrays have several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("napari_segsuite.metrics.blocks._AIM", 1)
        yield


SHAPES = [((6, 9), None), ((3, 6, 7), 0), ((4, 3, 5, 4), 1), ((7, 4, 5), 0)]


@given(
    seed=st.integers(0, 2**32 - 1),
    case=st.sampled_from(SHAPES),
    chunk=st.integers(1, 4),
)
def test_edits_undone_and_redone_end_at_a_full_recount(
    seed: int, case: tuple[tuple[int, ...], int | None], chunk: int
) -> None:
    shape, axis = case
    rng = np.random.default_rng(seed)
    pair = [rng.integers(-1, 3, shape) for _ in range(2)]
    parts = [whole(Chunked(array, (chunk,) * len(shape))) for array in pair]
    tables = PartTables(*parts, axis, nothing)
    undo: list[Any] = []
    redo: list[Any] = []
    for _ in range(8):
        action = rng.integers(0, 4)
        if action == 0 and undo:
            side, window, pixels = undo.pop()
            redo.append((side, window, pair[side][window].copy()))
        elif action == 1 and redo:
            side, window, pixels = redo.pop()
            undo.append((side, window, pair[side][window].copy()))
        else:
            side = int(rng.integers(0, 2))
            low = [int(rng.integers(0, n)) for n in shape]
            high = [
                int(rng.integers(a, n)) + 1 for a, n in zip(low, shape, strict=True)
            ]
            window = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
            pixels = rng.integers(0, 5)
            undo.append((side, window, pair[side][window].copy()))
            redo.clear()
        before = tables.table, list(tables.slices)
        pair[side][window] = pixels
        # Told generously, and with what lies beyond the rim.
        box = tuple((part.start - 1, part.stop + 2) for part in window)
        changed = tables.update((box, None) if side == 0 else (None, box), nothing)

        assert tables.table == count(*pair)
        assert changed or before[0] == tables.table
        if axis is not None:
            fronts = zip(*(np.moveaxis(one, axis, 0) for one in pair), strict=True)
            for was, now, expected in zip(
                before[1], tables.slices, fronts, strict=True
            ):
                assert now == count(*expected)
                # What did not change is scored no second time.
                assert (now is was) or now != was


def test_only_the_chunks_that_are_met_are_read() -> None:
    array = Chunked(np.zeros((4, 6, 6), np.uint8), (2, 3, 3))
    tables = PartTables(whole(array), whole(array), 0, nothing)
    assert len(array.read) == 2 * 8
    array.read.clear()

    array.array[3, 1, 1] = 7
    assert tables.update((((3, 4), (1, 2), (1, 2)), None), nothing)
    assert array.read == [(slice(3, 4), slice(0, 3), slice(0, 3))] * 2
    assert tables.slices[3] == count(array.array[3], array.array[3])

    array.read.clear()
    assert not tables.update((((9, 10), (1, 2), (1, 2)), None), nothing)
    assert array.read == []


def test_an_array_without_pixels_has_an_empty_table() -> None:
    array = np.zeros((0, 4), np.uint8)
    assert not PartTables(whole(array), whole(array), None, nothing).table.total
