"""The power may go at any moment: no acknowledged stroke is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CUTS = Path(__file__).with_name("power_cuts.py")

# The recorder replaces os.fsync itself: it is forgotten where it is called.
FORGETFUL = """
import os, runpy, sys
from napari_segsuite.data import atomic
from napari_segsuite.data.journal import file

class NoSync:
    def __getattr__(self, name):
        return getattr(os, name)

    def fsync(self, handle):
        pass

{module}.os = NoSync()
sys.path.insert(0, {folder!r})
sys.argv = ["power_cuts.py", "300", "1"]
runpy.run_path({program!r}, run_name="__main__")
"""


def report(*command):
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="simulates a POSIX disk")
def test_no_stroke_is_lost_in_500_power_cuts():
    found = report(CUTS, "500", "1")
    assert found["wrong"] == []
    assert found["compactions"] >= 3


@pytest.mark.skipif(sys.platform == "win32", reason="simulates a POSIX disk")
@pytest.mark.parametrize("module", ["atomic", "file"])
def test_a_forgotten_fsync_would_be_noticed(module):
    code = FORGETFUL.format(module=module, folder=str(CUTS.parent), program=str(CUTS))
    assert report("-c", code)["wrong"]
