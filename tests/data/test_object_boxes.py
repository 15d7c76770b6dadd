"""Objects in their boxes, and pixels counted, however large ids are."""

import numpy as np
import pytest

from napari_segsuite.data.object_boxes import id_counts, id_extents, object_boxes

LABELS = np.array([[0, 2, 2], [5, 0, 2]])


@pytest.mark.parametrize(
    ("factor", "dtype"),
    [(1, np.uint8), (1, np.int32), (10**9, np.int64), (-3, np.int16)],
)
def test_boxes_and_counts(factor, dtype):
    labels = LABELS * factor
    boxes = object_boxes(labels.astype(dtype))

    assert sorted(boxes) == sorted([2 * factor, 5 * factor])
    assert boxes[2 * factor].start == (0, 1)
    assert id_extents(labels.astype(dtype)) == {
        2 * factor: ((0, 2), (1, 3)),
        5 * factor: ((1, 2), (0, 1)),
    }
    assert boxes[2 * factor].mask.tolist() == [[True, True], [False, True]]
    assert id_counts(labels.astype(dtype)) == {0: 2, 2 * factor: 3, 5 * factor: 1}


def test_uint64_and_empty_arrays():
    assert list(object_boxes(LABELS.astype(np.uint64))) == [2, 5]
    assert object_boxes(np.zeros((0, 3), int)) == {}
    assert id_extents(np.zeros((0, 3), int)) == {}
    assert id_counts(np.zeros((0, 3), int)) == {}
