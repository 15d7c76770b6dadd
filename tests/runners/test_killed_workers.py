"""A worker may be killed at any moment: nothing is lost but what it was doing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("killed_workers.py")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_workers_leave_nothing_and_harm_nothing():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", PROGRAM, "3", "1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["kills"] >= 3
    assert report["wrong"] == []
    assert report["processes left"] == []
