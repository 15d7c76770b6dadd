"""Runs a trial and says what came of it."""

from __future__ import annotations

import json
import re
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trials.promises import Trial

ROOT = Path(__file__).parents[2]
_LONGEST_SECONDS = 12 * 3600
# What a program's report may not hold anything under.
_FAULTS = ("wrong", "different", "processes left")


@dataclass(frozen=True)
class Result:
    """What came of a trial."""

    passed: bool
    """Whether the promise held."""
    text: str
    """Numbers, seed, date and seconds."""


def run(trial: Trial, share: float, seed: int) -> Result:
    """Run a trial as a process of its own; a share of 1 is the long form."""
    count = max(1, round(trial.count * share)) if trial.count else 0
    started = time.monotonic()
    try:
        done = subprocess.run(
            trial.command(count, seed),
            cwd=ROOT,
            env=trial.environment(count, seed),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        code, output = 1, "it was not over after 12 hours"
    seconds = time.monotonic() - started
    passed, numbers = judge(trial, code, output, count)
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    return Result(passed, f"{numbers}; seed {seed}, {when}, {seconds:,.0f} s")


def judge(trial: Trial, code: int, output: str, count: int) -> tuple[bool, str]:
    """Return whether a promise held, and the numbers, given what was printed."""
    asked = f"{count:,} {trial.unit}: " if count else ""
    if trial.program:
        try:
            report = json.loads(output.strip().splitlines()[-1])
        except (ValueError, IndexError):
            return False, f"{asked}ended with {code}: {_last_line(output)}"
        return code == 0 and not _faults(report), in_words(report)
    found = {
        word: int(number)
        for number, word in re.findall(
            r"(\d+) (passed|failed|skipped|errors?)", _last_line(output)
        )
    }
    tests = ", ".join(f"{word} {number:,}" for word, number in found.items())
    if trial.properties:
        examples = re.findall(r"(\d+) passing, (\d+) failing", output)
        good = sum(int(number) for number, _ in examples)
        asked += f"{good:,} examples in all, "
    passed = code == 0 and found.get("passed", 0) > 0
    return passed, f"{asked}tests {tests or _last_line(output)}"


def in_words(report: Any) -> str:
    """Return a program's report on one line."""
    if isinstance(report, dict):
        parts = []
        for name, value in report.items():
            if isinstance(value, dict):
                parts.append(f"{name} ({in_words(value)})")
            elif name != "seed":
                parts.append(f"{name} {in_words(value)}")
        return ", ".join(parts)
    if isinstance(report, list):
        return f"{len(report):,}"
    return f"{report:,}" if isinstance(report, int | float) else str(report)


def _faults(report: Any) -> bool:
    if not isinstance(report, dict):
        return False
    return any(bool(report.get(name)) for name in _FAULTS) or any(
        _faults(value) for value in report.values()
    )


def _last_line(output: str) -> str:
    lines = [line for line in output.strip().splitlines() if line.strip()]
    return lines[-1].replace("|", "/")[:200] if lines else "nothing was printed"
