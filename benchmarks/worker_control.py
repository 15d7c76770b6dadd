"""Cancel, and death, of a worker that trains: how soon, and what is left."""

from __future__ import annotations

import os
import signal
import statistics
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from results import table, write_section

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.data.strokes import paint_strokes
from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.errors import Cancelled, WorkerCrashed
from napari_segsuite.jobs.events import EpochEnd
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.models.folder import verify
from napari_segsuite.runners.base import Run
from napari_segsuite.runners.process import ProcessRunner

_TRIES = 3


def _job(scratch: Scratch, out: Path) -> TrainUNet:
    rng = np.random.default_rng(0)
    picture, truth = nuclei(rng, (512, 512), (0.25, 0.25), count=100)
    painted = paint_strokes(np.where(truth > 0, 2, 1).astype(np.uint8), rng)
    images: tuple[ArrayRef, ...] = (scratch.save(picture, "YX"),)
    return TrainUNet(
        images=images,
        labels=(scratch.save(painted, "YX"),),
        out=out,
        training=TrainingOptions(max_seconds=60),
    )


def _until_learning(runner: ProcessRunner, job: TrainUNet) -> Run:
    learning = threading.Event()
    run = runner.submit(
        job, on_event=lambda event: isinstance(event, EpochEnd) and learning.set()
    )
    learning.wait(60)
    return run


def main() -> None:
    """Measure and write the section."""
    cancels, memory, deaths, restarts = [], [], [], []
    with (
        Scratch() as scratch,
        ProcessRunner(scratch=scratch) as runner,
        TemporaryDirectory() as name,
    ):
        runner.warm_up(("napari_segsuite.engine.train_unet",))
        time.sleep(20)
        for i in range(_TRIES):
            job = _job(scratch, Path(name) / f"cancelled{i}")
            run = _until_learning(runner, job)
            busy = psutil.Process(runner.worker_pid).memory_info().rss
            began = time.monotonic()
            run.cancel()
            try:
                run.result()
            except Cancelled:
                cancels.append(time.monotonic() - began)
            time.sleep(max(0.0, 5 - (time.monotonic() - began)))
            idle = psutil.Process(runner.worker_pid).memory_info().rss
            memory.append((busy - idle) / 1e6)
        for i in range(_TRIES):
            out = Path(name) / f"killed{i}"
            run = _until_learning(runner, _job(scratch, out))
            began = time.monotonic()
            os.kill(runner.worker_pid, signal.SIGKILL)
            try:
                run.result()
            except WorkerCrashed:
                deaths.append(time.monotonic() - began)
            verify(out)  # the best checkpoint is whole
            began = time.monotonic()
            _until_learning(runner, _job(scratch, Path(name) / f"next{i}")).cancel()
            restarts.append(time.monotonic() - began)
    rows = [
        ("cancel, until the run has ended", _seconds(cancels), f"{len(cancels)}"),
        ("memory given back 5 s after cancel", _megabytes(memory), f"{len(memory)}"),
        ("SIGKILL, until the message", _seconds(deaths), f"{len(deaths)}"),
        ("best checkpoint whole after SIGKILL", "all", f"{len(deaths)}"),
        ("next Train, until its first epoch", _seconds(restarts), f"{len(restarts)}"),
    ]
    write_section(
        "worker_control",
        "Cancel and death of the worker",
        table(("", "median (largest)", "times"), rows),
    )


def _seconds(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} s ({max(values):.2f} s)"


def _megabytes(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} MB ({max(values):.0f} MB)"


if __name__ == "__main__":
    main()
