"""Scores from counts of matched objects, worked by hand."""

import math

import numpy as np
import pytest

from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances.average_precision import MatchScore, match_score
from napari_segsuite.metrics.instances.matching import match
from napari_segsuite.metrics.instances.pairs import object_pairs


def test_scores_worked_by_hand() -> None:
    score = MatchScore(0.5, tp=3, fp=1, fn=2, iou_sum=2.4)

    assert score.average_precision == 3 / 6
    assert score.f1 == 6 / 9
    assert score.precision == 3 / 4
    assert score.recall == 3 / 5
    assert score.mean_matched_iou == pytest.approx(0.8)
    assert score.panoptic_quality == pytest.approx(2.4 / 4.5)


def test_panoptic_quality_is_the_product() -> None:
    score = MatchScore(0.5, tp=3, fp=1, fn=2, iou_sum=2.4)

    assert score.panoptic_quality == pytest.approx(score.mean_matched_iou * score.f1)


def test_without_objects_all_are_nan() -> None:
    score = MatchScore(0.5, 0, 0, 0, 0.0)

    assert math.isnan(score.average_precision)
    assert math.isnan(score.f1)
    assert math.isnan(score.precision)
    assert math.isnan(score.recall)
    assert math.isnan(score.mean_matched_iou)
    assert math.isnan(score.panoptic_quality)


def test_objects_on_one_side_score_zero() -> None:
    missed = MatchScore(0.5, 0, 0, 4, 0.0)
    invented = MatchScore(0.5, 0, 4, 0, 0.0)

    for score in (missed, invented):
        assert score.average_precision == score.f1 == 0
        assert score.mean_matched_iou == score.panoptic_quality == 0
    assert missed.recall == 0
    assert math.isnan(missed.precision)
    assert invented.precision == 0
    assert math.isnan(invented.recall)


def test_ignored_predictions_are_no_false_positives_but_may_match() -> None:
    # 5 fits the rest of 1; 6 and 7 are wrong, 6 lies on ignored pixels.
    true = [9, 9, 9, 1, 1, 9, 9, 0, 0]
    pred = [5, 5, 5, 5, 5, 6, 6, 6, 7]
    pairs = object_pairs(count(true, pred), ignore_ids=[9])

    score = match_score(pairs, match(pairs, 0.5), 0.5)

    assert score == MatchScore(0.5, tp=1, fp=1, fn=0, iou_sum=1.0)


def test_counts_are_plain_numbers() -> None:
    pairs = object_pairs(count([1, 2], [1, 0]))

    score = match_score(pairs, np.array([0]), 0.5)

    assert type(score.tp) is type(score.fp) is type(score.fn) is int
    assert type(score.iou_sum) is float
