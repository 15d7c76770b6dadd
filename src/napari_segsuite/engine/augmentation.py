"""Variations of a patch that leave its meaning as it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

_GAIN = 0.3
_OFFSET = 0.15
_NOISE = 0.03


@dataclass(frozen=True, slots=True)
class Variation:
    """One variation, drawn before it is applied."""

    flips: tuple[int, ...]
    """Spatial axes that are reversed, counted from the last: -1 is x."""
    transposed: bool
    """Whether y and x change places; with `flips`, this makes all quarter turns."""
    gain: tuple[float, ...]
    """Factor of the intensities, per channel."""
    offset: tuple[float, ...]
    """What is added to the intensities, per channel."""
    noise: float
    """Standard deviation of Gaussian noise."""
    seed: int
    """Seed of the noise."""

    def turn(self, values: torch.Tensor) -> torch.Tensor:
        """Apply the geometry to an array whose last axes are spatial; a view."""
        if self.transposed:
            values = values.transpose(-1, -2)
        return values.flip(self.flips) if self.flips else values

    def shade(self, image: torch.Tensor) -> torch.Tensor:
        """Apply the intensities to a float32 image of shape (channels, *spatial)."""
        shape = (-1, *(1,) * (image.ndim - 1))
        gain = torch.tensor(self.gain).view(shape)
        offset = torch.tensor(self.offset).view(shape)
        generator = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(image.shape, generator=generator)
        return image * gain + offset + self.noise * noise


def draw_variation(
    rng: np.random.Generator, channels: int, patch_size: tuple[int, ...]
) -> Variation:
    """Draw a variation.

    Parameters
    ----------
    rng : numpy.random.Generator
        The randomness.
    channels : int
        Channels of the image.
    patch_size : tuple of int
        y and x change places only if they are as long.
    """
    axes = range(-len(patch_size), 0)
    return Variation(
        flips=tuple(axis for axis in axes if rng.random() < 0.5),
        transposed=patch_size[-1] == patch_size[-2] and bool(rng.random() < 0.5),
        gain=tuple(np.exp(rng.uniform(-_GAIN, _GAIN, channels)).tolist()),
        offset=tuple(rng.uniform(-_OFFSET, _OFFSET, channels).tolist()),
        noise=float(rng.uniform(0, _NOISE)),
        seed=int(rng.integers(2**31)),
    )
