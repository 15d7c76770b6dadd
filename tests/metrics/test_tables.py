"""The tables of a report, and their CSV."""

import csv
import io

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


def test_every_table_reads_back_from_csv(report: Report) -> None:
    for table in (None, "classes", "objects", "matches", "surfaces", "slices"):
        lines = report.rows(table)
        read = list(csv.DictReader(io.StringIO(report.to_csv(table))))

        assert len(read) == len(lines)
        assert [list(line) for line in read] == [list(line) for line in lines]


def test_tables_hold_the_scores() -> None:
    objects = evaluate(TRUE, PRED, mode="instances", per_axis=1)

    assert objects.rows() == objects.rows("objects")
    assert objects.rows()[1] == {
        "side": "truth",
        "id": 2,
        "area": 4,
        "iou": 0.5,
        "match": 4,
        "kind": "correct",
    }
    assert [line["slice"] for line in objects.rows("slices")] == [0, 1, 2, 3, 4]
    assert [line["tp"] for line in objects.rows("matches")][:2] == [2, 1]
    segments = evaluate(TRUE, PRED, mode="panoptic")
    assert {line["id"]: line["pq"] for line in segments.rows()}[1] == 1.0
    with pytest.raises(InputError, match="tables of a report"):
        objects.rows("pixels")
