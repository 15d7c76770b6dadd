"""Variations of a patch with objects: of size, place, and intensities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from napari_segsuite.engine.augmentation import Variation, draw_variation
from napari_segsuite.engine.objects.sampling import PatchValues

# Objects are shown smaller and larger by up to this factor.
_SCALE = 1.6
_RESCALED = 0.7
_GAMMA = 0.4
_BLURRED = 0.2
_MOST_BLUR = 1.5
_NOISY = 0.3
_NOISE = 0.12


@dataclass(frozen=True, slots=True)
class ObjectVariation:
    """One variation, drawn before it is applied."""

    base: Variation
    """Flips, turns, gain and offset."""
    gamma: float
    """Exponent of the intensities."""
    blur: float
    """Standard deviation in pixels of a Gaussian; 0 leaves the image sharp."""
    noise: float
    """Standard deviation of further noise."""

    def apply(self, values: PatchValues) -> PatchValues:
        """Return a patch that was varied; its targets are turned along."""
        image = values.image.abs().pow(self.gamma) * values.image.sign()
        if self.blur:
            image = _blurred(image, self.blur)
        if self.noise:
            generator = torch.Generator().manual_seed(self.base.seed + 1)
            image = image + self.noise * torch.randn(image.shape, generator=generator)
        return PatchValues(
            self.base.turn(self.base.shade(image)),
            self.base.turn(values.foreground),
            self.base.turn(values.distance),
            self.base.turn(values.meeting),
        )


def draw_scale(rng: np.random.Generator) -> float:
    """Draw how many times as large a patch shows things."""
    if rng.random() >= _RESCALED:
        return 1.0
    return float(np.exp(rng.uniform(-np.log(_SCALE), np.log(_SCALE))))


def draw_object_variation(
    rng: np.random.Generator, channels: int, patch_size: tuple[int, ...]
) -> ObjectVariation:
    """Draw a variation of a patch of `channels` and `patch_size`."""
    return ObjectVariation(
        base=draw_variation(rng, channels, patch_size),
        gamma=float(np.exp(rng.uniform(-_GAMMA, _GAMMA))),
        blur=float(rng.uniform(0.3, _MOST_BLUR) * (rng.random() < _BLURRED)),
        noise=float(rng.uniform(0, _NOISE) * (rng.random() < _NOISY)),
    )


def _blurred(image: torch.Tensor, sigma: float) -> torch.Tensor:
    """Blur an image of shape (channels, y, x) or (channels, z, y, x) in its planes."""
    radius = int(3 * sigma + 0.5)
    ramp = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(ramp.square() / (-2 * sigma**2))
    kernel = kernel / kernel.sum()
    planes = image.reshape(-1, 1, *image.shape[-2:])
    ends = (radius,) * 4
    planes = functional.pad(planes, ends, mode="replicate")
    planes = functional.conv2d(planes, kernel.view(1, 1, -1, 1))
    return functional.conv2d(planes, kernel.view(1, 1, 1, -1)).reshape(image.shape)
