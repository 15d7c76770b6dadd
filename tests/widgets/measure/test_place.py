"""Where an object lies."""

import dask.array as da
import numpy as np

from napari_segsuite.widgets.measure.parts import ArrayPart
from napari_segsuite.widgets.measure.place import find_object

STACK = np.zeros((4, 10, 12), np.int64)
STACK[1, 2:4, 2:4] = 9
STACK[2, 2:6, 2:8] = 9
STACK[3, 9, 11] = 2**40


def part(array: object = STACK) -> ArrayPart:
    return ArrayPart(array, tuple(slice(0, n) for n in STACK.shape))


def test_the_slice_that_holds_most_and_the_middle_in_it() -> None:
    place = find_object(part(), 9, shown=(1, 2))

    assert place is not None
    assert place.middle == (2, 3.5, 4.5)


def test_the_outline_lies_between_object_and_background() -> None:
    place = find_object(part(), 9, shown=(1, 2))

    assert place is not None
    (line,) = place.outlines
    assert (line[:, 0] == 2).all()
    assert (line.min(axis=0)[1:] == (1.5, 1.5)).all()
    assert (line.max(axis=0)[1:] == (5.5, 7.5)).all()
    assert np.array_equal(line[0], line[-1])


def test_large_ids_at_the_rim_of_lazy_arrays_are_found() -> None:
    place = find_object(part(da.from_array(STACK, chunks=5)), 2**40, shown=(1, 2))

    assert place is not None
    assert place.middle == (3, 9, 11)
    assert len(place.outlines) == 1


def test_an_object_that_is_not_there() -> None:
    assert find_object(part(), 5, shown=(1, 2)) is None
