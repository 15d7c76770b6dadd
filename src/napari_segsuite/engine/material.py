"""What a training job works with: checked images, classes, the plan, the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassInfo, ClassTable, table_of
from napari_segsuite.data.colours import GreyFrames, as_seen
from napari_segsuite.data.drawn_objects import (
    check_objects,
    checked_boxes,
    slices_drawn,
    typical_width,
)
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.image_checks import check_complete, check_pair
from napari_segsuite.data.painted import (
    PaintedClasses,
    PaintingSurvey,
    check_painting,
    merge,
    survey,
)
from napari_segsuite.engine import intensity, weights
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.readers import ImageReader, LabelReader, zoom
from napari_segsuite.engine.regions import Example
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.training import Box, TrainUNet
from napari_segsuite.models.card import ModelCard
from napari_segsuite.plan.choose import choose_plan
from napari_segsuite.plan.choose_objects import choose_object_plan, steps_per_epoch
from napari_segsuite.plan.fingerprint import fingerprint
from napari_segsuite.plan.memory import machine_memory
from napari_segsuite.plan.unet import UNetPlan


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is known before the first step."""

    examples: tuple[Example, ...]
    """Images and labels, seen by the plan's number of dimensions."""
    painted: PaintedClasses
    """The classes that are painted."""
    table: ClassTable
    """The classes of the network, in the order of its output channels: those that
    are painted, and those that the model started from knows."""
    plan: UNetPlan
    """The plan."""
    start: tuple[ModelCard, nn.Module] | None
    """The model started from."""
    annotated: tuple[tuple[Box, ...], ...] = ()
    """To learn objects: per image, where they are drawn, along the labels' axes."""
    notice: str = ""
    """What people should know of the labels."""
    grey: str = ""
    """The name of an image whose colours are averaged to grey, since the model started
    from sees one channel."""

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the table."""
        return tuple(info.id for info in self.table)


@dataclass(frozen=True, slots=True)
class _Pair:
    image: Frames
    labels: Frames
    spacing: Spacing | None
    name: str


def gather(
    job: TrainUNet, compute: Compute, settled: UNetPlan | None = None
) -> Material:
    """Open, check, and look at everything that a training job names.

    Parameters
    ----------
    job : TrainUNet
        The job.
    compute : Compute
        Where to compute: the plan fits into its memory.
    settled : UNetPlan, optional
        The plan, if it was chosen before.

    Raises
    ------
    InputError
        If images, labels, classes or the start model do not fit; the message says
        which and why.
    ModelFolderError
        If the model to start from is damaged.
    """
    start = None if job.start_from is None else weights.load(job.start_from)
    arrays = [_open(job, i) for i in range(len(job.images))]
    channels = None if start is None else start[0].plan.channels
    flat = [_pair(job, i, *arrays[i], 2, channels) for i in range(len(arrays))]
    surveys = [survey(pair.labels) for pair in flat]
    found = merge(surveys)
    objects = job.learn == "objects"
    notice = check_objects(found) if objects else ""
    painted = (
        PaintedClasses(_object_table(job), None)
        if objects
        else check_painting(
            found,
            known=(*job.classes, *(start[0].classes if start else ())),
            unpainted_is_background=job.unpainted_is_background,
        )
    )
    table = painted.table
    if start is None:
        facts = fingerprint(
            [pair.image for pair in flat], found, [pair.spacing for pair in flat]
        )
        memory = _memory(compute)
        if settled is not None:
            plan = settled
        elif objects:
            width = typical_width(surveys, 2)
            seconds = job.training.max_seconds
            plan = choose_object_plan(facts, width, job.plan, memory, seconds)
        else:
            plan = choose_plan(facts, job.plan, memory)
    else:
        plan = settled or _continued(start[0].plan, job)
        if not objects:
            ids = {info.id for info in (*painted.table, *start[0].classes)}
            table = table_of(ids, (*start[0].classes, *painted.table))
    pairs = flat
    if plan.ndim == 3:
        pairs = [_pair(job, i, *arrays[i], 3, channels) for i in range(len(arrays))]
    return Material(
        examples=tuple(_example(pair, plan) for pair in pairs),
        painted=painted,
        table=table,
        plan=plan,
        start=start,
        annotated=_annotated(job, flat, surveys) if objects else (),
        notice=notice,
        grey=next((p.name for p in flat if isinstance(p.image, GreyFrames)), ""),
    )


def _object_table(job: TrainUNet) -> ClassTable:
    """Return background and object, in the order of the network's channels."""
    default = ClassInfo(id=2, name="object", color="#E69F00")
    return table_of((1, 2), (default, *job.classes))


def _annotated(
    job: TrainUNet, pairs: Sequence[_Pair], surveys: Sequence[PaintingSurvey]
) -> tuple[tuple[Box, ...], ...]:
    """Return the boxes that the job names, or those of the slices with objects."""
    asked = job.annotated or ((),) * len(pairs)
    return tuple(
        checked_boxes(pair.labels, boxes, job.labels[i].path.name)
        if boxes
        else slices_drawn(pair.labels, surveys[i])
        for i, (pair, boxes) in enumerate(zip(pairs, asked, strict=True))
    )


def _open(job: TrainUNet, number: int) -> tuple[object, object]:
    image, labels = job.images[number], job.labels[number]
    arrays = image.open(), labels.open()
    check_complete(arrays[0], image.path.name)
    check_pair(image, labels, (arrays[0].shape, arrays[1].shape))
    return arrays


def _pair(
    job: TrainUNet,
    number: int,
    image: object,
    labels: object,
    ndim: Literal[2, 3],
    channels: int | None,
) -> _Pair:
    """Return an image, as a network of so many channels sees it, and its labels."""
    ref = job.images[number]
    frames = Frames(image, ref.axes, ndim)
    return _Pair(
        image=frames if channels is None else as_seen(frames, channels),
        labels=Frames(labels, job.labels[number].axes, ndim),
        spacing=ref.spacing,
        name=ref.path.name,
    )


def _example(pair: _Pair, plan: UNetPlan) -> Example:
    if pair.image.channels != plan.channels:
        msg = (
            f"The model works on {plan.channels} channels, but {pair.name} has "
            f"{pair.image.channels}. Choose an image with as many channels, or train "
            "from scratch."
        )
        raise InputError(msg)
    lens = zoom(pair.spacing, plan.spacing, plan.ndim)
    scale = intensity.measure(pair.image, plan.normalisation, pair.name)
    return Example(
        image=ImageReader(pair.image, scale, lens, pair.name),
        labels=LabelReader(pair.labels, lens),
        survey=survey(pair.labels),
    )


def _continued(plan: UNetPlan, job: TrainUNet) -> UNetPlan:
    """Return a model's plan with the choices that leave its network as it is."""
    choices = job.plan
    # The model may have been trained for hours; people wait for this training.
    steps = min(plan.steps_per_epoch, steps_per_epoch(job.training.max_seconds))
    changes: dict[str, object] = {"steps_per_epoch": steps}
    if choices.batch_size:
        changes["batch_size"] = choices.batch_size
    if choices.patch_size:
        changes["patch_size"] = (choices.patch_size,) * plan.ndim
    return plan.replace(**changes)


def _memory(compute: Compute) -> int:
    if compute.device.type == "cuda":
        return int(torch.cuda.mem_get_info(compute.device)[0])
    return machine_memory()
