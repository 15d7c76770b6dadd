"""Parts of arrays, read where they are sliced."""

import numpy as np

from napari_segsuite.widgets.measure.parts import OUTSIDE, ArrayPart, RegionPart

ARRAY = np.arange(60).reshape(3, 4, 5)
WINDOW = (slice(1, 3), slice(0, 4), slice(1, 5))
# All of rows 1 and 2, columns 2 and 3.
SQUARE = ((1.0, 2.0), (1.0, 3.0), (2.0, 3.0), (2.0, 2.0))


def test_a_part_of_a_part() -> None:
    part = ArrayPart(ARRAY, WINDOW)

    assert part.shape == (2, 4, 4)
    inner = (slice(0, 1), slice(2, 4), slice(1, 3))
    assert np.array_equal(part[inner], ARRAY[1:2, 2:4, 2:4])


def test_a_region_goes_through_all_slices() -> None:
    part = RegionPart(ARRAY, WINDOW, (1, 2), (SQUARE,))

    read = part[slice(0, 2), slice(0, 4), slice(0, 4)]

    expected = np.full((2, 4, 4), OUTSIDE)
    expected[:, 1:3, 1:3] = ARRAY[1:3, 1:3, 2:4]
    assert np.array_equal(read, expected)
    zeros = part.with_outside(0)[slice(0, 2), slice(0, 4), slice(0, 4)]
    assert np.array_equal(zeros, np.where(expected == OUTSIDE, 0, expected))


def test_parts_are_equal_if_they_are_of_the_same_pixels() -> None:
    part = RegionPart(ARRAY, WINDOW, (1, 2), (SQUARE,))

    assert part == RegionPart(ARRAY, WINDOW, (1, 2), (SQUARE,))
    assert part != RegionPart(ARRAY, WINDOW, (1, 2), (SQUARE, SQUARE))
    assert part != part.with_outside(0)
    assert part != ArrayPart(ARRAY, WINDOW)
    assert ArrayPart(ARRAY, WINDOW) == ArrayPart(ARRAY, WINDOW)
    assert ArrayPart(ARRAY, WINDOW) != ArrayPart(ARRAY.copy(), WINDOW)
    assert ArrayPart(ARRAY, WINDOW) != ArrayPart(ARRAY, (slice(0, 2), *WINDOW[1:]))
    assert len({part, RegionPart(ARRAY, WINDOW, (1, 2), (SQUARE,))}) == 1
