"""A training that goes on where it stopped, and tells how it is going."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_segsuite.jobs.base import Job
from napari_segsuite.jobs.events import EpochEnd, Notice
from napari_segsuite.models.folder import CARD, read_card
from napari_segsuite.models.kinds import as_trained
from napari_segsuite.models.publishing import discard
from napari_segsuite.runners.inline import InlineRunner


def run_training(folder: Path, job_of: Callable[[Path, bool], Job[Any]]) -> Path:
    """Train, or go on with it; nothing is done if it has ended.

    Parameters
    ----------
    folder : Path
        The folder of the run.
    job_of : callable
        Makes the job, given the model folder and whether it goes on.

    Returns
    -------
    Path
        The model folder.
    """
    model, finished = folder / "model", folder / "finished"
    if finished.exists():
        return model
    begun = (model / CARD).exists()
    resume = begun and as_trained(read_card(model), model).unfinished is not None
    if begun and not resume:  # killed before there was anything to go on with
        discard(model)
    with InlineRunner() as runner:
        runner.submit(job_of(model, resume), on_event=_tell).result()
    finished.touch()
    return model


def _tell(event: object) -> None:
    if isinstance(event, Notice):
        print(event.message, flush=True)
    if isinstance(event, EpochEnd):
        print(
            f"{event.seconds:7.0f} s  epoch {event.epoch:4d}  step {event.step:6d}  "
            f"loss {event.loss:.4f}  Dice {event.dice:.4f}  F1 {event.f1:.4f}"
            f"{'  best' if event.best else ''}",
            flush=True,
        )
