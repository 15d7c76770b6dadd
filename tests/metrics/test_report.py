"""How the one report survives JSON."""

import json

import numpy as np
import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import Mode, Report, evaluate

TRUE = np.array([[1, 1, 0, 2, 2], [1, 1, 0, 2, 2]])
PRED = np.array([[1, 1, 0, 0, 4], [1, 1, 0, 0, 4]])


@pytest.fixture(params=["classes", "instances", "panoptic"])
def report(request: pytest.FixtureRequest) -> Report:
    mode: Mode = request.param
    return evaluate(TRUE, PRED, mode=mode, surfaces=True, per_axis=1)


def test_a_report_survives_json(report: Report) -> None:
    values = json.loads(report.to_json())

    again = Report.from_dict(values)

    assert again.to_dict() == report.to_dict()
    assert (again.overlap, again.instances, again.panoptic, again.slices) == (
        report.overlap,
        report.instances,
        report.panoptic,
        report.slices,
    )
    assert values["pixel_accuracy"] == report.pixel_accuracy


def test_objects_may_be_left_out_of_json() -> None:
    report = evaluate(TRUE, PRED, mode="instances")

    assert "objects" not in report.to_dict(objects=False)["instances"]


@pytest.mark.parametrize("values", [{}, {"mode": "classes"}, {"mode": 3}])
def test_what_is_no_report_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Report.from_dict(values)
