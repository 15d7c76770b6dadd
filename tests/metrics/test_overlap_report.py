"""Scores of classes: conventions worked by hand, numbers against other libraries."""

import json
import math
import warnings
from typing import Any

import monai.metrics
import numpy as np
import pytest
import torch
import torchmetrics.functional.classification as functional
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sklearn_metrics

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.overlap_report import (
    OverlapReport,
    score_overlap,
    total_overlap,
)
from napari_segsuite.metrics.tally import count

TRUE = np.array([[0, 1, 1, 2], [0, 1, 2, 2]])
PRED = np.array([[0, 1, 2, 2], [1, 1, 2, 2]])


def evaluate(true: Any, pred: Any, **conventions: Any) -> OverlapReport:
    return score_overlap(count(true, pred), **conventions)


def by_id(report: OverlapReport) -> dict[int, float]:
    return {entry.id: entry.dice for entry in report.classes}


def test_a_small_image_worked_by_hand() -> None:
    report = evaluate(TRUE, PRED)

    first = report.classes[1]
    assert (first.tp, first.fp, first.fn) == (2, 1, 1)
    assert first.iou == pytest.approx(2 / 4)
    assert by_id(report) == pytest.approx({0: 2 / 3, 1: 4 / 6, 2: 6 / 7})
    assert report.mean_dice == pytest.approx((4 / 6 + 6 / 7) / 2)
    assert report.mean_dice_with_background == pytest.approx(
        (2 / 3 + 4 / 6 + 6 / 7) / 3
    )
    assert report.mean_iou == pytest.approx((2 / 4 + 3 / 4) / 2)
    assert report.mean_iou_with_background == pytest.approx((1 / 2 + 2 / 4 + 3 / 4) / 3)
    assert report.pixel_accuracy == pytest.approx(6 / 8)


@given(hnp.arrays(np.int64, (2, 4, 15), elements=st.integers(0, 4)))
def test_agrees_with_scikit_learn(both: np.ndarray) -> None:
    true, pred = both[0].ravel(), both[1].ravel()
    labels = sorted(set(true.tolist()) | set(pred.tolist()))
    report = evaluate(both[0], both[1], background_id=None)

    precision, recall, f1, support = sklearn_metrics.precision_recall_fscore_support(
        true, pred, labels=labels, zero_division=np.nan
    )

    assert [c.id for c in report.classes] == labels
    ious = sklearn_metrics.jaccard_score(true, pred, labels=labels, average=None)
    assert [c.n_true for c in report.classes] == support.tolist()
    for name, expected in (
        ("dice", f1),
        ("precision", precision),
        ("recall", recall),
        ("iou", ious),
    ):
        found = [getattr(c, name) for c in report.classes]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    assert report.pixel_accuracy == pytest.approx(
        sklearn_metrics.accuracy_score(true, pred), abs=1e-9
    )


@given(hnp.arrays(np.int64, (2, 60), elements=st.integers(0, 3)))
def test_agreement_beyond_chance_is_that_of_scikit_learn(both: np.ndarray) -> None:
    kappa = score_overlap(count(*both)).cohen_kappa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns where kappa is NaN
        expected = sklearn_metrics.cohen_kappa_score(*both)

    np.testing.assert_allclose(kappa, expected, rtol=0, atol=1e-9)


@given(hnp.arrays(np.int64, (2, 60), elements=st.integers(0, 3)))
@pytest.mark.usefixtures("exact_torch")
def test_agrees_with_torchmetrics(both: np.ndarray) -> None:
    report = evaluate(*both, background_id=None, names=dict.fromkeys(range(4), ""))

    pred, true = torch.from_numpy(both[1]), torch.from_numpy(both[0])
    terms = {"num_classes": 4, "average": None, "validate_args": False}
    present = [c for c in report.classes if c.n_true + c.n_pred]

    counts = functional.multiclass_stat_scores(pred, true, **terms)[:, :4]
    assert [[c.tp, c.fp, c.tn, c.fn] for c in report.classes] == counts.tolist()
    for name, oracle in (
        ("iou", functional.multiclass_jaccard_index),
        ("dice", functional.multiclass_f1_score),
        ("precision", functional.multiclass_precision),
        ("recall", functional.multiclass_recall),
        ("specificity", functional.multiclass_specificity),
    ):
        scores = oracle(pred, true, **terms)
        assert scores.dtype == torch.float64
        # torchmetrics calls 0 / 0 a 0.
        found = np.nan_to_num([getattr(c, name) for c in present])
        expected = scores[[c.id for c in present]]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    kappa = functional.multiclass_cohen_kappa(pred, true, 4, validate_args=False)
    assert report.cohen_kappa == pytest.approx(kappa.item(), abs=1e-9, nan_ok=True)


@given(hnp.arrays(np.int64, (2, 4, 9), elements=st.integers(0, 2)))
@pytest.mark.usefixtures("exact_torch")
def test_agrees_with_monai(both: np.ndarray) -> None:
    report = evaluate(*both, background_id=None, names=dict.fromkeys(range(3), ""))

    true, pred = (
        torch.from_numpy(np.stack([image == i for i in range(3)])[None]).double()
        for image in both
    )

    known = [c for c in report.classes if c.n_true]  # MONAI: NaN without truth
    for name, oracle in (
        ("dice", monai.metrics.compute_dice),
        ("iou", monai.metrics.compute_iou),
    ):
        scores = oracle(pred, true)[0]
        assert scores.dtype == torch.float64
        found, expected = (
            [getattr(c, name) for c in known],
            scores[[c.id for c in known]],
        )
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    matrix = monai.metrics.get_confusion_matrix(pred, true)[0].numpy()
    counted = [[c.tp, c.fp, c.tn, c.fn] for c in report.classes]
    np.testing.assert_array_equal(counted, matrix)


def test_classes_weigh_by_their_part_of_the_truth() -> None:
    report = evaluate([1, 1, 1, 2], [1, 1, 2, 2])

    assert report.frequency_weighted_iou == pytest.approx(3 / 4 * 2 / 3 + 1 / 4 * 1 / 2)


def test_specificity_and_volume_error_worked_by_hand() -> None:
    one, two, three = evaluate([1, 1, 1, 2], [1, 1, 2, 3], background_id=None).classes

    assert one.specificity == 1.0
    assert two.specificity == pytest.approx(2 / 3)
    assert one.volume_error == pytest.approx(-1 / 3)
    assert two.volume_error == 0.0
    assert math.isnan(three.volume_error)


def test_agreement_beyond_chance_has_no_value_with_one_class() -> None:
    assert math.isnan(evaluate([1, 1], [1, 1]).cohen_kappa)
    assert math.isnan(evaluate([0, 0], [1, 1], ignore_id=0).frequency_weighted_iou)


@given(hnp.arrays(np.int64, (2, 30), elements=st.integers(0, 3)))
def test_ignored_pixels_do_not_count(both: np.ndarray) -> None:
    true, pred = both
    painted = true != 0
    report = evaluate(true, pred, ignore_id=0, background_id=None)

    f1: list[float] = []
    if painted.any():
        f1 = sklearn_metrics.f1_score(
            true[painted],
            pred[painted],
            labels=[1, 2, 3],
            average=None,
            zero_division=np.nan,
        )

    expected = [score for score in f1 if not math.isnan(score)]
    np.testing.assert_allclose(
        [c.dice for c in report.classes], expected, rtol=0, atol=1e-9
    )
    assert report.n_scored == painted.sum()
    assert report.n_ignored == 30 - painted.sum()


def test_the_ignored_id_is_a_miss_where_it_is_predicted() -> None:
    report = evaluate([1, 1, 2, 0], [1, 0, 2, 0], ignore_id=0, background_id=1)

    assert by_id(report) == pytest.approx({1: 2 / 3, 2: 1.0})
    assert report.classes[0].recall == pytest.approx(1 / 2)
    assert report.classes[0].precision == 1.0
    assert report.pixel_accuracy == pytest.approx(2 / 3)


def test_a_class_in_neither_array_is_nan_and_leaves_the_means() -> None:
    report = evaluate([1, 1], [1, 1], background_id=None, names={1: "cell", 7: "virus"})

    virus = report.classes[1]
    assert (virus.id, virus.name) == (7, "virus")
    assert math.isnan(virus.dice)
    assert math.isnan(virus.iou)
    assert report.mean_dice == 1.0


def test_a_class_in_one_array_only_scores_zero() -> None:
    report = evaluate([1, 1, 2], [1, 1, 3], background_id=None)

    assert by_id(report) == {1: 1.0, 2: 0.0, 3: 0.0}
    assert report.mean_dice == pytest.approx(1 / 3)


def test_nothing_scored_is_nan() -> None:
    for report in (
        evaluate(np.zeros((0, 3), int), np.zeros((0, 3), int)),
        evaluate([0, 0], [1, 2], ignore_id=0),
    ):
        assert report.classes == ()
        assert math.isnan(report.pixel_accuracy)
        assert math.isnan(report.mean_dice)
        assert math.isnan(report.mean_iou_with_background)


def test_only_background_has_no_mean_without_it() -> None:
    report = evaluate([0, 0], [0, 0])

    assert math.isnan(report.mean_dice)
    assert report.mean_dice_with_background == 1.0


def test_unnamed_classes_are_called_by_their_id() -> None:
    assert [c.name for c in evaluate([3], [2**40]).classes] == [
        "class 3",
        f"class {2**40}",
    ]


def test_reports_of_parts_add_up() -> None:
    parts = [evaluate(TRUE[i], PRED[i], ignore_id=0) for i in range(2)]

    assert total_overlap(parts) == evaluate(TRUE, PRED, ignore_id=0)


@pytest.mark.parametrize(
    "parts", [[], [evaluate([1], [1]), evaluate([1], [1], ignore_id=0)]]
)
def test_reports_of_different_conventions_do_not_add_up(
    parts: list[OverlapReport],
) -> None:
    with pytest.raises(InputError, match="same ignored id"):
        total_overlap(parts)


def test_a_report_survives_json() -> None:
    report = evaluate(TRUE, PRED, ignore_id=0, background_id=1, names={9: "rare"})

    values = json.loads(report.to_json())

    assert OverlapReport.from_dict(values) == report
    assert values["classes"][2]["dice"] is None
    assert values["mean_dice"] == report.mean_dice


@pytest.mark.parametrize("values", [{}, {"classes": 3}, {"classes": [{"id": "x"}]}])
def test_what_is_no_report_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(InputError, match="no report"):
        OverlapReport.from_dict(values)
