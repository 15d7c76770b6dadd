"""The report of surfaces, and how it is written down."""

import json
import math

import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.surfaces import SurfaceReport, SurfaceScore

GOOD = SurfaceScore(1, 0.75, 0.5, 3.0, 2.0, 1.0, 0.8)
MISSED = SurfaceScore(2, 0.0, 0.0, math.inf, math.inf, math.inf, 0.0)
ABSENT = SurfaceScore(5, *[math.nan] * 6)


def report(*classes: SurfaceScore) -> SurfaceReport:
    return SurfaceReport(classes, (2.0, 0.5), tolerance=1.0, width=4.0, ignore_id=9)


def test_means_leave_absent_classes_out() -> None:
    assert report(GOOD, ABSENT).mean("boundary_f1") == 0.75
    assert report(GOOD, MISSED).mean("surface_dice") == pytest.approx(0.4)
    assert report(GOOD, MISSED).mean("hausdorff_95") == math.inf
    assert math.isnan(report(ABSENT).mean("hausdorff"))
    assert math.isnan(report().mean("mean_distance"))


def test_an_unknown_score_is_refused() -> None:
    with pytest.raises(InputError, match=r"is one of boundary_f1, .*; got 'dice'"):
        report(GOOD).mean("dice")


def test_json_has_no_numbers_that_json_has_not() -> None:
    values = report(GOOD, MISSED, ABSENT).to_dict()

    text = json.dumps(values, allow_nan=False)

    assert values["classes"][1]["hausdorff"] == "inf"
    assert values["classes"][2]["hausdorff"] is None
    assert values["means"]["boundary_f1"] == pytest.approx(0.375)
    assert json.loads(text) == values


def test_a_report_comes_back_from_json() -> None:
    first = report(GOOD, MISSED)

    assert SurfaceReport.from_dict(json.loads(json.dumps(first.to_dict()))) == first


def test_nan_and_missing_spacing_come_back() -> None:
    first = SurfaceReport((ABSENT,), None, tolerance=2.0, width=1.0)

    again = SurfaceReport.from_dict(first.to_dict())

    assert math.isnan(again.classes[0].boundary_f1)
    assert again.to_dict() == first.to_dict()


@pytest.mark.parametrize(
    "damage", [{"tolerance": None}, {"classes": [{"id": 1}]}, {"spacing": ["far"]}]
)
def test_a_damaged_report_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(InputError, match="Evaluate the label images again"):
        SurfaceReport.from_dict(report(GOOD).to_dict() | damage)


def test_an_empty_dictionary_is_refused() -> None:
    with pytest.raises(InputError, match="no report"):
        SurfaceReport.from_dict({})
