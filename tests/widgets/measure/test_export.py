"""Scores as files; the dock's own tests write every format."""

import csv
import json
from pathlib import Path

import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import Report, evaluate
from napari_segsuite.widgets.measure.export import export_report, table_text

REPORT = evaluate([[0, 1, 1, 2]], [[0, 3, 3, 0]], mode="instances")
ABOUT = {"truth": "<b>a</b>", "prediction": "b"}


def test_the_table_in_front_goes_into_csv(tmp_path: Path) -> None:
    for table, lines in (("objects", 3), ("matches", 10), ("classes", 2)):
        path = tmp_path / f"{table}.csv"
        export_report(REPORT, path, ABOUT, table=table)
        with path.open() as file:
            assert len(list(csv.DictReader(file))) == lines


def test_json_holds_everything(tmp_path: Path) -> None:
    export_report(REPORT, tmp_path / "scores.JSON", ABOUT)

    values = json.loads((tmp_path / "scores.JSON").read_text())
    assert Report.from_dict(values) == REPORT
    assert values["truth"] == "<b>a</b>"


def test_names_are_escaped_in_the_page(tmp_path: Path) -> None:
    export_report(REPORT, tmp_path / "scores.html", ABOUT)

    page = (tmp_path / "scores.html").read_text()
    assert "&lt;b&gt;a&lt;/b&gt;" in page
    assert "<b>" not in page


def test_other_formats_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scores\.xlsx must end in \.csv"):
        export_report(REPORT, tmp_path / "scores.xlsx", ABOUT)

    assert list(tmp_path.iterdir()) == []


def test_objects_have_the_surface_scores_of_their_pair() -> None:
    report = evaluate(
        [[0, 1, 1, 1, 0, 2]], [[0, 3, 3, 0, 0, 0]], mode="instances", surfaces=True
    )

    rows = list(csv.DictReader(table_text(report, "objects").splitlines()))

    # A line of three pixels ends in its first and last; of two, both are ends.
    assert [(r["side"], r["id"], r["hausdorff"]) for r in rows] == [
        ("truth", "1", "1.0"),
        ("truth", "2", ""),
        ("prediction", "3", "1.0"),
    ]
    assert "hausdorff" not in table_text(REPORT, "objects")
