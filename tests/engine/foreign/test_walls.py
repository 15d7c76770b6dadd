"""The walls behind the rules: hostile files given straight to whoever unpickles them.

``SEGSUITE_HOSTILE=long`` also opens every file without any wall, as a control;
``SEGSUITE_MUTANTS`` sets how many mutated files are opened, a hundredth of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LONG = os.environ.get("SEGSUITE_HOSTILE") == "long"
CONTROLS = 1000 if LONG else 12
MUTANTS = int(os.environ.get("SEGSUITE_MUTANTS", "1000")) // 100

if sys.platform == "win32":
    pytest.skip("there is no fork on Windows", allow_module_level=True)


@pytest.fixture(scope="module")
def judgement(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("walls")
    program = Path(__file__).with_name("walls.py")
    done = subprocess.run(
        [sys.executable, "-I", str(program), str(folder), str(CONTROLS), str(MUTANTS)],
        capture_output=True,
        text=True,
        check=True,
        timeout=1800,
        cwd=folder,
        env={**os.environ, "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"},
    )
    return json.loads(done.stdout.splitlines()[-1])


def rows(judgement: dict[str, Any], act: str) -> list[tuple[Any, ...]]:
    return [tuple(row[1:]) for row in judgement["rows"] if row[0] == act]


def test_the_files_would_run_without_walls(judgement: dict[str, Any]) -> None:
    opened = rows(judgement, "in_the_open")

    assert sum(touched for *_, touched in opened) >= (25 if LONG else 5)


@pytest.mark.parametrize("act", ["as_converted", "behind_walls"])
def test_nothing_runs_within_them(judgement: dict[str, Any], act: str) -> None:
    assert [name for name, *_, touched in rows(judgement, act) if touched] == []


def test_most_are_stopped_by_the_walls_alone(judgement: dict[str, Any]) -> None:
    stopped = [
        name for name, end, *_ in rows(judgement, "behind_walls") if end == "stopped"
    ]

    assert {"os_system.pth", "builtins_eval.pth", "protocol_0.pth"} <= set(stopped)
    assert len(stopped) >= 40


def test_time_and_memory_are_bounded(judgement: dict[str, Any]) -> None:
    """Of what we do; without walls anything goes."""
    ours = [row for row in judgement["rows"] if row[0] == "as_converted"]
    slowest = max(ours, key=lambda row: row[3])
    largest = max(ours, key=lambda row: row[4])

    assert slowest[3] < 10, slowest
    assert largest[4] < 1 << 20, largest
