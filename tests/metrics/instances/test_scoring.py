"""The whole report on objects, against masks compared one by one."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count, empty_table
from napari_segsuite.metrics.instances import Kind, score_instances
from napari_segsuite.metrics.instances.matching import THRESHOLDS

RUNS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 20)), max_size=12
)


def arrays(runs: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    n = [run[2] for run in runs]
    true = np.repeat(np.array([run[0] for run in runs], int), n)
    return true, np.repeat(np.array([run[1] for run in runs], int), n)


def masks(labels: np.ndarray) -> list[np.ndarray]:
    return [labels == i for i in np.unique(labels) if i != 0]


def iou_matrix(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    rows = [[(a & b).sum() / (a | b).sum() for b in masks(pred)] for a in masks(true)]
    return np.array(rows, float).reshape(len(masks(true)), len(masks(pred)))


def best_assignment(iou: np.ndarray, threshold: float) -> tuple[int, float]:
    """Return matches and sum of IoU of the best of all assignments."""
    wide = np.pad(np.where(iou >= threshold, iou, 0), ((0, 0), (0, len(iou))))
    rows = np.arange(len(iou))
    chosen = (
        wide[rows, list(columns)]
        for columns in itertools.permutations(range(wide.shape[1]), len(iou))
    )
    return max((int(np.count_nonzero(c)), float(c.sum())) for c in chosen)


@given(runs=RUNS)
def test_agrees_with_masks(runs: list[tuple[int, int, int]]) -> None:
    true, pred = arrays([run for run in runs if run[0] < 4])
    iou = iou_matrix(true, pred)
    n_true, n_pred = iou.shape

    report = score_instances(count(true, pred), thresholds=(0.1, 0.5, 0.7))

    for match in report.matches:
        tp, iou_sum = best_assignment(iou, match.threshold)
        assert (match.tp, match.fp, match.fn) == (tp, n_pred - tp, n_true - tp)
        assert match.iou_sum == pytest.approx(iou_sum, abs=1e-9)
    found = [max(row, default=0) for row in iou]
    assert report.objects.true_ious == pytest.approx(found, abs=1e-12)
    found = [max(column, default=0) for column in iou.T]
    assert report.objects.pred_ious == pytest.approx(found, abs=1e-12)
    assert report.objects.true_areas.tolist() == [m.sum() for m in masks(true)]
    seg = sum(
        iou[i, j]
        for (i, a), (j, b) in itertools.product(
            enumerate(masks(true)), enumerate(masks(pred))
        )
        if 2 * (a & b).sum() > a.sum()
    )
    assert report.segmentation_sum == pytest.approx(seg, abs=1e-9)
    assert report.true_area == np.count_nonzero(true)
    assert report.pred_area == np.count_nonzero(pred)


@given(runs=RUNS)
def test_swapping_the_sides_swaps_precision_and_recall(
    runs: list[tuple[int, int, int]],
) -> None:
    true, pred = arrays(runs)

    one = score_instances(count(true, pred))
    other = score_instances(count(pred, true))

    assert one.precision == pytest.approx(other.recall, nan_ok=True)
    assert one.f1 == pytest.approx(other.f1, nan_ok=True)
    mean = other.mean_average_precision
    assert one.mean_average_precision == pytest.approx(mean, nan_ok=True)
    assert one.count_error == -other.count_error


@given(runs=RUNS)
def test_a_perfect_prediction_is_perfect(runs: list[tuple[int, int, int]]) -> None:
    true, _ = arrays([(1, 1, 1), *runs])

    report = score_instances(count(true, true * 7))

    assert report.mean_average_precision == report.f1 == report.mean_matched_iou == 1
    assert report.aggregated_jaccard == report.seg == report.panoptic_quality == 1
    assert report.count_error == report.relative_volume_error == 0
    assert set(report.objects.true_kinds.tolist()) == {Kind.CORRECT}


@pytest.mark.parametrize("shape", [(12,), (3, 4), (2, 2, 3), (1, 12, 1)])
def test_dimensions_do_not_matter(shape: tuple[int, ...]) -> None:
    true = np.array([1, 1, 1, 0, 2, 2, 2, 2, 0, 0, 3, 3]).reshape(shape)
    pred = np.array([1, 1, 0, 0, 2, 2, 4, 4, 5, 0, 0, 0]).reshape(shape)

    report = score_instances(count(true, pred))

    # 1: 2/3, 2: 2/4 with 2 and with 4, of which one matches.
    assert [m.tp for m in report.matches] == [2, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert (report.matches[0].fp, report.matches[0].fn) == (2, 1)
    assert report.average_precision == 2 / 5
    assert report.mean_average_precision == pytest.approx((2 / 5 + 3 / 6) / 10)
    assert report.mean_matched_iou == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert report.aggregated_jaccard == pytest.approx((2 + 2) / (3 + 4 + 2 + 2 + 1))
    assert report.seg == pytest.approx((2 / 3) / 3)
    assert report.count_error == 1
    assert report.relative_count_error == pytest.approx(1 / 3)
    assert report.relative_volume_error == pytest.approx((7 - 9) / 9)


def test_without_objects_scores_are_nan() -> None:
    for table in (empty_table(), count([0, 0], [0, 0])):
        report = score_instances(table)

        assert report.n_true == report.n_pred == report.count_error == 0
        for score in (
            report.average_precision,
            report.mean_average_precision,
            report.f1,
            report.precision,
            report.recall,
            report.mean_matched_iou,
            report.panoptic_quality,
            report.aggregated_jaccard,
            report.seg,
            report.relative_count_error,
            report.relative_volume_error,
        ):
            assert math.isnan(score)


def test_objects_on_one_side_only_score_zero() -> None:
    missed = score_instances(count([1, 2], [0, 0]))
    invented = score_instances(count([0, 0], [1, 2]))

    for report in (missed, invented):
        assert report.mean_average_precision == report.f1 == 0
        assert report.aggregated_jaccard == report.mean_matched_iou == 0
    assert missed.seg == missed.recall == 0
    assert missed.relative_volume_error == missed.relative_count_error == -1
    assert missed.true_kinds[Kind.MISSED] == 2
    assert invented.pred_kinds[Kind.INVENTED] == 2
    assert math.isnan(invented.seg)
    assert math.isnan(invented.relative_volume_error)


def test_one_pixel_with_the_largest_id() -> None:
    report = score_instances(count([[2**63 - 1]], [[2**31]]))

    assert report.f1 == 1
    assert report.objects.true_matches.tolist() == [2**31]


def test_everything_ignored_is_nothing() -> None:
    report = score_instances(count([9, 9], [1, 2]), ignore_ids=[9])

    assert (report.n_true, report.n_pred) == (0, 0)
    assert math.isnan(report.f1)


def test_ignored_background_scores_painted_pixels_alone() -> None:
    report = score_instances(count([0, 0, 1, 1], [1, 2, 1, 1]), ignore_ids=[0])

    assert report.mean_average_precision == 1
    assert report.n_pred == 1


def test_ignored_objects_do_not_count() -> None:
    table = count([9, 9, 9, 0, 1, 1], [5, 5, 5, 5, 1, 1])

    report = score_instances(table, ignore_ids=[9])

    assert (report.n_true, report.n_pred, report.f1) == (1, 1, 1)
    assert report.pred_kinds[Kind.IGNORED] == 1
    assert report.ignore_ids == (9,)


def test_the_lowest_threshold_leads() -> None:
    table = count([1, 1, 1, 0], [1, 0, 0, 0])

    assert score_instances(table, thresholds=(0.9, 0.3)).f1 == 1
    assert score_instances(table, thresholds=(0.9, 0.3)).thresholds == (0.3, 0.9)
    assert score_instances(table).f1 == 0
    assert score_instances(table).thresholds == THRESHOLDS
    assert THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [((), "one or more"), ((0.5, 0.5), "one or more"), ((0,), "above 0")],
)
def test_wrong_thresholds_are_refused(
    thresholds: tuple[float, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        score_instances(empty_table(), thresholds=thresholds)
