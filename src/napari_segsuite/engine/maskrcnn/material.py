"""What a training job works with: images with objects, classes, plan, start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torchvision.models.detection import MaskRCNN

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.colours import GreyFrames, as_seen
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.image_checks import check_complete, check_pair
from napari_segsuite.data.segmented_files import OBJECT
from napari_segsuite.engine import intensity
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.intensity import Scale
from napari_segsuite.engine.maskrcnn import network
from napari_segsuite.engine.maskrcnn.scenes import (
    Picture,
    Place,
    Scene,
    annotated_places,
    load_scene,
)
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.instances import TrainMaskRCNN
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.plan.choose import looks_like_tomography
from napari_segsuite.plan.choose_maskrcnn import (
    ObjectFingerprint,
    choose_maskrcnn_plan,
    continue_maskrcnn_plan,
)
from napari_segsuite.plan.intensities import sample_pixels
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan
from napari_segsuite.plan.memory import machine_memory

_MOST_PIXELS = 1 << 27
_SAMPLE_PIXELS = 1 << 12


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is known before the first step."""

    pictures: tuple[Picture, ...]
    """The images."""
    places: tuple[Place, ...]
    """Their annotated parts; at least one has an object."""
    table: ClassTable
    """The classes, in the order of the network's from 1 on."""
    plan: MaskRCNNPlan
    """The plan."""
    start: tuple[MaskRCNNCard, MaskRCNN] | None
    """The model started from."""
    grey: str = ""
    """The name of an image whose colours are averaged to grey, since the model started
    from sees one channel."""

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the classes."""
        return tuple(info.id for info in self.table)


def gather(
    job: TrainMaskRCNN, compute: Compute, settled: MaskRCNNPlan | None = None
) -> Material:
    """Open, check, and look at everything that a training job names.

    Parameters
    ----------
    job : TrainMaskRCNN
        The job.
    compute : Compute
        Where to compute: the plan fits into its memory.
    settled : MaskRCNNPlan, optional
        The plan, if it was chosen before.

    Raises
    ------
    InputError
        If images, labels, classes or the start model do not fit, or there is no
        object; the message says which and why.
    ModelFolderError
        If the model to start from is damaged.
    """
    start = None if job.start_from is None else network.load(job.start_from)
    table = _classes(job, None if start is None else start[0])
    channels = None if start is None else start[0].plan.channels
    opened = [_open(job, i, channels) for i in range(len(job.images))]
    places = [
        place for i, one in enumerate(opened) for place in annotated_places(one, i)
    ]
    if not any(place.objects for place in places):
        msg = (
            "There is no object to learn from: the labels are 0 everywhere that is "
            "annotated. Outline some objects, each with an id of its own, first."
        )
        raise InputError(msg)
    facts = _fingerprint(opened, places)
    if settled is not None:
        plan = settled
    elif start is None:
        plan = choose_maskrcnn_plan(
            facts, job.plan, _memory(compute), gpu=compute.device.type != "cpu"
        )
    else:
        plan = continue_maskrcnn_plan(start[0].plan, facts, job.plan)
    return Material(
        pictures=tuple(_scaled(one, plan) for one in opened),
        places=tuple(places),
        table=table,
        plan=plan,
        start=start,
        grey=next((p.name for p in opened if isinstance(p.image, GreyFrames)), ""),
    )


def load_scenes(material: Material, rng: np.random.Generator) -> list[Scene]:
    """Load what is annotated, or of very much a random choice.

    Parameters
    ----------
    material : Material
        What there is.
    rng : numpy.random.Generator
        The randomness of the choice.

    Returns
    -------
    list of Scene
        In the order of the images; some 134 million pixels at the most, and at least
        one scene with an object.

    Raises
    ------
    InputError
        If pixels are NaN or infinite, or cannot be read.
    """
    places = material.places
    order = [int(k) for k in rng.permutation(len(places))]
    first = next(k for k in order if places[k].objects)
    chosen, pixels = [first], places[first].pixels
    for k in order:
        if k != first and pixels + places[k].pixels <= _MOST_PIXELS:
            chosen.append(k)
            pixels += places[k].pixels
    return [
        load_scene(material.pictures[places[k].picture], places[k], material.ids)
        for k in sorted(chosen)
    ]


def _open(job: TrainMaskRCNN, number: int, channels: int | None) -> Picture:
    """Return an image, as a network of so many channels sees it, and its objects."""
    image, labels = job.images[number], job.labels[number]
    arrays = image.open(), labels.open()
    check_complete(arrays[0], image.path.name)
    check_pair(image, labels, (arrays[0].shape, arrays[1].shape))
    unscaled = np.zeros(1, np.float32)
    frames = Frames(arrays[0], image.axes, 2)
    return Picture(
        image=frames if channels is None else as_seen(frames, channels),
        labels=Frames(arrays[1], labels.axes, 2),
        scale=Scale(unscaled, unscaled + 1),
        boxes=job.annotated[number] if job.annotated else (),
        classes=job.object_classes[number] if job.object_classes else {},
        name=image.path.name,
    )


def _scaled(picture: Picture, plan: MaskRCNNPlan) -> Picture:
    frames, name = picture.image, picture.name
    return Picture(
        image=frames,
        labels=picture.labels,
        scale=intensity.measure(frames, plan.normalisation, name),
        boxes=picture.boxes,
        classes=picture.classes,
        name=name,
    )


def _classes(job: TrainMaskRCNN, start: MaskRCNNCard | None) -> ClassTable:
    """Return the classes to learn: those of the job, of the start, or "object"."""
    used = {i for one in job.object_classes for i in one.values()}
    table = tuple(job.classes)
    if not table and start is not None and (used or len(start.classes) == 1):
        table = start.classes
    table = table or (OBJECT,)
    ids = [info.id for info in table]
    if len(set(ids)) < len(ids):
        msg = f"Every class needs an id of its own, but the classes have {ids}."
        raise InputError(msg)
    wrong = sorted(used - set(ids))
    if wrong:
        msg = (
            f"Objects are said to be of the class {wrong[0]}, which is none of the "
            f"classes {', '.join(str(i) for i in ids)}. Add it to the classes."
        )
        raise InputError(msg)
    return table


def _fingerprint(
    pictures: Sequence[Picture], places: Sequence[Place]
) -> ObjectFingerprint:
    channels = {picture.image.channels for picture in pictures}
    if len(channels) > 1:
        msg = (
            "All training images need the same number of channels, but these have "
            f"{', '.join(str(n) for n in sorted(channels))}. Train one model for each, "
            "or leave some images out."
        )
        raise InputError(msg)
    shapes = np.array([place.shape for place in places])
    rows, columns = np.median(shapes, axis=0).astype(int)
    first = pictures[0].image
    lowest = min(
        float(sample_pixels(one.image, one.name, _SAMPLE_PIXELS).min())
        for one in pictures
    )
    signed = all(picture.image.dtype.kind in "if" for picture in pictures)
    return ObjectFingerprint(
        channels=first.channels,
        plane=(int(rows), int(columns)),
        width=float(np.median([w for place in places for w in place.widths])),
        crowding=max(place.objects / place.pixels for place in places),
        tomography=looks_like_tomography(first.channels, lowest, signed=signed),
    )


def _memory(compute: Compute) -> int:
    if compute.device.type == "cuda":
        return int(torch.cuda.mem_get_info(compute.device)[0])
    return machine_memory()
