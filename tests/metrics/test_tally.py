"""The compiled count against the plain one, on arrays that fill its hash table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_segsuite.metrics import tally
from napari_segsuite.metrics.tally import Tally, count, run_kernel


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "_MANY_PIXELS", 0)


def test_the_compiled_loop_can_be_loaded_here() -> None:
    assert run_kernel() is not None


def test_both_ways_agree_on_large_label_images(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    true = np.repeat(rng.integers(0, 300, (60, 100)), 37, axis=1)
    pred = np.roll(true, 5, axis=1)
    plain = count(true, pred)

    monkeypatch.setattr(tally, "_MANY_PIXELS", 0)

    assert count(true, pred) == plain
    assert count(true.astype(np.uint16), pred.astype(np.int8)) == count(
        true, pred.astype(np.int8)
    )


def test_noise_makes_the_hash_table_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    true, pred = rng.integers(-(2**60), 2**60, (2, 300_000))
    plain = count(true, pred)

    monkeypatch.setattr(tally, "_MANY_PIXELS", 0)

    assert count(true, pred) == plain


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("size", [0, 1, 2, 4096, 4097, 65_536, 65_537])
def test_every_pixel_counts_once_whatever_the_size(size: int) -> None:
    true = np.arange(size) // 3

    table = count(true, true % 7)

    assert table.total == size
    np.testing.assert_array_equal(np.unique(true), np.unique(table.true_ids))


@given(hnp.arrays(np.int64, (2, 50), elements=st.integers(-2, 3)), st.integers(0, 50))
def test_a_tally_that_changes_its_way_is_exact(both: np.ndarray, cut: int) -> None:
    true, pred = both
    mixed = Tally().add(true[:cut], pred[:cut])
    mixed._n_pixels = 1 << 40

    mixed.add(true[cut:], pred[cut:])

    assert mixed.table() == count(true, pred)


@given(
    st.lists(
        st.tuples(st.integers(-1, 3), st.integers(-1, 3), st.integers(1, 90)),
        max_size=12,
    ),
    st.sampled_from([np.int8, np.int32, np.int64]),
)
def test_runs_of_any_length_begin_where_they_begin(
    runs: list[tuple[int, int, int]], dtype: type
) -> None:
    # Longer and shorter than the 64 pixels that are compared in one go.
    true, pred, lengths = np.array(runs, int).reshape(-1, 3).T
    true, pred = (np.repeat(ids, lengths).astype(dtype) for ids in (true, pred))
    fast = Tally()
    fast._n_pixels = 1 << 40

    assert fast.add(true, pred).table() == count(true, pred)


@pytest.mark.usefixtures("compiled")
def test_without_the_compiled_loop_the_count_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = count([1, 1, 2], [1, 2, 2])

    monkeypatch.setattr(tally, "run_kernel", lambda: None)

    assert count([1, 1, 2], [1, 2, 2]) == table


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("dtype", ["?", "i1", "u4", ">i4", "i4", "i8", ">u8", "f4"])
def test_every_kind_of_memory_is_counted(dtype: str) -> None:
    values = np.arange(40).astype(dtype)
    values.flags.writeable = False

    for view in (values, values[::2], values[::-3], values.reshape(4, 10).T):
        table = count(view, view)
        ids, counts = np.unique(view.astype(np.int64), return_counts=True)
        assert table.true_ids.tolist() == ids.tolist()
        assert table.counts.tolist() == counts.tolist()
