"""Train, predict, evaluate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.api.models import find_model
from napari_segsuite.api.running import run
from napari_segsuite.api.sources import Source, as_labels, as_ref, several
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.jobs.evaluation import axis_number, n_frame_axes
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.jobs.training import (
    Box,
    TrainingOptions,
    TrainResult,
    TrainUNet,
)
from napari_segsuite.metrics import Mode, Report
from napari_segsuite.metrics import evaluate as evaluate_arrays
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.runners.base import Runner


def train_unet(
    images: Source | Sequence[Source],
    labels: Source | Sequence[Source],
    out: str | PathLike[str],
    *,
    learn: Literal["classes", "objects"] = "classes",
    annotated: Sequence[Sequence[Box]] = (),
    axes: str | None = None,
    spacing: Spacing | None = None,
    classes: Sequence[ClassInfo] = (),
    name: str = "",
    start_from: str | PathLike[str] | None = None,
    resume: bool = False,
    unpainted_is_background: bool = False,
    plan: PlanChoices = PlanChoices(),
    training: TrainingOptions = TrainingOptions(),
    on_event: Callable[[Event], None] | None = None,
    runner: Runner | None = None,
) -> TrainResult:
    """Train a U-Net on painted labels.

    Parameters
    ----------
    images : source or sequence of sources
        The images.
    labels : source or sequence of sources
        Their labels, in the same order, of the images' shapes without channels: 0 is
        unpainted and ignored, every other id a class; or, to learn objects, every id
        an object and 0 background.
    out : path
        The model folder to make; it must not exist.
    learn : {"classes", "objects"}, optional
        What ids of the labels are: classes of pixels, or objects to be told apart.
    annotated : sequence of sequences of boxes, optional
        To learn objects: per image, the boxes, as (start, stop) for each axis of the
        labels, in which every object is drawn. An image without boxes is annotated on
        all its slices that hold an object.
    axes : str, optional
        Axes of the images, such as ``"ZYX"``; None: as files say, or a guess.
    spacing : tuple of float, optional
        Micrometre per pixel for each of Z, Y, X that is there; None: as files say.
    classes : sequence of ClassInfo, optional
        Names and colours of classes; ids that are missing get default ones.
    name : str, optional
        The model's name; empty takes the folder's.
    start_from : path or str, optional
        A model folder, or the name of a model of the library, to fine-tune.
    resume : bool, optional
        Whether the unfinished training in `out` goes on, where a kill or a power cut
        ended it; images, labels and options must be those with which it began.
    unpainted_is_background : bool, optional
        Whether unpainted pixels are a class too.
    plan : PlanChoices, optional
        What is fixed of the network.
    training : TrainingOptions, optional
        How to train.
    on_event, runner : optional
        As for `run`.

    Raises
    ------
    InputError
        If images or labels cannot be used; the message says why.
    ModelFolderError
        If the model to start from is damaged, or there is nothing to resume.
    StorageError
        If the model cannot be written.
    """
    with Scratch() as scratch:
        job = TrainUNet(
            images=tuple(
                as_ref(source, scratch, axes, spacing) for source in several(images)
            ),
            labels=tuple(
                as_ref(source, scratch, axes, spacing, labels=True)
                for source in several(labels)
            ),
            learn=learn,
            annotated=tuple(tuple(boxes) for boxes in annotated),
            out=Path(out),
            resume=resume,
            name=name,
            start_from=None if start_from is None else find_model(start_from),
            classes=tuple(classes),
            unpainted_is_background=unpainted_is_background,
            plan=plan,
            training=training,
        )
        return run(job, on_event=on_event, runner=runner)


def predict(
    model: str | PathLike[str],
    image: Source,
    *,
    axes: str | None = None,
    spacing: Spacing | None = None,
    options: PredictOptions = PredictOptions(),
    on_event: Callable[[Event], None] | None = None,
    runner: Runner | None = None,
) -> NDArray[np.integer[Any]]:
    """Predict the labels of an image.

    For images that do not fit into memory run a `Predict` job, which writes a file.

    Parameters
    ----------
    model : path or str
        A model folder, or the name of a model of the library.
    image : source
        The image.
    axes, spacing : optional
        As for `train_unet`.
    options : PredictOptions, optional
        How to predict.
    on_event, runner : optional
        As for `run`.

    Returns
    -------
    labels : integer array
        Class ids, or ids of objects if the model learned objects; the shape is the
        image's without channels. `predict_objects` tells more of objects.

    Raises
    ------
    ModelFolderError
        If the model is missing, damaged, or of a newer format.
    InputError
        If the image does not fit the model, or the model did not learn what is to be
        read out.
    """
    with Scratch() as scratch:
        job = Predict(
            model=find_model(model),
            image=as_ref(image, scratch, axes, spacing),
            out=scratch.path(".npy"),
            options=options,
        )
        result = run(job, on_event=on_event, runner=runner)
        return np.array(result.labels.open())


def evaluate(
    truth: Source,
    prediction: Source,
    *,
    mode: Mode = "classes",
    ignore_id: int | None = None,
    background_id: int | None = 0,
    names: Mapping[int, str] | None = None,
    true_classes: Mapping[int, int] | None = None,
    pred_classes: Mapping[int, int] | None = None,
    stuff_ids: Collection[int] = (),
    surfaces: bool = False,
    tolerance: float | None = None,
    axes: str | None = None,
    spacing: Spacing | None = None,
    per_axis: str | None = None,
) -> Report:
    """Score a prediction against the truth: pixels, objects, segments, surfaces.

    Parameters
    ----------
    truth, prediction : source
        Labels of one shape.
    mode : {"classes", "instances", "panoptic"}, optional
        What ids mean: classes; objects, whose ids need not agree; or segments, each of
        which has a class.
    ignore_id : int, optional
        Pixels with this id in the truth are not scored. With mode "panoptic" it is the
        id of pixels without segment, on both sides; 0 if not given.
    background_id : int or None, optional
        With classes, the class that the means leave out; None leaves none out. With
        instances, the id that is no object.
    names : mapping of int to str, optional
        Names of classes.
    true_classes, pred_classes : mapping of int to int, optional
        With mode "panoptic", the class of each segment id. By default ids below 1000
        are classes themselves, and the class of others is id // 1000.
    stuff_ids : collection of int, optional
        With mode "panoptic", the classes that are areas rather than objects.
    surfaces : bool, optional
        Whether to measure distances between surfaces too.
    tolerance : float, optional
        Of boundary F1 and surface Dice, in micrometre; by default two pixels.
    axes : str, optional
        Axes of the labels, such as ``"TYX"``; None: as files say, or a guess.
    spacing : tuple of float, optional
        Micrometre per pixel for each of Z, Y, X that is there; None: as the truth's
        file says; arrays have none, and distances are in pixels.
    per_axis : str, optional
        The axis whose slices get scores of their own, such as ``"Z"``.

    Raises
    ------
    InputError
        If shapes differ, values are no ids, or an option does not fit the labels.
    """
    true, known_axes, known_spacing = as_labels(truth)
    order = axes or known_axes
    return evaluate_arrays(
        true,
        as_labels(prediction)[0],
        mode=mode,
        ignore_id=ignore_id,
        background_id=background_id,
        names=names,
        true_classes=true_classes,
        pred_classes=pred_classes,
        stuff_ids=stuff_ids,
        surfaces=surfaces,
        spacing=spacing or known_spacing,
        tolerance=tolerance,
        n_frame_axes=n_frame_axes(order) if surfaces else 0,
        per_axis=axis_number(per_axis, order),
    )
