"""What training makes small: torchvision's five losses on varied patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torchvision.models.detection import MaskRCNN

from napari_segsuite.engine.augmentation import Variation, draw_variation
from napari_segsuite.engine.degradation import Degradation, draw_degradation
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.maskrcnn.patches import (
    Crop,
    Cropper,
    Patch,
    cut,
    targets_of,
    turned,
)
from napari_segsuite.engine.maskrcnn.scenes import Scene
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

# Objects of one image are half as large to twice as large as typical anyway.
_ZOOM = np.log(1.6)


@dataclass(frozen=True, slots=True)
class Draw:
    """All chance in one lane's part of a step."""

    crops: tuple[Crop, ...]
    variations: tuple[Variation, ...]
    """One per crop; none without augmentation."""
    degradations: tuple[Degradation, ...]
    """One per crop; none without augmentation."""
    seed: int
    """Decides which of the proposals are learned from."""


class Sampler:
    """Chooses which anchors or proposals are learned from, by a seed.

    Torchvision's own takes from torch's global randomness, which lanes would take from
    in any order.

    Parameters
    ----------
    size : int
        How many are chosen per patch.
    positive_fraction : float
        The largest part of them that may be objects.
    """

    def __init__(self, size: int, positive_fraction: float) -> None:
        self._size = size
        self._most = int(size * positive_fraction)
        self.seed = 0
        """The seed of the next choice; changes with each."""

    def __call__(
        self, matched: list[torch.Tensor]
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Return per patch two uint8 masks: chosen objects, and chosen background.

        Parameters
        ----------
        matched : list of torch.Tensor, shape (n,)
            1 and more: an object; 0: background; less: neither.
        """
        generator = torch.Generator().manual_seed(self.seed)
        self.seed = (self.seed + 1) % 2**31
        chosen: tuple[list[torch.Tensor], list[torch.Tensor]] = ([], [])
        for values in matched:
            objects = _some(values >= 1, self._most, generator)
            rest = self._size - int(objects.sum())
            chosen[0].append(objects)
            chosen[1].append(_some(values == 0, rest, generator))
        return chosen


class DetectionObjective:
    """Cuts patches, varies them, and weighs what the network finds in them.

    Parameters
    ----------
    scenes : sequence of Scene
        What is annotated, without what is held out.
    plan : MaskRCNNPlan
        Patch size, batch size and scale.
    augment : bool
        Whether patches are varied.
    compute : Compute
        Where to compute.
    rng : numpy.random.Generator
        The randomness.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        plan: MaskRCNNPlan,
        *,
        augment: bool,
        compute: Compute,
        rng: np.random.Generator,
    ) -> None:
        self._scenes = scenes
        self._plan = plan
        self._augment = augment
        self._compute = compute
        self._rng = rng
        self._cropper = Cropper(scenes, plan.patch_size, plan.scale, rng)

    def draw(self, lanes: int) -> list[Draw]:
        """Draw the next batch, in as many parts as there are lanes."""
        parts = np.array_split(range(self._plan.batch_size), lanes)
        return [self._draw(len(part)) for part in parts if len(part)]

    def loss(self, network: nn.Module, draw: Draw) -> torch.Tensor:
        """Return the sum of the losses of a part of a batch, a float32 scalar."""
        images, targets = [], []
        for i, crop in enumerate(draw.crops):
            scene = self._scenes[crop.scene]
            patch = cut(scene, crop, self._plan.patch_size)
            if draw.variations:
                image = draw.degradations[i].apply(patch.image)
                patch = turned(Patch(image, patch.labels), draw.variations[i])
            rows, columns = self._plan.patch_size
            enlarged = rows * columns / (crop.extent[0] * crop.extent[1])
            objects = targets_of(patch.labels, scene.classes, scene.areas * enlarged)
            images.append(patch.image.to(self._compute.device))
            targets.append({k: v.to(self._compute.device) for k, v in objects.items()})
        reseed(network, draw.seed)
        with self._compute.precision():
            losses: dict[str, torch.Tensor] = network(images, targets)
        return torch.stack([loss.float() for loss in losses.values()]).sum()

    def _draw(self, size: int) -> Draw:
        plan, rng = self._plan, self._rng
        zooms = rng.uniform(-_ZOOM, _ZOOM, size) if self._augment else np.zeros(size)
        # With an object in it, every head has something to learn from.
        crops = tuple(
            self._cropper.draw(float(np.exp(zoom)), with_object=i == 0)
            for i, zoom in enumerate(zooms)
        )
        varied = size if self._augment else 0
        return Draw(
            crops=crops,
            variations=tuple(
                draw_variation(rng, plan.channels, plan.patch_size)
                for _ in range(varied)
            ),
            degradations=tuple(draw_degradation(rng) for _ in range(varied)),
            seed=int(rng.integers(2**31)),
        )


def seedable(network: MaskRCNN) -> MaskRCNN:
    """Let a network choose what it learns from by a seed; return it."""
    for part in (network.rpn, network.roi_heads):
        own = part.fg_bg_sampler
        part.fg_bg_sampler = Sampler(own.batch_size_per_image, own.positive_fraction)
    return network


def reseed(network: MaskRCNN, seed: int) -> None:
    """Set the seed by which a `seedable` network chooses what it learns from."""
    for part in (network.rpn, network.roi_heads):
        part.fg_bg_sampler.seed = seed


def _some(mask: torch.Tensor, most: int, generator: torch.Generator) -> torch.Tensor:
    """Return a random choice of at most so many places of a mask, as uint8."""
    places = torch.where(mask)[0]
    order = torch.randperm(len(places), generator=generator)[:most]
    chosen = torch.zeros_like(mask, dtype=torch.uint8)
    chosen[places[order.to(places.device)]] = 1
    return chosen
