"""Cuts the power of a simulated disk at random moments, and looks what is left.

``python tests/power_cuts/cuts.py CUTS [SEED] [SCENE ...]`` prints a line of JSON; so
many cuts are made in each scene.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from scenes import SCENES, UNREADABLE
from simulated_disk import Recorder, after_cut, materialise

from napari_segsuite.errors import SegsuiteError

CUTS_PER_RECORD = 1000


def record(scene, place, seed):
    """Play a scene on a recorded disk; return the disk and what was promised when."""
    states = []
    with Recorder(place) as disk:
        for state in scene.play(place, random.Random(seed)):  # noqa: S311
            states.append(state)
            disk.promise(len(states))
    return disk, states


def survived(scene, disk, end, rng, place):
    """Return what a scene finds after a cut; None if nothing can be read."""
    place.mkdir()
    try:
        names, contents = after_cut(disk.log[:end], rng)
        materialise(names, contents, disk.folders, place)
        return scene.left(place)
    except (SegsuiteError, *UNREADABLE):
        return None
    finally:
        shutil.rmtree(place)


def cut(scene, cuts, seed):
    """Cut the power so many times in a scene; return what became of it."""
    rng = random.Random(seed)  # noqa: S311
    wrong, acknowledged, deleted = [], 0, 0
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        for number in range(cuts):
            if number % CUTS_PER_RECORD == 0:
                (place / f"{number}").mkdir()
                disk, states = record(scene, place / f"{number}", seed + number)
                deleted += sum(entry[0] == "unname" for entry in disk.log)
            end = rng.randint(0, len(disk.log))
            done = sum(entry[0] == "ack" for entry in disk.log[:end])
            found = survived(scene, disk, end, rng, place / "left")
            acknowledged += done > 0
            if done and found not in states[done - 1 : done + 1]:
                wrong.append(number)
    report = {"cuts": cuts, "with something to lose": acknowledged}
    return {**report, "files deleted": deleted, "wrong": wrong}


def main(cuts, seed=0, *names):
    """Cut the power in all scenes, or those named, and tell how often it was wrong."""
    chosen = names or tuple(SCENES)
    told = {name: cut(SCENES[name], int(cuts), int(seed)) for name in chosen}
    print(json.dumps({"seed": int(seed), **told}))


if __name__ == "__main__":
    main(*sys.argv[1:])
