"""The plan, chosen from a fingerprint: one pure function."""

from __future__ import annotations

from math import prod
from typing import Literal

from napari_segsuite.data.axes import Spacing
from napari_segsuite.errors import InputError
from napari_segsuite.plan.fingerprint import Fingerprint
from napari_segsuite.plan.unet import Normalisation, PlanChoices, UNetPlan

_LEVELS = 3
_FEWEST_LEVELS = 3
# Sparse paint holds small networks better than large ones.
_FEATURES = 16
_MOST_FEATURES = 256
_PATCH_2D = 128
_PATCH_3D = (16, 64, 64)
_BATCH_2D = 4
_BATCH_3D = 2
_SMALLEST_DEPTH = 8
_FEWEST_PAINTED_SLICES = 3
# Within a minute on two cores, three organs and background of a CT reached a mean Dice
# of 0.57 to 0.65 in 3D and 0.89 slice by slice, in three times as many steps; nuclei
# and background reached 0.90 and 0.85.
_MOST_CLASSES_3D = 2
# Slices this much thicker than wide look unrelated to a small 3D network.
_LARGEST_ANISOTROPY = 6.0
# Hounsfield units: air lies at -1000, and scanners fill what they do not see with
# less; nothing but computed tomography reaches so far below zero.
_AIR = -500.0
_LOWEST_HOUNSFIELD = -4096.0
# Activations and gradients per pixel and feature at full resolution.
_BYTES = 160
_MEMORY_SHARE = 0.5


def choose_plan(
    fingerprint: Fingerprint, choices: PlanChoices, memory_bytes: int
) -> UNetPlan:
    """Choose the network and how it is fed.

    Parameters
    ----------
    fingerprint : Fingerprint
        Facts about the training data.
    choices : PlanChoices
        What is fixed already.
    memory_bytes : int
        Memory of the machine or the GPU; training takes at most half of it.

    Raises
    ------
    InputError
        If 3D is asked for, but the images have no Z axis; a spacing, but not every
        image has one; or too few levels.
    """
    ndim = choose_dimensions(fingerprint, choices)
    own = None if fingerprint.spacing is None else fingerprint.spacing[-ndim:]
    spacing = _spacing(own, fingerprint.spacings_differ, choices)
    levels = choices.levels or _LEVELS
    if levels < _FEWEST_LEVELS:
        msg = (
            f"A U-Net has at least {_FEWEST_LEVELS} levels, but {levels} was asked "
            "for. Choose more, or 0 to leave it to the plan."
        )
        raise InputError(msg)
    features = choices.features or _FEATURES
    strides = _strides(levels, spacing or own or (1.0,) * ndim)
    shape = fingerprint.plane if ndim == 2 else (fingerprint.depth, *fingerprint.plane)
    plan = UNetPlan(
        ndim=ndim,
        channels=fingerprint.channels,
        patch_size=_patch(choices.patch_size, shape, strides),
        strides=strides,
        features=tuple(min(features * 2**i, _MOST_FEATURES) for i in range(levels)),
        batch_size=choices.batch_size or (_BATCH_2D if ndim == 2 else _BATCH_3D),
        normalisation=_normalisation(fingerprint, choices),
        spacing=spacing,
    )
    return _fit_memory(plan, choices, int(memory_bytes * _MEMORY_SHARE))


def choose_dimensions(fingerprint: Fingerprint, choices: PlanChoices) -> Literal[2, 3]:
    """Choose whether the network sees slices (2) or volumes (3).

    Raises
    ------
    InputError
        If 3D is asked for, but the images have no Z axis.
    """
    if choices.dimensions == "3d" and fingerprint.depth == 1:
        msg = (
            "A 3D network needs stacks of several slices, but there is an image "
            "without. Choose 2d, or say which axis is Z."
        )
        raise InputError(msg)
    if choices.dimensions != "auto":
        return 2 if choices.dimensions == "2d" else 3
    spacing = fingerprint.spacing
    anisotropy = spacing[0] / spacing[-1] if spacing else 1.0
    is_volume = (
        fingerprint.depth >= _SMALLEST_DEPTH
        and fingerprint.slices_painted >= _FEWEST_PAINTED_SLICES
        and anisotropy <= _LARGEST_ANISOTROPY
        and fingerprint.classes_painted <= _MOST_CLASSES_3D
    )
    return 3 if is_volume else 2


def total_stride(strides: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    """Return how many pixels one pixel of the coarsest level covers, per axis."""
    return tuple(prod(along) for along in zip(*strides, strict=True))


def training_bytes(plan: UNetPlan) -> int:
    """Return about how much memory a training step of `plan` needs."""
    return plan.batch_size * prod(plan.patch_size) * plan.features[0] * _BYTES


def looks_like_tomography(channels: int, low: float, *, signed: bool) -> bool:
    """Return whether intensities look like Hounsfield units.

    Parameters
    ----------
    channels : int
        Channels of the images.
    low : float
        The lowest intensity.
    signed : bool
        Whether pixels can be negative by their dtype.
    """
    return signed and channels == 1 and _LOWEST_HOUNSFIELD <= low <= _AIR


def explain(plan: UNetPlan) -> str:
    """Return the plan as one paragraph for people."""
    size = " × ".join(str(n) for n in plan.patch_size)
    depth = "volumes (3D)" if plan.ndim == 3 else "single slices (2D)"
    how = {
        "percentile": "intensities are scaled by each image's percentiles 1 and 99.8",
        "zscore": "intensities are scaled by each image's mean and deviation",
        "hounsfield": "Hounsfield units keep one fixed scale",
        "range": "intensities are scaled by the range of their data type",
    }[plan.normalisation]
    channels = "1 channel" if plan.channels == 1 else f"{plan.channels} channels"
    pixels = "pixels are taken as they come"
    if plan.spacing is not None:
        step = " × ".join(f"{s:g}" for s in plan.spacing)
        pixels = f"images are resampled to {step} µm"
    return (
        f"A U-Net of {len(plan.features)} levels with "
        f"{', '.join(str(n) for n in plan.features)} features sees {depth} of "
        f"{channels} and learns from {plan.batch_size} patches of {size} pixels a "
        f"step; {how}; {pixels}."
    )


def _spacing(own: Spacing | None, differ: bool, choices: PlanChoices) -> Spacing | None:
    if not choices.spacing:
        return own if differ else None
    if own is None:
        msg = (
            f"A spacing of {choices.spacing:g} µm was asked for, but not every image "
            "says how large its pixels are. Set their scale, or leave the spacing to "
            "the plan."
        )
        raise InputError(msg)
    return (*own[:-2], choices.spacing, choices.spacing)


def _strides(levels: int, spacing: Spacing) -> tuple[tuple[int, ...], ...]:
    """Halve an axis only while its pixels are not much coarser than the finest."""
    steps = list(spacing)
    strides = [(1,) * len(steps)]
    for _ in range(levels - 1):
        finest = min(steps)
        stride = tuple(2 if step < 2 * finest else 1 for step in steps)
        steps = [step * by for step, by in zip(steps, stride, strict=True)]
        strides.append(stride)
    return tuple(strides)


def _patch(
    wanted: int, shape: tuple[int, ...], strides: tuple[tuple[int, ...], ...]
) -> tuple[int, ...]:
    """Return the patch: no larger than the images, a multiple of the total stride."""
    default = (_PATCH_2D,) * 2 if len(shape) == 2 else _PATCH_3D
    sizes = (wanted,) * len(shape) if wanted else default
    return tuple(
        max(1, min(-(-size // by), -(-length // by))) * by
        for size, length, by in zip(sizes, shape, total_stride(strides), strict=True)
    )


def _normalisation(fingerprint: Fingerprint, choices: PlanChoices) -> Normalisation:
    if choices.normalisation != "auto":
        return choices.normalisation
    is_ct = looks_like_tomography(
        fingerprint.channels, fingerprint.low, signed=fingerprint.signed
    )
    return "hounsfield" if is_ct else "percentile"


def _fit_memory(plan: UNetPlan, choices: PlanChoices, memory_bytes: int) -> UNetPlan:
    """Halve what the user did not fix, batch first, until a step fits."""
    while training_bytes(plan) > memory_bytes:
        if plan.batch_size > 1 and not choices.batch_size:
            plan = plan.replace(batch_size=plan.batch_size // 2)
            continue
        smaller = tuple(
            max(by, size // 2 // by * by)
            for size, by in zip(
                plan.patch_size, total_stride(plan.strides), strict=True
            )
        )
        if choices.patch_size or smaller == plan.patch_size:
            break
        plan = plan.replace(patch_size=smaller)
    return plan
