"""``segsuite evaluate``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from napari_segsuite.cli.main import main

Run = pytest.CaptureFixture[str]


def _save(path: Path, *rows: list[int]) -> Path:
    path.parent.mkdir(exist_ok=True)
    np.save(path, np.array(rows, np.uint8))
    return path


def test_one_pair_gets_the_table_of_classes(tmp_path: Path, capsys: Run) -> None:
    truth = _save(tmp_path / "t.npy", [1, 1, 2, 2])
    prediction = _save(tmp_path / "p.npy", [1, 2, 2, 2])

    code = main(["evaluate", "--truth", str(truth), "--prediction", str(prediction)])

    table = capsys.readouterr().out
    assert code == 0
    assert "0.8000" in table  # Dice of class 2: 2 TP, 1 FP, 0 FN
    assert "Pixel accuracy 0.7500" in table


def test_folders_get_a_line_per_pair_and_the_scores_of_all_pixels(
    tmp_path: Path, capsys: Run
) -> None:
    _save(tmp_path / "t" / "a.npy", [1, 1, 2, 2])
    _save(tmp_path / "p" / "a.npy", [1, 2, 2, 2])
    _save(tmp_path / "t" / "b.npy", [2, 2, 2, 2])
    _save(tmp_path / "p" / "b.npy", [2, 2, 2, 2])
    words = ["--truth", str(tmp_path / "t"), "--prediction", str(tmp_path / "p")]

    code = main(["evaluate", *words, "--json", str(tmp_path / "s.json")])

    scores = json.loads((tmp_path / "s.json").read_text())
    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line.split()[-1] for line in lines[1:4]] == ["0.7500", "1.0000", "0.8750"]
    assert lines[3].startswith("all together")
    assert scores["pixel_accuracy"] == 7 / 8
    assert [file["pixel_accuracy"] for file in scores["files"]] == [0.75, 1.0]


def test_pixels_with_the_ignored_id_are_not_scored(tmp_path: Path, capsys: Run) -> None:
    truth = _save(tmp_path / "t.npy", [0, 0, 2, 2])
    prediction = _save(tmp_path / "p.npy", [1, 1, 2, 2])
    words = ["--truth", str(truth), "--prediction", str(prediction)]

    main(["evaluate", *words, "--ignore-id", "0"])

    assert "Pixel accuracy 1.0000 on 2 scored pixels" in capsys.readouterr().out


def test_files_without_a_partner_are_named_after_the_table(
    tmp_path: Path, capsys: Run
) -> None:
    for name in ("t/a.npy", "p/a.npy", "t/b.npy", "p/b.npy", "t/lonely.npy"):
        _save(tmp_path / name, [1, 2])
    words = ["--truth", str(tmp_path / "t"), "--prediction", str(tmp_path / "p")]

    code = main(["evaluate", *words])

    shown = capsys.readouterr()
    assert code == 1
    assert "Pixel accuracy 1.0000 on 4 scored pixels" in shown.out
    assert "lonely.npy" in shown.err.splitlines()[-1]


def test_a_pair_that_cannot_be_scored_is_named_and_the_others_are_scored(
    tmp_path: Path, capsys: Run
) -> None:
    for name in ("t/a.npy", "p/a.npy", "t/b.npy"):
        _save(tmp_path / name, [1, 2])
    _save(tmp_path / "p" / "b.npy", [1, 2, 2])
    words = ["--truth", str(tmp_path / "t"), "--prediction", str(tmp_path / "p")]

    code = main(["evaluate", *words])

    shown = capsys.readouterr()
    assert code == 1
    assert "on 2 scored pixels" in shown.out
    assert "b.npy" in shown.err.splitlines()[-1]


def test_an_existing_report_is_left_as_it_is(tmp_path: Path, capsys: Run) -> None:
    labels = _save(tmp_path / "t.npy", [1, 2])
    old = tmp_path / "old.json"
    old.write_text("mine")
    words = ["--truth", str(labels), "--prediction", str(labels), "--json", str(old)]

    assert main(["evaluate", *words]) == 1
    assert old.read_text() == "mine"
    assert "exists already" in capsys.readouterr().err


def test_objects_are_scored_and_written_in_every_format(
    tmp_path: Path, capsys: Run
) -> None:
    for name in ("t/a.npy", "t/b.npy", "p/a.npy"):
        _save(tmp_path / name, [1, 1, 0, 2])
    _save(tmp_path / "p" / "b.npy", [7, 7, 0, 0])
    words = ["--truth", str(tmp_path / "t"), "--prediction", str(tmp_path / "p")]
    targets = [str(tmp_path / f"s.{suffix}") for suffix in ("json", "csv", "html")]

    code = main(["evaluate", *words, "--mode", "instances", "--out", *targets])

    assert code == 0
    assert "4 true and 3 predicted objects" in capsys.readouterr().out
    scores = json.loads((tmp_path / "s.json").read_text())
    assert scores["instances"]["n_true"] == 4
    assert scores["files"][1]["instances"]["objects"]["true_kinds"] == [0, 3]
    lines = list(csv.DictReader((tmp_path / "s.csv").open()))
    assert [line["file"] for line in lines] == ["a.npy", "b.npy", "all together"]
    assert float(lines[2]["f1"]) == pytest.approx(6 / 7)
    assert "<td>b.npy</td>" in (tmp_path / "s.html").read_text()


def test_surfaces_are_measured_in_the_pixel_size_that_is_given(
    tmp_path: Path, capsys: Run
) -> None:
    truth = _save(tmp_path / "t.npy", *[[0, 0, 1, 1, 0, 0]] * 4)
    prediction = _save(tmp_path / "p.npy", *[[0, 0, 0, 1, 1, 0]] * 4)
    words = ["--truth", str(truth), "--prediction", str(prediction), "--surfaces"]

    code = main(["evaluate", *words, "--pixel-size", "0.5", "0.5"])

    assert code == 0
    assert "Distances in µm; the tolerance is 1 µm." in capsys.readouterr().out


def test_segments_are_scored_by_their_classes(tmp_path: Path, capsys: Run) -> None:
    labels = _save(tmp_path / "t.npy", [3, 3, 0, 7])
    words = ["--truth", str(labels), "--prediction", str(labels)]

    code = main(["evaluate", *words, "--mode", "panoptic", "--stuff-ids", "3"])

    assert code == 0
    assert "mean, stuff" in capsys.readouterr().out


def test_slices_along_an_axis_that_is_not_there_are_refused(
    tmp_path: Path, capsys: Run
) -> None:
    labels = str(_save(tmp_path / "t.npy", [1, 2]))
    words = ["--truth", labels, "--prediction", labels, "--per-axis", "Z"]

    assert main(["evaluate", *words]) == 1
    assert "no slices along Z" in capsys.readouterr().err


def test_an_unknown_ending_is_refused_before_anything_is_scored(
    tmp_path: Path, capsys: Run
) -> None:
    labels = str(_save(tmp_path / "t.npy", [1, 2]))
    words = ["--truth", labels, "--prediction", labels]

    assert main(["evaluate", *words, "--out", str(tmp_path / "s.xlsx")]) == 1
    shown = capsys.readouterr()
    assert "s.xlsx must end in .json, .csv, .html" in shown.err
    assert not shown.out
