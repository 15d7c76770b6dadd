"""Kill a training at random moments until so many kills hit it, resuming it each time.

Usage: python killed_training.py FOLDER KILLS SEED [LANES]

Every training that ends is compared with one that nobody interrupted. Children are
forked, so that torch is imported once; they are killed by SIGKILL some time between
their start and the time that a whole training takes.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine import checkpoint
from napari_segsuite.engine.train_unet import train
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.jobs.unfinished import resumption
from napari_segsuite.models.folder import CARD, read_card, verify
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.runners.context import Cache, RunContext


def job_in(folder: Path, out: Path) -> TrainUNet:
    """Return the job of a small training, with its image and painting on disk."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    inside = (y**2 + x**2 < 0.4).astype(np.uint8)
    labels = np.zeros_like(inside)
    labels[::8] = inside[::8] + 1
    np.save(folder / "image.npy", 60 + 120 * inside + rng.normal(0, 12, inside.shape))
    np.save(folder / "labels.npy", labels)
    return TrainUNet(
        images=(ArrayRef(path=folder / "image.npy", axes="YX"),),
        labels=(ArrayRef(path=folder / "labels.npy", axes="YX"),),
        out=out,
        name="model",
        plan=PlanChoices(patch_size=32, features=4, batch_size=2),
        training=TrainingOptions(max_seconds=600, max_epochs=6, device="cpu"),
    )


def train_in_child(folder: Path, job: TrainUNet, lanes: int) -> int:
    """Start a training in a process of its own and return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        torch.set_num_threads(lanes)
        scratch = folder / "scratch"
        scratch.mkdir(exist_ok=True)
        train(job, RunContext(scratch, lambda _event: None, Cache()))
        status = 0
    finally:
        os._exit(status)


def begin(folder: Path, out: Path) -> tuple[TrainUNet, bool]:
    """Return the job that goes on where a kill left it, and whether it resumes."""
    if (out / CARD).exists():
        verify(out)
        if read_card(out).unfinished is not None:
            return resumption(out), True
    shutil.rmtree(out, ignore_errors=True)
    return job_in(folder, out), False


def main(folder: Path, kills: int, seed: int, lanes: int = 1) -> dict[str, int]:
    """Kill, resume and compare; return how often."""
    checkpoint._SECONDS_BETWEEN_ALL = 0.0
    chance = np.random.default_rng(seed)
    started = time.monotonic()
    unbroken = job_in(folder, folder / "unbroken")
    os.waitpid(train_in_child(folder, unbroken, lanes), 0)
    whole = time.monotonic() - started
    expected = verify(unbroken.out).weights.sha256
    told = {"lanes": lanes, "killed": 0, "resumed": 0, "ended": 0, "different": 0}
    out = folder / "killed"
    while told["killed"] < kills or out.exists():
        job, resumes = begin(folder, out)
        told["resumed"] += resumes
        child = train_in_child(folder, job, lanes)
        if told["killed"] < kills:
            time.sleep(chance.uniform(0, whole))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            told["killed"] += 1
            continue
        if status:
            msg = f"a training failed after {told}"
            raise RuntimeError(msg)
        told["ended"] += 1
        told["different"] += verify(out).weights.sha256 != expected
        shutil.rmtree(out)
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), *map(int, sys.argv[2:]))))
