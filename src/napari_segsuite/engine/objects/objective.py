"""What training on objects makes small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.losses import Loss
from napari_segsuite.engine.networks import memory_format
from napari_segsuite.engine.objects.augmentation import (
    ObjectVariation,
    draw_object_variation,
    draw_scale,
)
from napari_segsuite.engine.objects.outputs import CLASSES, DISTANCE
from napari_segsuite.engine.objects.sampling import ObjectSampler, ScaledPatch
from napari_segsuite.plan.unet import UNetPlan

# How much the distance counts beside the foreground.
_DISTANCE = 2.0
# How much pixels count for the distance where objects meet.
_MEETING = 5.0


@dataclass(frozen=True, slots=True)
class ObjectDraw:
    """All chance in one lane's part of a step."""

    patches: tuple[ScaledPatch, ...]
    variations: tuple[ObjectVariation, ...]
    """One per patch; none without augmentation."""


class ObjectObjective:
    """Cuts patches, varies them, and weighs what the network says of them.

    Parameters
    ----------
    sampler : ObjectSampler
        Where patches lie, and what is in them.
    plan : UNetPlan
        Patch size and batch size.
    loss : Loss
        The loss on foreground and background.
    augment : bool
        Whether patches are varied.
    compute : Compute
        Where to compute.
    rng : numpy.random.Generator
        The randomness.
    """

    def __init__(
        self,
        sampler: ObjectSampler,
        plan: UNetPlan,
        *,
        loss: Loss,
        augment: bool,
        compute: Compute,
        rng: np.random.Generator,
    ) -> None:
        self._sampler = sampler
        self._plan = plan
        self._loss = loss
        self._augment = augment
        self._compute = compute
        self._rng = rng
        # Every pixel is drawn, so that classes count as they occur.
        self._weights = torch.ones(CLASSES, device=compute.device)

    def advance(self, progress: float) -> None:
        """Take note of the progress of training, 0 to 1: nothing depends on it."""

    def draw(self, lanes: int) -> list[ObjectDraw]:
        """Draw the next batch, in as many parts as there are lanes."""
        sizes = [
            len(part) for part in np.array_split(range(self._plan.batch_size), lanes)
        ]
        return [self._draw(size) for size in sizes if size]

    def loss(self, network: nn.Module, draw: ObjectDraw) -> torch.Tensor:
        """Return the objective of a part of a batch, a float32 scalar."""
        values = [self._sampler.read(patch) for patch in draw.patches]
        if draw.variations:
            values = [
                variation.apply(value)
                for variation, value in zip(draw.variations, values, strict=True)
            ]
        device = self._compute.device
        image = torch.stack([value.image for value in values])
        image = image.contiguous(memory_format=memory_format(self._plan.ndim))
        foreground = torch.stack([value.foreground for value in values]).to(device)
        distance = torch.stack([value.distance for value in values]).to(device)
        meeting = torch.stack([value.meeting for value in values]).to(device)
        with self._compute.precision():
            logits = network(image.to(device))
        logits = logits.float()
        classes = logits[:, :CLASSES].log_softmax(1)
        return self._loss(classes, foreground, self._weights) + (
            _DISTANCE * distance_loss(logits[:, DISTANCE], distance, meeting)
        )

    def _draw(self, size: int) -> ObjectDraw:
        rng, plan = self._rng, self._plan
        scales = [draw_scale(rng) if self._augment else 1.0 for _ in range(size)]
        return ObjectDraw(
            patches=tuple(self._sampler.draw(scale) for scale in scales),
            variations=tuple(
                draw_object_variation(rng, plan.channels, plan.patch_size)
                for _ in range(size if self._augment else 0)
            ),
        )


def distance_loss(
    logits: torch.Tensor, distance: torch.Tensor, meeting: torch.Tensor
) -> torch.Tensor:
    """Return how far the distances that a network says are from the true ones.

    The cross-entropy of distances taken as probabilities (as StarDist's, Schmidt et
    al. 2018), less the least that it can be; objects and background count alike, and
    pixels where objects meet five times.

    Parameters
    ----------
    logits : float32, shape (batch, *spatial)
        Logits of relative distances.
    distance : float32, same shape
        Relative distances, 0 to 1; below 0 where they are not known.
    meeting : bool, same shape
        Where objects meet.

    Returns
    -------
    float32 scalar
        0 where nothing is known.
    """
    truth = distance.clamp(0, 1)
    apart = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    least = functional.binary_cross_entropy(truth, truth, reduction="none")
    excess = apart - least
    counts = 1 + (_MEETING - 1) * meeting
    total = logits.new_zeros(())
    for known in (distance > 0, distance == 0):
        weight = counts * known
        total = total + (excess * weight).sum() / weight.sum().clamp(min=1) / 2
    return total
