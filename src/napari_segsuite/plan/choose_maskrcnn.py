"""The plan of a Mask R-CNN, chosen from the sizes of the objects: a pure function."""

from __future__ import annotations

import math
from dataclasses import dataclass

from napari_segsuite.errors import InputError
from napari_segsuite.plan.maskrcnn import Backbone, MaskRCNNChoices, MaskRCNNPlan
from napari_segsuite.plan.unet import Normalisation

# Width at which the network sees a typical object. Its finest level has a stride of 4:
# narrower ones leave too little for an outline, wider ones cost time for nothing.
_SEEN_WIDTH = 32.0
_SMALLEST_SCALE, _LARGEST_SCALE = 1 / 32, 4.0
# Anchors of each level by the width of a typical object. With these, one that is a
# quarter as wide as typical still has an IoU of 0.4 with the smallest.
_ANCHORS = (0.5, 1.0, 2.0, 4.0, 8.0)
_SIDE = 32
_PATCH_CPU, _PATCH_GPU = 256, 512
_BATCH_CPU, _BATCH_GPU = 4, 8
_STEPS_PER_EPOCH = 50
# Tiles may be several times as large as patches, and crowded.
_DETECTIONS_PER_OBJECT = 3.0
_FEWEST_DETECTIONS, _MOST_DETECTIONS = 100, 1000
# Activations and gradients per pixel of a patch, measured on the CPU.
_BYTES: dict[Backbone, int] = {
    "small": 1_500,
    "resnet18": 6_000,
    "resnet50": 12_000,
    "resnet50_v2": 16_000,
}
_MEMORY_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class ObjectFingerprint:
    """Facts about the objects of training images."""

    channels: int
    """Channels of every image."""
    plane: tuple[int, int]
    """Median size of the annotated parts in y and x, pixels."""
    width: float
    """Median width of the objects in pixels: the square root of the box's area."""
    crowding: float
    """The largest number of objects per pixel in any annotated part."""
    tomography: bool
    """Whether intensities look like Hounsfield units."""


def choose_maskrcnn_plan(
    facts: ObjectFingerprint, choices: MaskRCNNChoices, memory_bytes: int, *, gpu: bool
) -> MaskRCNNPlan:
    """Choose the network and how it is fed.

    Parameters
    ----------
    facts : ObjectFingerprint
        Facts about the objects.
    choices : MaskRCNNChoices
        What is fixed already.
    memory_bytes : int
        Memory of the machine or the GPU; training takes at most half of it.
    gpu : bool
        Whether there is a GPU to train on.
    """
    backbone = choices.backbone
    if backbone == "auto":
        backbone = "resnet50_v2" if gpu else "small"
    width = choices.object_size or facts.width
    scale = float(f"{_SEEN_WIDTH / width:.2g}")
    scale = min(_LARGEST_SCALE, max(_SMALLEST_SCALE, scale))
    edge = _PATCH_GPU if gpu else _PATCH_CPU
    patch = _patch(facts.plane, scale, edge)
    normalisation: Normalisation = "hounsfield" if facts.tomography else "percentile"
    return _fit_memory(
        MaskRCNNPlan(
            backbone=backbone,
            channels=facts.channels,
            normalisation=normalisation,
            scale=scale,
            object_size=width,
            anchor_sizes=tuple(round(a * width * scale, 1) for a in _ANCHORS),
            patch_size=patch,
            batch_size=_BATCH_GPU if gpu else _BATCH_CPU,
            detections_per_patch=_detections(facts, patch, scale),
            steps_per_epoch=_STEPS_PER_EPOCH,
        ),
        int(memory_bytes * _MEMORY_SHARE),
    )


def continue_maskrcnn_plan(
    plan: MaskRCNNPlan, facts: ObjectFingerprint, choices: MaskRCNNChoices
) -> MaskRCNNPlan:
    """Return the plan of a model that is trained further on other objects.

    The network stays; images are scaled so that it sees the new objects as wide as
    those it knows.

    Raises
    ------
    InputError
        If another backbone is asked for, or the channels differ.
    """
    if choices.backbone not in ("auto", plan.backbone):
        msg = (
            f"The model started from has the backbone {plan.backbone}, but "
            f"{choices.backbone} was asked for. Leave the backbone to the plan, or "
            "train from scratch."
        )
        raise InputError(msg)
    if facts.channels != plan.channels:
        msg = (
            f"The model works on {plan.channels} channels, but the images have "
            f"{facts.channels}. Choose images with as many channels, or train from "
            "scratch."
        )
        raise InputError(msg)
    width = choices.object_size or facts.width
    scale = float(f"{plan.scale * plan.object_size / width:.2g}")
    scale = min(_LARGEST_SCALE, max(_SMALLEST_SCALE, scale))
    wanted = _detections(facts, plan.patch_size, scale)
    return plan.replace(
        scale=scale,
        object_size=width,
        patch_size=_patch(facts.plane, scale, max(plan.patch_size)),
        detections_per_patch=max(wanted, plan.detections_per_patch),
    )


def training_bytes(plan: MaskRCNNPlan) -> int:
    """Return about how much memory a training step of `plan` needs."""
    return plan.batch_size * math.prod(plan.patch_size) * _BYTES[plan.backbone]


def explain_maskrcnn(plan: MaskRCNNPlan) -> str:
    """Return the plan as one paragraph for people."""
    name = {
        "small": "a small backbone",
        "resnet18": "ResNet-18 and a feature pyramid",
        "resnet50": "ResNet-50 and a feature pyramid",
        "resnet50_v2": "ResNet-50 and a feature pyramid (v2)",
    }[plan.backbone]
    channels = "1 channel" if plan.channels == 1 else f"{plan.channels} channels"
    zoom = (
        "images are seen as they come"
        if plan.scale == 1
        else f"images are {'enlarged' if plan.scale > 1 else 'reduced'} to "
        f"{plan.scale:.0%}"
    )
    seen = plan.object_size * plan.scale
    anchors = ", ".join(f"{size:g}" for size in plan.anchor_sizes)
    size = " × ".join(str(n) for n in plan.patch_size)
    return (
        f"A Mask R-CNN with {name} sees images of {channels}; objects are typically "
        f"{plan.object_size:.3g} pixels wide, {zoom}, so that it sees them some "
        f"{seen:.3g} pixels wide and looks for them with anchors of {anchors} pixels; "
        f"it learns from {plan.batch_size} patches of {size} pixels a step and finds "
        f"up to {plan.detections_per_patch} objects in one."
    )


def _patch(plane: tuple[int, int], scale: float, edge: int) -> tuple[int, int]:
    """Return a patch that is no larger than what there is, in multiples of 32."""
    sides = [min(edge, math.ceil(side * scale / _SIDE) * _SIDE) for side in plane]
    return max(_SIDE, sides[0]), max(_SIDE, sides[1])


def _detections(facts: ObjectFingerprint, patch: tuple[int, int], scale: float) -> int:
    """Return how many objects are sought: some times as many as there can be."""
    expected = facts.crowding * math.prod(patch) / scale**2
    wanted = math.ceil(expected * _DETECTIONS_PER_OBJECT / 50) * 50
    return min(_MOST_DETECTIONS, max(_FEWEST_DETECTIONS, wanted))


def _fit_memory(plan: MaskRCNNPlan, memory_bytes: int) -> MaskRCNNPlan:
    """Halve the batch, then the patch, until a step fits."""
    while training_bytes(plan) > memory_bytes:
        if plan.batch_size > 1:
            plan = plan.replace(batch_size=plan.batch_size // 2)
            continue
        smaller = tuple(max(_SIDE, n // 2 // _SIDE * _SIDE) for n in plan.patch_size)
        if smaller == plan.patch_size:
            break
        plan = plan.replace(patch_size=smaller)
    return plan
