"""The formulas of one class, worked by hand."""

import math

import pytest

from napari_segsuite.metrics import overlap


def test_scores_worked_by_hand() -> None:
    tp, fp, fn = 3, 1, 2

    assert overlap.dice(tp, fp, fn) == pytest.approx(6 / 9)
    assert overlap.iou(tp, fp, fn) == pytest.approx(3 / 6)
    assert overlap.precision(tp, fp) == pytest.approx(3 / 4)
    assert overlap.recall(tp, fn) == pytest.approx(3 / 5)
    assert overlap.specificity(4, fp) == pytest.approx(4 / 5)
    assert overlap.volume_error(n_true=5, n_pred=4) == pytest.approx(-1 / 5)
    # 10 pixels, 7 agree; classes of 6 and 4 true, 5 and 5 predicted pixels.
    kappa = (0.7 - 0.5) / (1 - 0.5)
    assert overlap.cohen_kappa(7, 6 * 5 + 4 * 5, 10) == pytest.approx(kappa)


def test_a_class_in_neither_array_scores_nan() -> None:
    assert math.isnan(overlap.dice(0, 0, 0))
    assert math.isnan(overlap.iou(0, 0, 0))
    assert math.isnan(overlap.precision(0, 0))
    assert math.isnan(overlap.recall(0, 0))
    assert math.isnan(overlap.specificity(0, 0))
    assert math.isnan(overlap.volume_error(0, 3))
    assert math.isnan(overlap.cohen_kappa(5, 25, 5))


@pytest.mark.parametrize(("fp", "fn"), [(5, 0), (0, 5)])
def test_a_class_in_one_array_only_scores_zero(fp: int, fn: int) -> None:
    assert overlap.dice(0, fp, fn) == 0.0
    assert overlap.iou(0, fp, fn) == 0.0


def test_the_mean_leaves_nan_out() -> None:
    assert overlap.mean([0.5, math.nan, 1.0]) == pytest.approx(0.75)
    assert math.isnan(overlap.mean([math.nan]))
    assert math.isnan(overlap.mean([]))
