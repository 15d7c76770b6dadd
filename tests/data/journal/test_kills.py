"""A painting process may be killed at any moment: no acknowledged stroke is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PAINTERS = Path(__file__).with_name("killed_painters.py")


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_no_stroke_is_lost_in_20_kills():
    done = subprocess.run(
        [sys.executable, PAINTERS, "20", "1"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    report = json.loads(done.stdout)
    assert report["wrong"] == []
    assert report["acknowledged"] > 100
