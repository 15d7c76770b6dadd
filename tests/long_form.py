"""Runs the long form of each promise, and writes what came of it into TESTING.md.

Usage: ``python tests/long_form.py [KEY ...] [--seed N] [--share PART] [--page FILE]``

Without keys all trials run, one after the other. Each runs as a process of its own;
the exit code is 1 if a promise did not hold. A share below 1 tries the programs with a
part of the count; the page then says the smaller number.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from trials.page import PAGE, write
from trials.promises import TRIALS
from trials.results import run


def main(arguments: list[str]) -> int:
    """Run the trials that are named, or all; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="*", metavar="KEY")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    known = [trial.key for trial in TRIALS]
    unknown = set(asked.keys) - set(known)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: choose of {', '.join(known)}")
    chosen = [t for t in TRIALS if not asked.keys or t.key in asked.keys]
    broken = 0
    for trial in chosen:
        result = run(trial, asked.share, asked.seed)
        # After each, so that hours are not lost with the last one.
        write({trial.key: result}, asked.page)
        broken += not result.passed
        print("passed" if result.passed else "FAILED", trial.key, result.text)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
