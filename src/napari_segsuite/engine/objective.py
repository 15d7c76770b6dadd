"""What training makes small: the loss on paint, and what holds the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import nn

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.augmentation import Variation, draw_variation
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.losses import Loss
from napari_segsuite.engine.networks import memory_format
from napari_segsuite.engine.regions import Region
from napari_segsuite.engine.sampling import Patch, PatchSampler, cut
from napari_segsuite.engine.schedule import teacher_weight
from napari_segsuite.engine.smoothness import disagreement, draw_offsets
from napari_segsuite.plan.unet import UNetPlan

_SMOOTHNESS = 0.3

D = TypeVar("D")


class Goal(Protocol[D]):
    """What training makes small; `D` holds all chance in one lane's part of a step."""

    def advance(self, progress: float) -> None:
        """Take note of the progress of training, 0 to 1."""

    def draw(self, lanes: int) -> list[D]:
        """Draw the next batch, in as many parts as there are lanes."""

    def loss(self, network: nn.Module, draw: D) -> torch.Tensor:
        """Return the objective of a part of a batch, a float32 scalar."""


@dataclass(frozen=True, slots=True)
class Draw:
    """All chance in one lane's part of a step."""

    patches: tuple[Patch, ...]
    variations: tuple[Variation, ...]
    """One per patch; none without augmentation."""
    offsets: tuple[tuple[int, ...], ...]
    """Neighbours that the smoothness term compares."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """The patches of a draw, on the device."""

    image: torch.Tensor
    """float32, shape (batch, channels, *spatial)."""
    varied: torch.Tensor
    """The same with intensities varied."""
    target: torch.Tensor
    """int64, shape (batch, *spatial)."""
    teaching: torch.Tensor | None
    """float32, shape (batch, classes, *spatial)."""


class Objective:
    """Cuts patches, varies them, and weighs what the network says of them.

    Parameters
    ----------
    regions : sequence of Region
        What is painted, without what is held out.
    teachings : sequence of float16 torch.Tensor, shape (classes, *spatial)
        What the teacher says of each region; empty: no teacher.
    prior : float32 torch.Tensor, shape (classes,)
        What the network's logits shall owe to how much each class covers.
    sampler : PatchSampler
        Where patches lie.
    plan : UNetPlan
        Patch size and batch size.
    loss : Loss
        The loss on painted pixels.
    augment : bool
        Whether patches are varied.
    compute : Compute
        Where to compute.
    rng : numpy.random.Generator
        The randomness.
    """

    def __init__(
        self,
        regions: Sequence[Region],
        teachings: Sequence[torch.Tensor],
        prior: torch.Tensor,
        sampler: PatchSampler,
        plan: UNetPlan,
        *,
        loss: Loss,
        augment: bool,
        compute: Compute,
        rng: np.random.Generator,
    ) -> None:
        self._regions = regions
        self._teachings = teachings
        self._sampler = sampler
        self._plan = plan
        self._loss = loss
        self._augment = augment
        self._compute = compute
        self._rng = rng
        self._weights = sampler.weights.to(compute.device)
        self._prior = prior.to(compute.device).view(-1, *(1,) * plan.ndim)
        self.teaching = 1.0
        """How much the teacher's word counts."""

    def advance(self, progress: float) -> None:
        """Let the teacher's word count less as training goes on."""
        self.teaching = teacher_weight(progress)

    def draw(self, lanes: int) -> list[Draw]:
        """Draw the next batch, in as many parts as there are lanes."""
        sizes = [
            len(part) for part in np.array_split(range(self._plan.batch_size), lanes)
        ]
        return [self._draw(size) for size in sizes if size]

    def loss(self, network: nn.Module, draw: Draw) -> torch.Tensor:
        """Return the objective of a part of a batch, a float32 scalar."""
        batch = self._batch(draw)
        with self._compute.precision():
            logits = network(batch.varied)
        # Classes are drawn and weighed as if they were evenly likely: what is said of
        # them is compared without the prior, which stays in the logits for good.
        log_probabilities = (logits.float() - self._prior).log_softmax(1)
        total = self._loss(log_probabilities, batch.target, self._weights)
        unpainted = batch.target.eq(IGNORED)
        if not unpainted.any():
            return total
        total = total + _SMOOTHNESS * disagreement(
            log_probabilities.exp(), batch.image, draw.offsets
        )
        if batch.teaching is not None:
            said = -(batch.teaching * log_probabilities).sum(1)
            total = total + self.teaching * (said * unpainted).mean()
        return total

    def _draw(self, size: int) -> Draw:
        plan = self._plan
        return Draw(
            patches=tuple(self._sampler.draw() for _ in range(size)),
            variations=tuple(
                draw_variation(self._rng, plan.channels, plan.patch_size)
                for _ in range(size if self._augment else 0)
            ),
            offsets=tuple(draw_offsets(self._rng, plan.ndim)),
        )

    def _batch(self, draw: Draw) -> _Batch:
        images, varied, targets, teachings = [], [], [], []
        is_taught = bool(self._teachings) and self.teaching > 0
        for i, patch in enumerate(draw.patches):
            region = self._regions[patch.region]
            parts = [region.image, region.target]
            if is_taught:
                parts.append(self._teachings[patch.region])
            parts = [cut(values, patch, self._plan.patch_size) for values in parts]
            if draw.variations:
                parts = [draw.variations[i].turn(values) for values in parts]
                varied.append(draw.variations[i].shade(parts[0]))
            images.append(parts[0])
            targets.append(parts[1])
            teachings.extend(parts[2:])
        layout = memory_format(self._plan.ndim)
        device = self._compute.device
        image = torch.stack(images)
        return _Batch(
            image=image.to(device),
            varied=(torch.stack(varied) if varied else image)
            .contiguous(memory_format=layout)
            .to(device),
            target=torch.stack(targets).to(device),
            teaching=torch.stack(teachings).float().to(device) if is_taught else None,
        )
