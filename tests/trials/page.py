"""TESTING.md: what is promised, how it is tried, and what came of it last."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from napari_segsuite.data.atomic import atomic_file
from trials.matrix import ROWS
from trials.promises import TRIALS, Trial
from trials.results import ROOT, Result

PAGE = ROOT / "TESTING.md"

_NEVER = "not run yet", "–"

_INTRODUCTION = """\
# What is promised, and how it is tested

Written by `python tests/long_form.py`, all of it: change the program, not this page.

Annotations are hours of work, and a model file from elsewhere may be hostile. The
tests of this project try to lose the work and to get code run, thousands of times, at
random moments. [docs/safety.md](docs/safety.md) says the promises as users read them,
also what is **not** promised: the stroke that is under the mouse when the power fails,
a disk that lies about what it has written, layers that are no plain arrays in memory,
and that a well-formed model is a good one. Power cuts are simulated, by a disk that is
as bad as POSIX allows; kills, full disks and hostile files are real. All of it is tried
on Linux; kills and power cuts on Windows and macOS are not.

- `bash scripts/test.sh` runs every test and with it a short form of each trial: some
  dozens of kills, hundreds of power cuts, thousands of damaged files.
- `python tests/long_form.py` runs the long forms below, one after the other, and writes
  what came of them here, failures too. It takes some hours on two cores, and needs a
  screen (`xvfb-run -a` will do). `python tests/long_form.py kills power` runs these
  alone; the rows of the others stay. `--seed 7` takes other random moments,
  `--share 0.01` a hundredth of the count.
"""


def write(results: Mapping[str, Result], path: Path = PAGE) -> None:
    """Write the page anew; what was not tried now keeps its last result."""
    old = last_results(path.read_text(encoding="utf-8")) if path.exists() else {}
    new = {key: (one.text, _passed(one)) for key, one in results.items()}
    text = page({**old, **new})
    with atomic_file(path, overwrite=True) as temporary:
        temporary.write_text(text, encoding="utf-8")


def page(last: Mapping[str, tuple[str, str]]) -> str:
    """Return the page, given by key what came of trials and whether they passed."""
    lines = [_INTRODUCTION, "## Trials", ""]
    lines += [
        "| trial | promise | long form | last result | passed |",
        "|" + "---|" * 5,
    ]
    for trial in TRIALS:
        result, passed = last.get(trial.key, _NEVER)
        lines.append(
            f"| `{trial.key}` | {trial.promise} | {_command(trial)} | {result} | "
            f"{passed} |"
        )
    lines += [
        "",
        "## What goes wrong, and what happens then",
        "",
        "Each line is proved by the tests that it names; `matrix` above runs them all.",
        "",
        "| | what goes wrong | what happens | tests |",
        "|" + "---|" * 4,
    ]
    for row in ROWS:
        tests = "<br>".join(f"`{test}`" for test in row.tests)
        lines.append(f"| {row.number} | {row.fault} | {row.outcome} | {tests} |")
    return "\n".join(lines) + "\n"


def last_results(text: str) -> dict[str, tuple[str, str]]:
    """Return what a page says of each trial: the result, and whether it passed."""
    rows = re.findall(r"^\| `([a-z-]+)` \|(.*)\|$", text, re.MULTILINE)
    found = {}
    for key, rest in rows:
        cells = [cell.strip() for cell in rest.split(" | ")]
        found[key] = (cells[-2], cells[-1])
    return found


def _command(trial: Trial) -> str:
    if trial.key == "matrix":
        return "`python tests/long_form.py matrix`"
    return f"`{trial.shown()}`"


def _passed(result: Result) -> str:
    return "yes" if result.passed else "**NO**"
