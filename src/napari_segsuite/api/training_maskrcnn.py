"""Train a Mask R-CNN."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path

from napari_segsuite.api.models import find_model
from napari_segsuite.api.running import run
from napari_segsuite.api.sources import Source, as_ref, several
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.instances import (
    DetectorOptions,
    TrainMaskRCNN,
    TrainMaskRCNNResult,
)
from napari_segsuite.jobs.training import Box
from napari_segsuite.plan.maskrcnn import MaskRCNNChoices
from napari_segsuite.runners.base import Runner


def train_maskrcnn(
    images: Source | Sequence[Source],
    labels: Source | Sequence[Source],
    out: str | PathLike[str],
    *,
    axes: str | None = None,
    spacing: Spacing | None = None,
    annotated: Sequence[Sequence[Box]] = (),
    classes: Sequence[ClassInfo] = (),
    object_classes: Sequence[Mapping[int, int]] = (),
    name: str = "",
    start_from: str | PathLike[str] | None = None,
    resume: bool = False,
    plan: MaskRCNNChoices = MaskRCNNChoices(),
    training: DetectorOptions = DetectorOptions(),
    on_event: Callable[[Event], None] | None = None,
    runner: Runner | None = None,
) -> TrainMaskRCNNResult:
    """Train a Mask R-CNN on drawn objects.

    Parameters
    ----------
    images : source or sequence of sources
        The images.
    labels : source or sequence of sources
        Their labels, in the same order, of the images' shapes without channels: every
        id is an object, 0 is background.
    out : path
        The model folder to make; it must not exist.
    axes : str, optional
        Axes of the images, such as ``"ZYX"``; None: as files say, or a guess.
    spacing : tuple of float, optional
        Micrometre per pixel for each of Z, Y, X that is there; None: as files say.
    annotated : sequence of sequence of boxes, optional
        Per image, the boxes, a (start, stop) per axis of the labels, in which every
        object is drawn; an image without boxes is annotated on all its slices that
        hold an object.
    classes : sequence of ClassInfo, optional
        The classes of objects; there is one, "object", if not given.
    object_classes : sequence of mapping of int to int, optional
        Per image, the class of each object by its id; others have the first class.
    name : str, optional
        The model's name; empty takes the folder's.
    start_from : path or str, optional
        A model folder, or the name of a model of the library, to fine-tune.
    resume : bool, optional
        Whether the unfinished training in `out` goes on, where a kill or a power cut
        ended it; images, labels and options must be those with which it began.
    plan : MaskRCNNChoices, optional
        What is fixed of the network.
    training : DetectorOptions, optional
        How to train.
    on_event, runner : optional
        As for `run`.

    Raises
    ------
    InputError
        If images or labels cannot be used, or there is no object; the message says
        why.
    ModelFolderError
        If the model to start from is damaged, or there is nothing to resume.
    StorageError
        If the model cannot be written.
    """
    with Scratch() as scratch:
        job = TrainMaskRCNN(
            images=tuple(
                as_ref(source, scratch, axes, spacing) for source in several(images)
            ),
            labels=tuple(
                as_ref(source, scratch, axes, spacing, labels=True)
                for source in several(labels)
            ),
            out=Path(out),
            resume=resume,
            name=name,
            start_from=None if start_from is None else find_model(start_from),
            annotated=tuple(tuple(boxes) for boxes in annotated),
            classes=tuple(classes),
            object_classes=tuple(dict(one) for one in object_classes),
            plan=plan,
            training=training,
        )
        return run(job, on_event=on_event, runner=runner)
