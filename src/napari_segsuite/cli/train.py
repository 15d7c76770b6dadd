"""``segsuite train``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, overload

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import FileOptions, describe, paired_files
from napari_segsuite.cli.parsing import Command, Files, Folder
from napari_segsuite.errors import Cancelled, InputError
from napari_segsuite.jobs.base import Job
from napari_segsuite.jobs.instances import TrainMaskRCNN, TrainMaskRCNNResult
from napari_segsuite.jobs.training import TrainingOptions, TrainResult, TrainUNet
from napari_segsuite.jobs.unfinished import Training
from napari_segsuite.plan.unet import PlanChoices


@dataclass(frozen=True, kw_only=True)
class TrainUNetCommand(Command):
    """Train a U-Net on painted labels.

    In the labels 0 means unpainted and is ignored; every other id is a class. To learn
    objects, every id is an object and 0 is background, on all slices with an object.
    Ctrl+C ends the training and keeps the best model so far.
    """

    image: Files
    """Images: files or folders (tif, png, npy, zarr, nii.gz)."""
    labels: Files
    """Painted labels, paired with the images by file name."""
    out: Folder
    """The model folder to make; it must not exist."""
    learn: Literal["classes", "objects"] = "classes"
    """What ids of the labels are: classes of pixels, or objects to be told apart."""
    start_from: Annotated[str | None, tyro.conf.arg(metavar="MODEL")] = None
    """A model folder or the name of a model to fine-tune; None starts anew."""
    name: str = ""
    """The model's name; empty takes the folder's."""
    unpainted_is_background: bool = False
    """Whether unpainted pixels are a class too, called background."""
    file: tyro.conf.OmitArgPrefixes[FileOptions] = FileOptions()
    training: tyro.conf.OmitArgPrefixes[TrainingOptions] = TrainingOptions()
    plan: tyro.conf.OmitArgPrefixes[PlanChoices] = PlanChoices()

    def job(self) -> TrainUNet:
        """Return the job that this command line describes."""
        from napari_segsuite import api

        start = self.start_from
        files = paired_files(self.image, self.labels, ("--image", "--labels"))
        if files.unpaired:
            raise InputError(files.complaint())
        return TrainUNet(
            images=tuple(describe(image, self.file) for image, _ in files.pairs),
            labels=tuple(
                describe(labels, self.file, labels=True) for _, labels in files.pairs
            ),
            learn=self.learn,
            out=self.out,
            name=self.name,
            start_from=None if start is None else api.find_model(start),
            unpainted_is_background=self.unpainted_is_background,
            plan=self.plan,
            training=self.training,
        )

    def run(self, console: Console) -> None:
        """Train; the model folder is complete whenever this ends."""
        train(self.job(), console)
        console.result(str(self.out))


@dataclass(frozen=True, kw_only=True)
class ResumeCommand(Command):
    """Go on with a training that was killed, as if nothing had happened.

    It learns from the same images and labels with the same options; at most one epoch
    or 60 s are lost.
    """

    model: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="MODEL")]]
    """The model folder of the unfinished training, or its name in the library."""

    def run(self, console: Console) -> None:
        """Train; the model folder is complete whenever this ends."""
        from napari_segsuite import api
        from napari_segsuite.jobs.unfinished import any_resumption

        job = any_resumption(api.find_model(self.model))
        train(job, console)
        console.result(str(job.out))


@overload
def train(job: TrainUNet, console: Console) -> TrainResult: ...


@overload
def train(job: TrainMaskRCNN, console: Console) -> TrainMaskRCNNResult: ...


def train(job: Training, console: Console) -> TrainResult | TrainMaskRCNNResult:
    """Train and say how it went.

    Raises
    ------
    Cancelled
        If it was interrupted; the best model so far is kept.
    """
    from napari_segsuite import api

    images = "image" if len(job.images) == 1 else "images"
    console.begin(f"Training on {len(job.images)} {images}; Ctrl+C keeps the best.")
    anything: Job[Any] = job
    result: TrainResult | TrainMaskRCNNResult
    result = api.run(anything, on_event=console.on_event)
    console.remark(
        f"Trained {result.epochs} epochs ({result.steps} steps) in "
        f"{result.seconds:.0f} s: {score_text(result)}."
    )
    if result.stopped:
        msg = f"Stopped early; the best model so far is in {result.model}."
        raise Cancelled(msg)
    return result


def score_text(result: TrainResult | TrainMaskRCNNResult) -> str:
    """Return the validation score in words."""
    if not math.isnan(result.f1):
        return f"F1 {result.f1:.3f} of objects held out of training"
    if isinstance(result, TrainMaskRCNNResult):
        return "no objects could be held out for a score"
    if math.isnan(result.dice):
        return "no painted pixels could be held out for a score"
    return f"Dice {result.dice:.3f} on painted pixels held out of training"
