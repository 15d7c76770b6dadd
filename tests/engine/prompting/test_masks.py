from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.engine.prompting.masks import (
    contrast,
    intersection,
    iou,
)

OFFSETS = st.tuples(st.integers(0, 6), st.integers(0, 6))
MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6))


def test_two_squares_that_share_a_corner() -> None:
    square = np.ones((3, 3), np.bool_)
    assert intersection(square, (0, 0), square, (2, 2)) == 1
    assert iou(square, (0, 0), square, (2, 2)) == 1 / 17


def test_nothing_agrees_with_nothing_by_zero() -> None:
    empty = np.zeros((0, 0), np.bool_)
    assert iou(empty, (0, 0), empty, (3, 3)) == 0.0


@given(MASKS, OFFSETS, MASKS, OFFSETS)
def test_parts_agree_as_on_the_whole_plane(
    one: np.ndarray, at: tuple[int, int], other: np.ndarray, there: tuple[int, int]
) -> None:
    a, b = np.zeros((12, 12), np.bool_), np.zeros((12, 12), np.bool_)
    a[at[0] : at[0] + one.shape[0], at[1] : at[1] + one.shape[1]] = one
    b[there[0] : there[0] + other.shape[0], there[1] : there[1] + other.shape[1]] = (
        other
    )
    union = (a | b).sum()
    assert intersection(one, at, other, there) == (a & b).sum()
    assert iou(one, at, other, there) == ((a & b).sum() / union if union else 0.0)


def test_contrast_is_inside_less_the_ring_around() -> None:
    plane = np.zeros((2, 20, 20), np.float32)
    plane[0, 8:12, 8:12] = 1
    plane[1] = 0.5
    plane[1, 8:12, 8:12] = 0.25
    square = MaskRuns.of(np.ones((4, 4), np.bool_), (8, 8))
    assert contrast(plane, square).tolist() == [1.0, -0.25]


def test_contrast_at_the_rim_takes_the_ring_that_is_there() -> None:
    plane = np.zeros((1, 6, 6), np.float32)
    plane[0, :3, :3] = 1
    corner = MaskRuns.of(np.ones((3, 3), np.bool_), (0, 0))
    assert contrast(plane, corner).tolist() == [1.0]


def test_what_has_no_surroundings_has_no_contrast() -> None:
    plane = np.ones((1, 3, 3), np.float32)
    assert contrast(plane, MaskRuns.of(np.ones((3, 3), np.bool_))).tolist() == [0.0]
    assert contrast(plane, MaskRuns(offset=(0, 0), shape=(0, 0))).tolist() == [0.0]
