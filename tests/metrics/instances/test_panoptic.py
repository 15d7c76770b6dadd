"""Panoptic quality: COCO's rules on masks, torchmetrics, and by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.detection import panoptic_quality

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count, empty_table
from napari_segsuite.metrics.instances import PanopticReport, score_panoptic

# Ids are class * 10 + segment; 0 is void, class 3 is stuff, x9 are crowds.
CLASSES = {i: i // 10 for i in range(10, 40)}
TRUE = st.sampled_from([0, 11, 12, 19, 21, 22, 29, 31])
PRED = st.sampled_from([0, 11, 12, 13, 21, 22, 31])
RUNS = st.lists(st.tuples(TRUE, PRED, st.integers(1, 9)), max_size=14)


def arrays(runs: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    n = [run[2] for run in runs]
    true = np.repeat(np.array([run[0] for run in runs], int), n)
    return true, np.repeat(np.array([run[1] for run in runs], int), n)


def score(true: np.ndarray, pred: np.ndarray) -> PanopticReport:
    crowds = [i for i in CLASSES if i % 10 == 9]
    table = count(true, pred)
    return score_panoptic(table, CLASSES, CLASSES, stuff_ids=[3], crowd_ids=crowds)


def coco_counts(true: np.ndarray, pred: np.ndarray) -> dict[int, list[float]]:
    """Return TP, FP, FN and the sum of IoU of each class by COCO's rules, on masks."""
    ours = {int(i): true == i for i in np.unique(true) if i}
    theirs = {int(i): pred == i for i in np.unique(pred) if i}
    sums = {i // 10: [0, 0, 0, 0.0] for i in (*ours, *theirs)}
    left = dict(theirs)
    for i, mine in ours.items():
        if i % 10 == 9:
            continue
        sums[i // 10][2] += 1
        for j, mask in theirs.items():
            union = ((mine | mask) & ~((true == 0) & mask)).sum()
            if i // 10 == j // 10 and (mine & mask).sum() / union > 0.5:
                sums[i // 10][2] -= 1
                sums[i // 10][0] += 1
                sums[i // 10][3] += (mine & mask).sum() / union
                del left[j]
    for j, mask in left.items():
        excused = (true == 0) | (true == j // 10 * 10 + 9)
        sums[j // 10][1] += int((mask & excused).sum() / mask.sum() <= 0.5)
    return sums


@given(runs=RUNS)
def test_agrees_with_the_rules_of_coco(runs: list[tuple[int, int, int]]) -> None:
    true, pred = arrays(runs)

    report = score(true, pred)

    expected = coco_counts(true, pred)
    assert [c.id for c in report.classes] == sorted(expected)
    for one in report.classes:
        tp, fp, fn, iou_sum = expected[one.id]
        assert (one.tp, one.fp, one.fn) == (tp, fp, fn)
        assert one.iou_sum == pytest.approx(iou_sum, abs=1e-9)


@given(runs=RUNS)
@pytest.mark.usefixtures("exact_torch")
def test_agrees_with_torchmetrics(runs: list[tuple[int, int, int]]) -> None:
    # torchmetrics knows no crowds, and other rules where the prediction is void.
    runs = [run for run in runs if run[0] % 10 != 9 and run[1]]
    true, pred = arrays([(11, 11, 1), *runs])
    report = score(true, pred)

    def colours(ids: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.stack((ids // 10, ids % 10), axis=-1))[np.newaxis]

    options = {"things": {1, 2}, "stuffs": {3}, "return_sq_and_rq": True}
    each = panoptic_quality(
        colours(pred), colours(true), return_per_class=True, **options
    )
    means = panoptic_quality(colours(pred), colours(true), **options)

    for one in report.classes:
        found = [0 if math.isnan(s) else s for s in (one.pq, one.sq, one.rq)]
        assert found == pytest.approx(each[one.id - 1].tolist(), abs=1e-9)
    overall = report.overall
    assert [overall.pq, overall.sq, overall.rq] == pytest.approx(
        means.tolist(), abs=1e-9
    )


def test_worked_by_hand() -> None:
    true = np.array([11, 11, 11, 12, 12, 0, 31, 31, 31, 31])
    pred = np.array([11, 11, 12, 21, 21, 21, 31, 31, 31, 0])

    report = score(true, pred)

    things, other, stuff = report.classes
    # 11 matches by 2/3; predicted 12 is invented, true 12 is taken for class 2.
    assert (things.tp, things.fp, things.fn) == (1, 1, 1)
    assert things.pq == pytest.approx((2 / 3) / 2)
    assert (things.sq, things.rq) == (pytest.approx(2 / 3), 1 / 2)
    assert (other.tp, other.fp, other.fn) == (0, 1, 0)
    assert other.pq == other.sq == other.rq == 0
    assert (stuff.is_thing, stuff.pq) == (False, 3 / 4)
    assert report.things.pq == pytest.approx(1 / 6)
    assert report.stuff.pq == 3 / 4
    assert report.overall.pq == pytest.approx((1 / 3 + 0 + 3 / 4) / 3)
    assert report.overall.n_classes == 3


def test_exactly_half_is_no_match() -> None:
    report = score(np.array([11, 11]), np.array([11, 12]))

    assert (report.classes[0].tp, report.classes[0].fp, report.classes[0].fn) == (
        0,
        2,
        1,
    )


def test_mostly_void_may_still_match() -> None:
    one = score(np.array([11, 0, 0]), np.array([11, 11, 11])).classes[0]

    assert (one.tp, one.fp, one.fn, one.iou_sum) == (1, 0, 0, 1)


def test_void_everywhere_and_nothing_have_no_classes() -> None:
    for table in (empty_table(), count([0, 0], [0, 0])):
        report = score_panoptic(table, {}, {})
        assert report.classes == ()
        assert math.isnan(report.overall.pq)
        assert report.overall.n_classes == 0


def test_void_truth_excuses_every_prediction() -> None:
    (one,) = score(np.array([0, 0]), np.array([11, 11])).classes

    assert math.isnan(one.pq)
    assert math.isnan(one.sq)


def test_named_classes_get_rows_but_leave_means() -> None:
    table = count([11], [11])

    report = score_panoptic(table, {11: 1}, {11: 1}, names={1: "cell", 5: "sky"})

    assert [(c.id, c.name) for c in report.classes] == [(1, "cell"), (5, "sky")]
    assert math.isnan(report.classes[1].pq)
    assert (report.overall.pq, report.overall.n_classes) == (1, 1)


def test_negative_and_large_ids_and_another_void() -> None:
    table = count([-5, 2**63 - 1, 255], [2**31, 3, 3])

    report = score_panoptic(table, {-5: 0, 2**63 - 1: 1}, {2**31: 0, 3: 1}, void_id=255)

    assert [c.pq for c in report.classes] == [1, 1]


def test_segments_without_class_are_refused() -> None:
    with pytest.raises(InputError, match="segment 11 of the truth has none"):
        score_panoptic(count([11], [0]), {}, {})
