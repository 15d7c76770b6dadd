"""The smoothness term: nearby pixels of like intensity should agree.

Strokes cover a few percent of an image. The losses say nothing about the rest, where
a network invents halos and rings the longer it trains; this term ties it to the paint.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

_REACH = 7
_OFFSETS = 4
# Intensities this far apart, on the common scale, have no more to do with each other.
_LIKENESS = 0.1


def draw_offsets(rng: np.random.Generator, ndim: int) -> list[tuple[int, ...]]:
    """Draw a few offsets of up to 7 pixels per axis, none of them zero."""
    offsets: list[tuple[int, ...]] = []
    while len(offsets) < _OFFSETS:
        offset = tuple(int(v) for v in rng.integers(-_REACH, _REACH + 1, ndim))
        if any(offset):
            offsets.append(offset)
    return offsets


def disagreement(
    probabilities: torch.Tensor,
    image: torch.Tensor,
    offsets: Sequence[tuple[int, ...]],
) -> torch.Tensor:
    """Return how much pixels disagree with neighbours of like intensity.

    Parameters
    ----------
    probabilities : float32 torch.Tensor, shape (batch, classes, *spatial)
        What the network says.
    image : float32 torch.Tensor, shape (batch, channels, *spatial)
        Intensities on the common scale.
    offsets : sequence of tuple of int
        Where the neighbours lie, per spatial axis.

    Returns
    -------
    float32 torch.Tensor, scalar
        Mean over offsets and pixels of the squared difference of probabilities,
        weighted by the likeness of intensities; 0 if no offset fits.
    """
    total = probabilities.new_zeros(())
    for offset in offsets:
        here, there = _shifted(image.shape[2:], offset)
        apart = (image[here] - image[there]).square().mean(1)
        if apart.numel():
            like = torch.exp(apart / (-2 * _LIKENESS**2))
            change = (probabilities[here] - probabilities[there]).square().sum(1)
            total = total + (like * change).mean()
    return total / max(1, len(offsets))


def _shifted(
    shape: Sequence[int], offset: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    everything = (slice(None), slice(None))
    here = tuple(
        slice(max(0, d), max(0, min(n, n + d)))
        for n, d in zip(shape, offset, strict=True)
    )
    there = tuple(
        slice(max(0, -d), max(0, min(n, n - d)))
        for n, d in zip(shape, offset, strict=True)
    )
    return (*everything, *here), (*everything, *there)
