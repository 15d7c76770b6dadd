"""SEG of the Cell Tracking Challenge, worked by hand."""

import pytest

from napari_segsuite.metrics import count, empty_table
from napari_segsuite.metrics.instances.cell_tracking import segmentation_sum
from napari_segsuite.metrics.instances.pairs import object_pairs


def test_more_than_half_of_the_true_object_matches() -> None:
    # 1: two of three pixels in 5, IoU 2/5. 2: one of two in 6, which is no match.
    pairs = object_pairs(count([1, 1, 1, 2, 2, 0, 0], [5, 5, 0, 6, 0, 5, 5]))

    assert segmentation_sum(pairs) == pytest.approx(2 / 5)


def test_one_prediction_may_match_several() -> None:
    pairs = object_pairs(count([1, 1, 1, 2], [5, 5, 5, 5]))

    assert segmentation_sum(pairs) == pytest.approx(3 / 4 + 1 / 4)


def test_background_matches_nothing() -> None:
    assert segmentation_sum(object_pairs(count([1, 1], [0, 0]))) == 0


def test_nothing_sums_to_nothing() -> None:
    assert segmentation_sum(object_pairs(empty_table())) == 0
