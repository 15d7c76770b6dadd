"""The panoptic report: sums over images, and its way through JSON."""

import json
import math

import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.instances import PanopticReport, PanopticScore

CELL = PanopticScore(1, "cell", True, tp=2, fp=1, fn=1, iou_sum=1.5)
SKY = PanopticScore(3, "sky", False, tp=0, fp=1, fn=0, iou_sum=0.0)
NONE = PanopticScore(4, "none", True, tp=0, fp=0, fn=0, iou_sum=0.0)
REPORT = PanopticReport((CELL, SKY, NONE))


def test_scores_worked_by_hand() -> None:
    assert (CELL.pq, CELL.sq, CELL.rq) == (1.5 / 3, 1.5 / 2, 4 / 6)
    assert CELL.pq == pytest.approx(CELL.sq * CELL.rq)
    assert (SKY.pq, SKY.sq, SKY.rq) == (0, 0, 0)
    assert all(math.isnan(s) for s in (NONE.pq, NONE.sq, NONE.rq))


def test_means_leave_out_classes_that_are_nowhere() -> None:
    assert REPORT.things.pq == CELL.pq
    assert REPORT.things.n_classes == 1
    assert REPORT.stuff.sq == 0
    assert REPORT.overall.rq == pytest.approx((4 / 6) / 2)


def test_sum_adds_counts_by_class() -> None:
    more = PanopticScore(1, "cell", True, tp=1, fp=0, fn=2, iou_sum=0.75)
    new = PanopticScore(2, "nerve", True, tp=1, fp=0, fn=0, iou_sum=1.0)

    both = REPORT + PanopticReport((more, new))

    assert [c.id for c in both.classes] == [1, 2, 3, 4]
    assert both.classes[0] == PanopticScore(1, "cell", True, 3, 1, 3, 2.25)
    assert both.classes[1] == new


def test_a_class_cannot_be_both_thing_and_stuff() -> None:
    stuff = PanopticScore(1, "cell", False, 1, 0, 0, 1.0)

    with pytest.raises(InputError, match="Class 1 must be a thing in all reports"):
        REPORT + PanopticReport((stuff,))


def test_json_round_trip() -> None:
    text = json.dumps(REPORT.to_dict(), allow_nan=False)

    assert PanopticReport.from_dict(json.loads(text)) == REPORT


def test_written_values() -> None:
    values = REPORT.to_dict()

    assert values["things"] == {"pq": 0.5, "sq": 0.75, "rq": 4 / 6, "n_classes": 1}
    assert values["classes"][0]["pq"] == 0.5
    assert values["classes"][2]["pq"] is None


@pytest.mark.parametrize(
    "values", [{}, {"classes": None}, {"classes": [{}]}, {"classes": [3]}]
)
def test_broken_reports_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(InputError, match="no report as `PanopticReport"):
        PanopticReport.from_dict(values)
