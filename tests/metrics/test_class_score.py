"""The scores of one class, worked by hand."""

import json
import math

import pytest

from napari_segsuite.metrics.class_score import ClassScore

ONE = ClassScore(7, "cell", n_true=5, n_pred=4, n_both=3, n_scored=20)
NONE = ClassScore(8, "rare", n_true=0, n_pred=0, n_both=0, n_scored=20)


def test_scores_follow_from_counts() -> None:
    assert (ONE.tp, ONE.fp, ONE.fn, ONE.tn) == (3, 1, 2, 14)
    assert ONE.dice == pytest.approx(6 / 9)
    assert ONE.iou == pytest.approx(3 / 6)
    assert ONE.precision == pytest.approx(3 / 4)
    assert ONE.recall == pytest.approx(3 / 5)
    assert ONE.specificity == pytest.approx(14 / 15)
    assert ONE.volume_error == pytest.approx(-1 / 5)


def test_a_class_in_neither_array_has_no_scores() -> None:
    assert math.isnan(NONE.dice)
    assert math.isnan(NONE.iou)
    assert NONE.specificity == 1


@pytest.mark.parametrize("score", [ONE, NONE])
def test_a_class_survives_json(score: ClassScore) -> None:
    values = json.loads(json.dumps(score.to_dict(), allow_nan=False))

    assert ClassScore.from_dict(values, 20) == score
