"""Where each id is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_segsuite.metrics.surfaces.boxes import id_boxes


def test_boxes_worked_by_hand() -> None:
    labels = np.array([[7, 7, 0], [0, 0, 7]])

    assert id_boxes(labels) == {0: ((0, 0), (1, 2)), 7: ((0, 0), (1, 2))}


def test_a_run_ends_with_its_line() -> None:
    labels = np.array([[0, 3], [3, 0]])

    assert id_boxes(labels)[3] == ((0, 0), (1, 1))


def test_an_empty_array_has_no_ids() -> None:
    assert id_boxes(np.empty((0, 3), int)) == {}


@given(
    arrays(np.int8, array_shapes(max_dims=4, max_side=5), elements=st.integers(-2, 2))
)
def test_boxes_hold_their_id_and_no_more(labels: np.ndarray) -> None:
    boxes = id_boxes(labels)

    assert list(boxes) == np.unique(labels).tolist()
    for label, (low, high) in boxes.items():
        where = np.argwhere(labels == label)
        assert low == tuple(where.min(axis=0))
        assert high == tuple(where.max(axis=0))
