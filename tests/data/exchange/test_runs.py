"""Runs of masks, and COCO's codes of them, against pycocotools."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as oracle

from napari_segsuite.data.exchange.runs import (
    compressed,
    counts_of,
    pixels_of,
    runs_from,
    runs_of,
    uncompressed,
)
from napari_segsuite.errors import InputError

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9))


def test_a_hand_worked_mask():
    mask = np.array([[0, 1, 1], [0, 1, 0]], bool)
    # Down the columns: 0 0, 1 1, 1 0.
    runs = runs_of(mask, (0, 0), 2)
    assert runs.tolist() == [[2, 5]]
    assert counts_of(runs, 6) == [2, 3, 1]
    assert pixels_of(runs).tolist() == [2, 3, 4]


def test_part_of_an_image_is_placed():
    runs = runs_of(np.ones((2, 2), bool), (1, 3), 5)
    assert runs.tolist() == [[16, 18], [21, 23]]


def test_a_count_of_zero_joins_runs():
    assert runs_from([1, 2, 0, 3], 6).tolist() == [[1, 6]]


@settings(deadline=None, max_examples=60)
@given(MASKS)
def test_codes_are_those_of_pycocotools(mask):
    height, size = mask.shape[0], mask.size
    runs = runs_of(mask, (0, 0), height)
    counts = counts_of(runs, size)
    text = compressed(counts)
    assert text == oracle.encode(np.asfortranarray(mask.astype(np.uint8)))[
        "counts"
    ].decode("ascii")
    assert uncompressed(text) == counts
    assert np.array_equal(runs_from(counts, size), runs)
    back = np.zeros(size, bool)
    back[pixels_of(runs)] = True
    assert np.array_equal(back.reshape(mask.shape[::-1]).T, mask)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        runs = runs_from(uncompressed(text), 50)
    except InputError:
        return
    assert runs.min(initial=0) >= 0
    assert runs.max(initial=0) <= 50


@pytest.mark.parametrize(
    "counts", [[3, 4], [-1, 7], [2, "4"], [2.0, 4.0], [], [10**30]]
)
def test_broken_counts_are_refused(counts):
    with pytest.raises(InputError, match="run-length code is broken"):
        runs_from(counts, 6)
