"""``segsuite evaluate``."""

from __future__ import annotations

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
    assert [line.split()[-1] for line in lines[1:3]] == ["0.7500", "1.0000"]
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
