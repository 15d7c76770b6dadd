"""Kills painting processes at random moments, and looks what is left of each.

``python tests/data/journal/killed_painters.py 500 [SEED]`` prints a line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from napari_segsuite.data.journal import layer as journal_layer
from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.data.journal.writer import JournalWriter
from napari_segsuite.data.recovery import lost_sessions

SHAPE = (3, 300, 520)
FACTS = LayerFacts(
    name="cells",
    scale=(1.0,) * 3,
    translate=(0.0,) * 3,
    rotate=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    shear=(0.0,) * 3,
    affine=tuple(tuple(float(i == j) for j in range(4)) for i in range(4)),
    units=("pixel",) * 3,
    axis_labels=("z", "y", "x"),
)


def stroke(array, rng):
    """Paint a box of one id, with some noise, and return the box."""
    box = []
    for size in array.shape:
        start = rng.randrange(size)
        box.append((start, min(size, start + rng.randint(1, 120))))
    window = tuple(slice(*ends) for ends in box)
    array[window] = rng.randrange(500)
    array[window].flat[:: rng.randint(2, 9)] += 1
    return tuple(box)


def paint(place, seed, told):
    """Paint until killed; acknowledge each stroke that is on disk."""
    # Often, so that many kills meet it.
    journal_layer._SPARE_BYTES = 20_000
    array = np.zeros(SHAPE, np.uint16)
    writer = JournalWriter(place, lambda _error: None)
    journal = writer.add(array, FACTS)
    journal._limit = 20_000
    rng = random.Random(seed)  # noqa: S311
    while True:
        journal.touch(stroke(array, rng))
        if writer.flush(5):
            os.write(told, b".")


def kill_one(place, seed):
    """Let one painter be killed; return its strokes and those that came back."""
    reader, told = os.pipe()
    painter = os.fork()
    if painter == 0:
        paint(place, seed, told)
    os.close(told)
    os.read(reader, 1)
    acknowledged = 1
    time.sleep(random.Random(-seed).uniform(0, 0.15))  # noqa: S311
    os.kill(painter, signal.SIGKILL)
    os.waitpid(painter, 0)
    while left := os.read(reader, 1 << 16):
        acknowledged += len(left)
    os.close(reader)
    ((layer,),) = (session.layers for session in lost_sessions(place))
    found, array = layer.array(), np.zeros(SHAPE, np.uint16)
    rng = random.Random(seed)  # noqa: S311
    for _ in range(acknowledged):
        stroke(array, rng)
    if np.array_equal(found, array):
        return acknowledged, acknowledged
    stroke(array, rng)  # on disk, and killed before saying so
    whole = np.array_equal(found, array)
    return acknowledged, acknowledged + 1 if whole else -1


def main(kills, seed):
    """Kill so many painters and tell what became of their strokes."""
    acknowledged, wrong = 0, []
    for number in range(kills):
        with tempfile.TemporaryDirectory() as folder:
            strokes, found = kill_one(Path(folder), seed + number)
        acknowledged += strokes
        if found < strokes:
            wrong.append(seed + number)
    report = {"kills": kills, "seed": seed, "acknowledged": acknowledged}
    print(json.dumps({**report, "wrong": wrong}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
