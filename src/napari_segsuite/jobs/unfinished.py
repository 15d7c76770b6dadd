"""The job that goes on with an unfinished training."""

from __future__ import annotations

from pathlib import Path

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.jobs.base import load_job
from napari_segsuite.jobs.training import TrainUNet
from napari_segsuite.models.unfinished import Unfinished, read_training


def resumption(folder: Path) -> TrainUNet:
    """Return the job that goes on with the unfinished training in a model folder.

    Raises
    ------
    ModelFolderError
        If there is none, or it is damaged or of a newer format.
    InputError
        If its job cannot be read.
    """
    return begun(folder, read_training(folder).facts).replace(resume=True)


def begun(folder: Path, facts: Unfinished) -> TrainUNet:
    """Return the job with which the training in a model folder began.

    Raises
    ------
    ModelFolderError
        If it is no job that trains a U-Net.
    InputError
        If it cannot be read.
    """
    job = load_job(facts.job)
    if not isinstance(job, TrainUNet):
        msg = (
            f"The unfinished training in {folder} is of the kind {job.kind!r}, which "
            "cannot be resumed. Start from the model as it is."
        )
        raise ModelFolderError(msg)
    # The folder may have been moved since.
    return job.replace(out=folder)
