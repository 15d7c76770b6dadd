"""The training folder is no package: its modules import each other by name."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from napari_segsuite.data.synthesis.disks import DISK, disks

TRAINING = Path(__file__).parents[2] / "training"
sys.path.insert(0, str(TRAINING))


@pytest.fixture
def command() -> Callable[..., str]:
    """Return a function that runs a training script and returns what it printed."""

    def run(name: str, *arguments: str | Path) -> str:
        done = subprocess.run(
            [sys.executable, TRAINING / name, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        return done.stdout

    return run


@pytest.fixture
def nuclei(tmp_path: Path) -> Path:
    """Write a set in the layout of the nuclei set: three pictures of each kind."""
    folder = tmp_path / "set"
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    rows = []
    kinds = ("fluorescence", "histology", "brightfield") * 3
    images, labels = disks(np.random.default_rng(0), len(kinds))
    for number, kind in enumerate(kinds):
        name = f"{number:02}"
        image = images[number]
        shown = np.stack([image, 255 - image, image], -1) if number % 3 == 1 else image
        iio.imwrite(folder / "images" / f"{name}.png", shown)
        iio.imwrite(
            folder / "labels" / f"{name}.png",
            (labels[number] == DISK).astype(np.uint16),
        )
        rows.append([name, "train", kind])
    with (folder / "split.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "split", "kind"], *rows])
    return folder
