"""The plan of a U-Net that tells objects apart."""

from __future__ import annotations

from dataclasses import replace

from napari_segsuite.plan.choose import choose_plan
from napari_segsuite.plan.fingerprint import Fingerprint
from napari_segsuite.plan.unet import PlanChoices, UNetPlan

# Objects are as two classes, however many ids there are.
_CLASSES = 2
_LEVELS = 4
# Wider objects need a network that sees further, in pixels.
_WIDE = 40.0
# A network of twice the features learns more, if it has the time, in seconds.
_LONG = 600.0
_FEATURES = 16
_FEATURES_LONG = 32
# Scores on held-out objects take their time; a long training has enough of them.
_STEPS_LONG = 100
_STEPS = 20


def choose_object_plan(
    fingerprint: Fingerprint,
    width: float,
    choices: PlanChoices,
    memory_bytes: int,
    seconds: float,
) -> UNetPlan:
    """Choose the network and how it is fed.

    Parameters
    ----------
    fingerprint : Fingerprint
        Facts about the training data.
    width : float
        About how wide objects are, in pixels.
    choices : PlanChoices
        What is fixed already.
    memory_bytes : int
        Memory of the machine or the GPU.
    seconds : float
        How long training may take.

    Raises
    ------
    InputError
        As `choose_plan`.
    """
    long = seconds >= _LONG
    wanted = choices.replace(
        levels=choices.levels or _LEVELS + (width > _WIDE),
        features=choices.features or (_FEATURES_LONG if long else _FEATURES),
    )
    plan = choose_plan(
        replace(fingerprint, classes_painted=_CLASSES), wanted, memory_bytes
    )
    return plan.replace(steps_per_epoch=steps_per_epoch(seconds))


def steps_per_epoch(seconds: float) -> int:
    """Return after how many steps of a training of so many seconds scores are worth it.

    Parameters
    ----------
    seconds : float
        How long training may take.
    """
    return _STEPS_LONG if seconds >= _LONG else _STEPS
