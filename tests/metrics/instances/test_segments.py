"""Segments of a panoptic pair, worked by hand."""

import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances.segments import Segments, segment_pairs


def segments(
    true: list[int],
    pred: list[int],
    *,
    stuff_ids: tuple[int, ...] = (),
    crowd_ids: tuple[int, ...] = (),
) -> Segments:
    """Return segments whose class is their id // 10; 0 is void."""
    classes = {i: i // 10 for i in range(1, 100)}
    return segment_pairs(
        count(true, pred),
        classes,
        classes,
        stuff_ids=stuff_ids,
        void_id=0,
        crowd_ids=crowd_ids,
    )


def test_pairs_of_one_class_alone() -> None:
    found = segments([11, 11, 11, 21], [12, 12, 22, 22])

    assert found.true_classes.tolist() == found.pred_classes.tolist() == [1, 2]
    assert found.true_index.tolist() == found.pred_index.tolist() == [0, 1]
    assert found.ious.tolist() == [2 / 3, 1 / 2]


def test_void_of_the_truth_leaves_the_union() -> None:
    assert segments([11, 11, 0, 0], [11, 11, 11, 11]).ious.tolist() == [1]


def test_void_of_the_prediction_stays_in_the_union() -> None:
    assert segments([11, 11, 11, 11], [11, 11, 0, 0]).ious.tolist() == [1 / 2]


def test_segments_of_one_stuff_class_are_one() -> None:
    found = segments([11, 11, 12, 21], [13, 14, 14, 15], stuff_ids=(1,))

    assert found.true_classes.tolist() == [1, 2]
    assert found.pred_classes.tolist() == [1]
    assert found.ious.tolist() == [3 / 4]


def test_void_and_crowds_of_one_class_excuse() -> None:
    true = [0, 18, 11, 0, 28, 11, 19, 18, 11]
    pred = [13, 13, 13, 14, 14, 14, 15, 15, 15]

    found = segments(true, pred, crowd_ids=(18, 19, 28))

    # 13: void and crowd; 14: void alone, as 28 is another class; 15: two crowds.
    assert found.pred_excused.tolist() == [True, False, True]
    assert found.true_crowd.tolist() == [False, True, True, True]
    assert found.ious.size == 3


def test_a_crowd_of_stuff_is_no_part_of_the_stuff() -> None:
    found = segments([11, 18], [12, 12], stuff_ids=(1,), crowd_ids=(18,))

    assert found.true_crowd.tolist() == [False, True]
    assert found.ious.tolist() == [1 / 2]


def test_void_alone_has_no_segments() -> None:
    for found in (segments([0, 0], [0, 0]), segments([], [])):
        assert found.true_classes.size == found.pred_classes.size == 0
        assert found.ious.size == 0


@pytest.mark.parametrize(
    ("true", "pred", "what"), [(500, 11, "truth"), (11, 500, "prediction")]
)
def test_segments_without_class_are_refused(true: int, pred: int, what: str) -> None:
    with pytest.raises(InputError, match=f"segment 500 of the {what} has none"):
        segments([true], [pred])
