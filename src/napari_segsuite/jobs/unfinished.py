"""The job that goes on with an unfinished training."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar, overload

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.jobs.base import load_job
from napari_segsuite.jobs.instances import TrainMaskRCNN
from napari_segsuite.jobs.training import TrainUNet
from napari_segsuite.models.unfinished import Unfinished, read_training

Training = TrainUNet | TrainMaskRCNN
"""A job that can be resumed."""

J = TypeVar("J", TrainUNet, TrainMaskRCNN)


@overload
def resumption(folder: Path) -> TrainUNet: ...


@overload
def resumption(folder: Path, kind: type[J]) -> J: ...


def resumption(folder: Path, kind: Any = TrainUNet) -> Training:
    """Return the job that goes on with the unfinished training in a model folder.

    Parameters
    ----------
    folder : Path
        The model folder.
    kind : type, optional
        What it must be.

    Raises
    ------
    ModelFolderError
        If there is none, it is damaged or of a newer format, or trains another kind of
        model.
    InputError
        If its job cannot be read.
    """
    return begun(folder, read_training(folder).facts, kind).replace(resume=True)


def any_resumption(folder: Path) -> Training:
    """Return the job that goes on with whatever is trained in a model folder.

    Raises
    ------
    ModelFolderError
        If there is none, or it is damaged or of a newer format.
    InputError
        If its job cannot be read.
    """
    facts = read_training(folder).facts
    is_detector = facts.job.get("kind") == TrainMaskRCNN.kind
    kind = TrainMaskRCNN if is_detector else TrainUNet
    return begun(folder, facts, kind).replace(resume=True)


def begun(folder: Path, facts: Unfinished, kind: type[Training]) -> Training:
    """Return the job with which the training in a model folder began.

    Raises
    ------
    ModelFolderError
        If it is not of the kind.
    InputError
        If it cannot be read.
    """
    job = load_job(facts.job)
    if not isinstance(job, kind):
        msg = (
            f"The unfinished training in {folder} is of the kind {job.kind!r}, and "
            f"{kind.kind!r} cannot go on with it. Start from the model as it is."
        )
        raise ModelFolderError(msg)
    # The folder may have been moved since.
    return job.replace(out=folder)
