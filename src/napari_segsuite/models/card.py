"""The card of a model: what ``model.json`` holds."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.plan.objects import ObjectReadout
from napari_segsuite.plan.unet import UNetPlan

FORMAT_VERSION = 1

T = TypeVar("T", bound="TrainedCard")


class WeightsFile(Model):
    """The file that holds the weights, and how to know it is the right one."""

    file: str = Field(pattern=r"^[A-Za-z0-9._-]{1,100}\.safetensors$")
    """File name inside the model folder."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the file."""
    size: int = Field(ge=0)
    """Size in bytes."""


class EpochRecord(Model):
    """One line of the training history."""

    epoch: int
    """Counted from 1."""
    step: int
    """Training steps so far."""
    seconds: float
    """Seconds since training began."""
    loss: float
    """Mean training loss of the epoch."""
    dice: float
    """Mean Dice of the classes on held-out painted pixels; NaN without any."""
    f1: float = math.nan
    """F1 of held-out objects, matched at an IoU of 0.5; NaN without any, and where
    classes are learned."""

    @property
    def score(self) -> float:
        """What the best epoch is chosen by: F1 of objects, or else Dice."""
        return self.dice if math.isnan(self.f1) else self.f1


class Card(Model):
    """What every model says about itself."""

    format_version: int = Field(default=FORMAT_VERSION, ge=1)
    """Version of this format."""
    name: str = Field(min_length=1, max_length=200)
    """The name that people read."""
    created: datetime
    """When the weights were written."""
    package_version: str
    """Version of napari-segsuite that wrote it."""
    architecture: dict[str, Any]
    """``{"class": "monai.networks.nets.DynUNet", "arguments": {...}}``: the network."""
    weights: WeightsFile
    """The weights."""
    scores: dict[str, float] = Field(default_factory=dict)
    """Scores on pixels or images held out of training, by name."""
    provenance: dict[str, str] = Field(default_factory=dict)
    """Free facts: loss, seed, images, start model."""


class TrainedCard(Card):
    """What a model that is trained here says besides."""

    unfinished: WeightsFile | None = None
    """The file from which an unfinished training goes on; None: it is finished, or too
    young to have one."""
    history: tuple[EpochRecord, ...] = ()
    """The training, epoch by epoch."""
    licence: str = Field(default="", max_length=200)
    """The licence of weights that were imported or ship inside, and of what was trained
    further from them, such as ``"BSD-3-Clause"``; empty for one's own."""
    source: str = Field(default="", max_length=2000)
    """Where such weights came from: an address or a file's name."""


class ModelCard(TrainedCard):
    """What a U-Net is, can do, and where it comes from."""

    kind: Literal["unet"] = "unet"
    """The family of the model."""
    plan: UNetPlan
    """The network and how its input is prepared."""
    classes: ClassTable
    """The classes, in the order of the network's output channels."""
    objects: ObjectReadout | None = None
    """How objects are read from the network's maps; None: it learned classes."""
    axes: str
    """Axes of the images it was trained on."""
    spacing: Spacing | None = None
    """Micrometre per pixel of the images it was trained on."""


def text_of(card: Card) -> str:
    """Return what ``model.json`` holds."""
    return card.model_dump_json(indent=1)


def thinned(card: T, most_bytes: int) -> T:
    """Return a card whose text takes no more than `most_bytes`.

    Days of training make more epochs than anyone can see in a curve: every other one
    is left out, the last never.
    """
    while len(text_of(card).encode()) > most_bytes and len(card.history) > 2:
        card = card.replace(history=(*card.history[:-1:2], card.history[-1]))
    return card
