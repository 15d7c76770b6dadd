"""Writes what a benchmark measured into RESULTS.md, under its own heading."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
_TITLE = "# Results\n\nWritten by the programs in this folder; nothing by hand.\n"


def write_section(program: str, heading: str, lines: Iterable[str]) -> None:
    """Replace the section of `program` in RESULTS.md, or append it."""
    body = "\n".join(lines)
    print(body, flush=True)
    section = (
        f"\n<!-- {program} -->\n## {heading}\n\n"
        f"`python benchmarks/{program}.py`, {datetime.now(UTC):%Y-%m-%d}, "
        f"{_machine()}\n"
        f"\n{body}\n<!-- end {program} -->\n"
    )
    text = RESULTS.read_text() if RESULTS.exists() else _TITLE
    old = re.compile(rf"\n<!-- {program} -->.*?<!-- end {program} -->\n", re.DOTALL)
    text = old.sub("", text) + section
    RESULTS.write_text(text)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return lines


def _machine() -> str:
    try:
        cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        name = cpu.group(1) if cpu else platform.processor()
    except OSError:
        name = platform.processor()
    return f"{os.cpu_count()} cores of {name}, {platform.system()}"
