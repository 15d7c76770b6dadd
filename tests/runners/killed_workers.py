"""Kills real workers at random moments of training, predicting and saving.

``python tests/runners/killed_workers.py KILLS [SEED]`` prints a line of JSON. After
each kill it is looked whether the job ended with a sentence, inputs are what they
were, what was written is whole or not there, and nothing is left after 5 s; the next
job shows that the runner goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from napari_segsuite.data.atomic import TEMPORARY_PREFIX
from napari_segsuite.data.formats import describe, open_array
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import WorkerCrashed
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.models.folder import verify
from napari_segsuite.models.training_lock import LOCK
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.runners.base import RunStatus
from napari_segsuite.runners.process import ProcessRunner

KINDS = ("training", "predicting", "saving")
WAIT = 300.0
LEFT_SECONDS = 5.0


class Trial:
    """A folder with an image, its painting and, later, a model."""

    def __init__(self, folder, seed):
        self.folder = folder
        self.chance = random.Random(seed)  # noqa: S311
        self.seconds = dict.fromkeys(KINDS, 1.0)
        self.told = dict.fromkeys(KINDS, 0)
        self.finished, self.wrong, self.count = 0, [], 0
        y, x = np.mgrid[-1:1:512j, -1:1:512j]
        inside = (y**2 + x**2 < 0.4).astype(np.uint8)
        labels = np.zeros_like(inside)
        labels[::8] = inside[::8] + 1
        noise = np.random.default_rng(0).normal(0, 12, inside.shape)
        np.save(folder / "image.npy", 60 + 120 * inside + noise)
        np.save(folder / "labels.npy", labels)
        self.image = ArrayRef(path=folder / "image.npy", axes="YX")
        self.labels = ArrayRef(path=folder / "labels.npy", axes="YX")
        self.inputs = self.digest()

    def digest(self):
        """Return what the inputs, and the model to predict with, are now."""
        inputs = [self.image.path, self.labels.path]
        inputs += sorted((self.folder / "model").glob("*"))
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in inputs]

    def job(self, kind):
        """Return a job that writes to a new place."""
        self.count += 1
        if kind == "predicting":
            return Predict(
                model=self.folder / "model",
                image=self.image,
                out=self.folder / f"{self.count}.tif",
                options=PredictOptions(device="cpu"),
            )
        return self.training(self.folder / f"{self.count}")

    def training(self, out):
        """Return a short training."""
        return TrainUNet(
            images=(self.image,),
            labels=(self.labels,),
            out=out,
            plan=PlanChoices(patch_size=32, features=4, batch_size=2),
            training=TrainingOptions(max_seconds=600, max_epochs=4, device="cpu"),
        )

    def kill(self, runner, kind):
        """Let one worker be killed, unless its job ends before; look what is left."""
        job = self.job(kind)
        run, latest = runner.submit(job), time.monotonic() + WAIT
        while run.status is RunStatus.QUEUED:
            if time.monotonic() > latest:
                raise TimeoutError(f"{kind} did not begin")
            time.sleep(0.001)
        started = time.monotonic()
        if kind == "saving":
            while not run.status.ended and not list(
                job.out.glob(f"{TEMPORARY_PREFIX}*")
            ):
                time.sleep(0.0002)
            time.sleep(self.chance.uniform(0, 0.003))
        else:
            time.sleep(self.chance.uniform(0, self.seconds[kind]))
        worker = runner.worker_pid
        if worker is not None and not run.status.ended:
            os.kill(worker, signal.SIGKILL)
        killed = None
        try:
            run.result(WAIT)
        except WorkerCrashed as error:
            killed = worker
            self.told[kind] += 1
            wrong = [] if "The worker process died" in str(error) else [str(error)]
        else:
            self.finished += 1
            self.seconds[kind] = time.monotonic() - started
            wrong = []
        wrong += self.left(job, killed)
        if wrong:
            self.wrong.append({"job": self.count, "kind": kind, "what": wrong})

    def left(self, job, pid):
        """Return what is wrong with what is left."""
        wrong, out = [], job.out
        deadline = time.monotonic() + LEFT_SECONDS
        while (litter := self.litter(pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
        wrong += litter
        if self.digest() != self.inputs:
            wrong.append("the inputs have changed")
        try:
            if out.is_dir():
                verify(out)
            elif out.exists():
                shape = open_array(describe(out, labels=True)).shape
                wrong += [f"labels of {shape}"] * (shape != (512, 512))
        except Exception as error:
            wrong.append(repr(error))
        return wrong

    def litter(self, pid):
        """Return the files and processes that should not be there."""
        found = [
            str(path)
            for path in self.folder.rglob("*")
            if path.name.startswith((TEMPORARY_PREFIX, LOCK))
        ]
        if pid is not None and psutil.pid_exists(pid):
            found.append(f"process {pid}")
        return found


def main(kills, seed):
    """Kill so many workers and tell what became of their jobs."""
    with tempfile.TemporaryDirectory() as made, ProcessRunner(threads=1) as runner:
        trial = Trial(Path(made), seed)
        runner.warm_up(["napari_segsuite.engine.train_unet"])
        runner.submit(trial.training(trial.folder / "model")).result(WAIT)
        trial.inputs = trial.digest()
        attempts = 0
        while sum(trial.told.values()) < kills and attempts < 4 * kills + 4:
            trial.kill(runner, KINDS[attempts % len(KINDS)])
            attempts += 1
        for kind in KINDS[:2]:
            runner.submit(trial.job(kind)).result(WAIT)
        report = {"kills": sum(trial.told.values()), "seed": seed, **trial.told}
        report |= {"finished before": trial.finished, "wrong": trial.wrong}
    _, left = psutil.wait_procs(psutil.Process().children(recursive=True), LEFT_SECONDS)
    print(json.dumps({**report, "processes left": [child.pid for child in left]}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
