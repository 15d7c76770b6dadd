"""An image and the model that is to say something of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch

from napari_segsuite.data.colours import GreyFrames, as_seen, grey_notice
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.image_checks import check_complete
from napari_segsuite.engine import intensity, networks, weights
from napari_segsuite.engine.canvas import Canvas
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.readers import ImageReader, zoom
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Notice
from napari_segsuite.jobs.prediction import Predict
from napari_segsuite.models.card import ModelCard


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a prediction needs to know of its image and its model."""

    card: ModelCard
    """The model."""
    network: Classifier
    """Its network, ready."""
    compute: Compute
    """Where to compute."""
    reader: ImageReader
    """The image as the network sees it."""
    canvas: Canvas
    """The part that is predicted."""

    @classmethod
    def of(cls, job: Predict, compute: Compute, ctx: JobContext) -> Self:
        """Load the model and open the image of a job.

        Raises
        ------
        ModelFolderError
            If the model is missing, damaged, or of a newer format.
        InputError
            If the image does not fit the model, holds NaN or infinity, or the region
            lies outside.
        """
        card, network = _model(job, compute, ctx)
        reader = _reader(job, card, ctx)
        canvas = Canvas.of(reader.frames, job.region)
        return cls(card, network, compute, reader, canvas)

    def probabilities(self, image: torch.Tensor) -> torch.Tensor:
        """Return the probability of each class, float32 (classes, *spatial)."""
        if self.card.objects is None:
            return self.network.probabilities(image)
        foreground = self.network.maps(image)[0]
        return torch.stack([1 - foreground, foreground])


def _model(
    job: Predict, compute: Compute, ctx: JobContext
) -> tuple[ModelCard, Classifier]:
    """Return a model, ready to classify; it stays warm for the next prediction."""
    card_file = (job.model / "model.json").resolve()
    changed = card_file.stat().st_mtime_ns if card_file.exists() else 0

    def make() -> tuple[ModelCard, Classifier]:
        card, network = weights.load(job.model)
        networks.place(network, card.plan, compute.device)
        return card, Classifier(network, card.plan, compute)

    return ctx.cached(("unet", str(card_file), changed, compute), make)


def _reader(job: Predict, card: ModelCard, ctx: JobContext) -> ImageReader:
    image, plan, name = job.image, card.plan, job.image.path.name
    array = image.open()
    check_complete(array, name)
    frames = as_seen(Frames(array, image.axes, plan.ndim), plan.channels)
    if isinstance(frames, GreyFrames):
        ctx.emit(Notice(message=grey_notice(name, card.name)))
    if frames.channels != plan.channels:
        msg = (
            f"The model {card.name} works on {plan.channels} channels, but {name} has "
            f"{frames.channels}. Choose an image with as many channels, or another "
            "model."
        )
        raise InputError(msg)
    scale = intensity.measure(frames, plan.normalisation, name)
    return ImageReader(
        frames, scale, zoom(image.spacing, plan.spacing, plan.ndim), name
    )
