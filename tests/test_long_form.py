"""The page of promises names tests that exist, and says what came of trials."""

from __future__ import annotations

import ast
import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent


@pytest.fixture(autouse=True)
def found_by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))


def names_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{node.name}::{inner.name}"
        elif isinstance(node, ast.FunctionDef):
            yield node.name


def test_every_test_of_the_matrix_exists() -> None:
    from trials.matrix import ROWS

    missing = []
    for row in ROWS:
        assert row.tests
        for test in row.tests:
            file, _, name = test.partition("::")
            path = ROOT / file
            if not path.is_file() or (name and name not in set(names_in(path))):
                missing.append(f"{row.number}: {test}")
    assert missing == []
    numbers = [row.number for row in ROWS]
    assert numbers == sorted(set(numbers))
    assert set(numbers) >= {20, *range(26, 41)}


def test_every_trial_names_files_that_exist() -> None:
    from trials.promises import TRIALS

    for trial in TRIALS:
        files = [a.partition("::")[0] for a in trial.arguments if a.startswith("tests")]
        for file in [trial.program, *files]:
            assert (ROOT / file).exists(), file


def test_the_page_is_what_the_program_writes() -> None:
    from trials.page import PAGE, last_results, page
    from trials.promises import TRIALS

    text = PAGE.read_text(encoding="utf-8")
    assert page(last_results(text)) == text
    assert list(last_results(text)) == [trial.key for trial in TRIALS]


def test_other_rows_stay_and_failures_are_written(tmp_path: Path) -> None:
    from trials.page import last_results, write
    from trials.results import Result

    path = tmp_path / "page.md"
    write({"kills": Result(True, "kills 3, wrong 0; seed 0")}, path)
    write({"power": Result(False, "cuts 5, wrong 2; seed 0")}, path)
    last = last_results(path.read_text(encoding="utf-8"))
    assert last["kills"] == ("kills 3, wrong 0; seed 0", "yes")
    assert last["power"] == ("cuts 5, wrong 2; seed 0", "**NO**")
    assert last["flips"] == ("not run yet", "–")


@pytest.mark.parametrize(
    ("report", "code", "holds"),
    [
        ({"kills": 2, "wrong": []}, 0, True),
        ({"kills": 2, "wrong": [7]}, 0, False),
        ({"strokes": {"cuts": 3, "wrong": [1]}}, 0, False),
        ({"killed": 2, "different": 1}, 0, False),
        ({"kills": 2, "wrong": []}, 1, False),
    ],
)
def test_a_report_is_judged(report: dict, code: int, holds: bool) -> None:
    from trials.promises import Trial
    from trials.results import judge

    trial = Trial("a", "it holds", 2, "kills", program="a.py")
    text = "noise\n" + json.dumps(report)
    assert judge(trial, code, text, 2)[0] == holds
    assert not judge(trial, 0, "no report", 2)[0]


@pytest.mark.parametrize(
    ("last", "code", "holds"),
    [
        ("3 passed, 1 skipped in 2.00s", 0, True),
        ("1 failed, 3 passed in 2.00s", 1, False),
        ("4 skipped in 2.00s", 0, False),
        ("", 0, False),
    ],
)
def test_tests_are_judged(last: str, code: int, holds: bool) -> None:
    from trials.promises import Trial
    from trials.results import judge

    trial = Trial("a", "it holds", 2, "things", arguments=("tests",))
    assert judge(trial, code, last, 2)[0] == holds


def test_the_command_runs_a_trial(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.md"
    shown = ("flips", "--share", "0.005", "--seed", "3", "--page", str(path))
    monkeypatch.setattr(sys, "argv", ["long_form.py", *shown])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(HERE / "long_form.py"), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("passed flips 10 changed bits: tests")
    assert "seed 3" in path.read_text(encoding="utf-8")
