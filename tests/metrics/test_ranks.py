"""The place of ids among those that occur."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_segsuite.metrics.ranks import ranked

BIG = 2**63 - 1
IDS = st.one_of(
    st.integers(-4, 9), st.integers(-(2**17), 2**17), st.sampled_from([-BIG - 1, BIG])
)


def test_ranks_worked_by_hand() -> None:
    present, ranks = ranked(np.array([7, -2, 7, 0]))

    assert present.tolist() == [-2, 0, 7]
    assert ranks.tolist() == [2, 0, 2, 1]


@given(hnp.arrays(np.int64, st.integers(0, 20), elements=IDS))
def test_ranks_are_those_of_sorting(ids: np.ndarray) -> None:
    present, ranks = ranked(ids)

    assert present.tolist() == sorted(set(ids.tolist()))
    assert present[ranks].tolist() == ids.tolist()


@pytest.mark.parametrize("far", [2**16, 2**16 - 1, 2**16 + 1])
def test_ids_around_the_limit_of_looking_up(far: int) -> None:
    assert ranked(np.array([far, 0]))[0].tolist() == [0, far]
