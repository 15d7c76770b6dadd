"""Simulated painting is true, sparse and repeatable."""

import numpy as np
import pytest

from napari_segsuite.data.strokes import paint_strokes
from napari_segsuite.errors import InputError


def truth_of(*shape: int) -> np.ndarray:
    truth = np.ones(shape, np.uint8)
    truth[..., 10:30, 10:30] = 2
    truth[..., 40:60, 35:60] = 7
    return truth


@pytest.mark.parametrize("share", [0.01, 0.03, 0.1])
@pytest.mark.parametrize("shape", [(64, 64), (3, 64, 64)])
def test_strokes_are_true_and_few(shape, share):
    truth = truth_of(*shape)
    painted = paint_strokes(truth, np.random.default_rng(0), share)
    assert painted.dtype == truth.dtype
    where = painted > 0
    np.testing.assert_array_equal(painted[where], truth[where])
    assert where.mean() <= share
    for label in (1, 2, 7):
        assert (painted == label).sum() >= 0.6 * share / 3 * truth.size


def test_the_same_seed_paints_the_same():
    first, again, other = (
        paint_strokes(truth_of(64, 64), np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_small_object_is_never_painted_whole():
    truth = np.ones((64, 64), np.uint8)
    truth[5:9, 5:9] = 2
    painted = paint_strokes(truth, np.random.default_rng(0), 0.2)
    assert 0 < (painted == 2).sum() <= 8


def test_zero_in_the_truth_stays_unpainted():
    truth = truth_of(64, 64)
    truth[:, 30:35] = 0
    assert not paint_strokes(truth, np.random.default_rng(0), 0.5)[:, 30:35].any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (0, 5)])
def test_pictures_with_no_room(shape):
    painted = paint_strokes(np.ones(shape, np.uint8), np.random.default_rng(0))
    assert painted.shape == shape


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_shares_that_are_none(share):
    with pytest.raises(InputError, match="share between 0 and 1"):
        paint_strokes(np.ones((4, 4), int), np.random.default_rng(0), share)
