from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from napari_segsuite.engine.prompting.sam.frame import Frame
from napari_segsuite.errors import InputError

SIZE = 64

lengths = st.integers(1, 200)


def shapes() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(lengths, lengths).filter(lambda s: max(s) <= 100 * min(s))


@given(shapes(), st.integers(0, 2**16))
def test_logits_come_to_the_plane_as_meta_takes_them(
    shape: tuple[int, int], seed: int
) -> None:
    frame = Frame.of(shape, SIZE)
    logits = torch.from_numpy(np.random.default_rng(seed).normal(size=(16, 16))).float()
    square = functional.interpolate(
        logits[None, None], (SIZE, SIZE), mode="bilinear", align_corners=False
    )[..., : frame.rows.inside, : frame.columns.inside]
    expected = functional.interpolate(
        square, shape, mode="bilinear", align_corners=False
    )[0, 0]

    assert frame.shape == shape
    torch.testing.assert_close(
        frame.rows.finer @ logits @ frame.columns.finer.T, expected, atol=1e-5, rtol=0
    )


@given(shapes(), st.integers(0, 15), st.integers(0, 15))
def test_what_depends_on_some_of_the_grid_and_what_that_depends_on(
    shape: tuple[int, int], one: int, other: int
) -> None:
    axis = Frame.of(shape, SIZE).rows
    first, last = sorted((one, other))
    plane = axis.reach(first, last)
    depends = axis.finer[:, first : last + 1].any(1).nonzero().flatten().tolist()
    grid = axis.used(plane)
    used = axis.finer[plane].any(0).nonzero().flatten().tolist()

    assert list(range(shape[0]))[plane] == depends
    assert [grid.start, grid.stop - 1] == [used[0], used[-1]] if used else not depends


@given(shapes())
def test_means_are_means_of_what_is_covered(shape: tuple[int, int]) -> None:
    for axis in (Frame.of(shape, SIZE).rows, Frame.of(shape, SIZE).columns):
        covered = -(-axis.inside // 4)
        sums = axis.coarser.sum(1)
        torch.testing.assert_close(sums[:covered], torch.ones(covered))
        assert not sums[covered:].any()


def test_means_by_hand() -> None:
    # 32 rows fill the square of 64: two of the square each; the grid has one per two.
    rows = Frame.of((32, 16), SIZE).rows
    assert rows.scale == 2
    assert rows.coarser[1].nonzero().flatten().tolist() == [2, 3]
    assert rows.coarser[1, 2:4].tolist() == [0.5, 0.5]


def test_a_plane_that_would_vanish_is_refused() -> None:
    with pytest.raises(InputError, match="too narrow for Segment Anything"):
        Frame.of((1, 200), SIZE)
