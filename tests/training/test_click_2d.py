"""The training commands of the click model, on a set of two pictures per kind."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from safetensors.numpy import load_file

from napari_segsuite.data.synthesis.disks import DISK, disks
from napari_segsuite.models.folder import read_verified

TRAINING = Path(__file__).parents[2] / "training"


def _command(name: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, TRAINING / name, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    return done.stdout


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


def test_training_goes_on_where_it_stopped_and_makes_a_model(
    nuclei: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    short = ["--run", run, "--data", nuclei, "--scenes", "2", "--batch", "2"]
    short += ["--threads", "1", "--check-count", "1"]

    first = _command("click_2d.py", *short, "--minutes", "0.01")
    begun = json.loads((run / "facts.json").read_text())
    _command("click_2d.py", *short, "--minutes", str(begun["minutes"] + 0.02))
    ended = json.loads((run / "facts.json").read_text())
    _command("click_card.py", "--run", run)

    assert "held out" in first
    assert ended["steps"] > begun["steps"] >= 3
    assert ended["samples"] == 2 * ended["steps"]
    stored = read_verified(run / "click-2d")
    assert stored.card.kind == "click"
    assert stored.card.weights.size < 4_000_000
    weights = load_file(run / "click-2d" / stored.card.weights.file)
    assert weights["stem.0.weight"].dtype == np.float16
    assert weights["stem.1.running_var"].dtype == np.float32
