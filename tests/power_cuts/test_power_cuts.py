"""The power may go at any moment: nothing that was promised is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="simulates a POSIX disk")

CUTS = Path(__file__).with_name("cuts.py")
SHORT = {"strokes": 300, "prompts": 200, "saves": 100, "folders": 50, "models": 200}

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
sys.argv = ["cuts.py", "60", "1", *{scenes!r}]
runpy.run_path({program!r}, run_name="__main__")
"""


def report(*command):
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("scene", SHORT)
def test_nothing_that_was_promised_is_lost(scene):
    found = report(CUTS, SHORT[scene], 1, scene)[scene]
    assert found["wrong"] == []
    assert found["with something to lose"] > found["cuts"] / 2
    if scene in ("strokes", "models"):  # old files were deleted meanwhile
        assert found["files deleted"] >= 3


@pytest.mark.parametrize(
    ("module", "scenes"),
    [
        ("atomic", ("strokes", "prompts", "saves", "folders", "models")),
        ("file", ("strokes",)),
    ],
)
def test_a_forgotten_fsync_would_be_noticed(module, scenes):
    code = FORGETFUL.format(
        module=module, folder=str(CUTS.parent), program=str(CUTS), scenes=scenes
    )
    found = report("-c", code)
    assert all(found[scene]["wrong"] for scene in scenes)
