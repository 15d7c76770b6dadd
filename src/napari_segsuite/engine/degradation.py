"""Variations of how an image was taken: its contrast, its sharpness, its noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

_GAMMA = 0.4
_BLURRED = 0.2
_MOST_BLUR = 1.5
_NOISY = 0.3
# Of the range between dark and bright; weak exposures have as much.
_MOST_NOISE = 0.2


@dataclass(frozen=True, slots=True)
class Degradation:
    """One way in which an image may be worse, drawn before it is applied."""

    gamma: float
    """Exponent of the intensities."""
    blur: float
    """Standard deviation in pixels of a Gaussian; 0 leaves the image sharp."""
    noise: float
    """Standard deviation of Gaussian noise."""
    seed: int
    """Seed of the noise."""

    def apply(self, image: torch.Tensor) -> torch.Tensor:
        """Return a float32 image of shape (channels, *spatial) as it would be then."""
        image = image.abs().pow(self.gamma) * image.sign()
        if self.blur:
            image = _blurred(image, self.blur)
        if self.noise:
            generator = torch.Generator().manual_seed(self.seed)
            image = image + self.noise * torch.randn(image.shape, generator=generator)
        return image


def draw_degradation(rng: np.random.Generator) -> Degradation:
    """Draw a degradation; most images stay sharp and free of further noise."""
    return Degradation(
        gamma=float(np.exp(rng.uniform(-_GAMMA, _GAMMA))),
        blur=float(rng.uniform(0.3, _MOST_BLUR) * (rng.random() < _BLURRED)),
        noise=float(rng.uniform(0, _MOST_NOISE) * (rng.random() < _NOISY)),
        seed=int(rng.integers(2**31)),
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
