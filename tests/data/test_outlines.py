"""Polygons along the edges of pixels, and filled again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as oracle

from napari_segsuite.data.outlines import filled, is_hole, outlines
from napari_segsuite.errors import InputError


def whole(polygons, shape):
    part, (top, left) = filled(polygons, shape)
    mask = np.zeros(shape, bool)
    mask[top : top + part.shape[0], left : left + part.shape[1]] = part
    return mask


def test_one_pixel_has_four_corners_clockwise():
    mask = np.zeros((3, 3), bool)
    mask[1, 1] = True
    (corners,) = outlines(mask)
    assert corners.tolist() == [[1, 1], [1, 2], [2, 2], [2, 1]]


def test_a_ring_has_a_hole():
    mask = np.ones((3, 3), bool)
    mask[1, 1] = False
    assert [is_hole(one) for one in outlines(mask)] == [False, True]


def test_pixels_that_touch_by_a_corner_are_parts_of_their_own():
    assert len(outlines(np.eye(2, dtype=bool))) == 2


@settings(deadline=None, max_examples=60)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=8)))
def test_filled_outlines_are_the_mask_again(mask):
    assert np.array_equal(whole(outlines(mask), mask.shape), mask)


def test_slanted_polygons_agree_with_pycocotools_but_for_the_rim():
    polygon = np.array([[3.2, 5.1], [40.7, 12.4], [33.3, 44.8], [9.6, 38.2]])
    ours = whole([polygon], (50, 50))
    xy = polygon[:, ::-1].ravel().tolist()
    theirs = oracle.decode(oracle.merge(oracle.frPyObjects([xy], 50, 50))).astype(bool)
    assert np.count_nonzero(ours ^ theirs) < 0.03 * np.count_nonzero(theirs)


def test_what_lies_outside_is_cut_off():
    square = np.array([[-5, -5], [-5, 2], [2, 2], [2, -5]])
    assert whole([square], (4, 4)).nonzero()[0].tolist() == [0, 0, 1, 1]
    assert filled([square + 100], (4, 4))[0].size == 0


@pytest.mark.parametrize("corner", [np.nan, np.inf, 1e30])
def test_corners_without_a_place_are_refused(corner):
    with pytest.raises(InputError, match="far outside"):
        filled([np.array([[0, 0], [0, corner], [3, 3]])], (4, 4))
