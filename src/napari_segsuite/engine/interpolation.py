"""Between the network that a training started from and what it became."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import torch

Tensors = Mapping[str, torch.Tensor]
"""Weights and batch statistics by name."""

_PARTS: Final = (0.5, 0.75)
# Mean Dice on the paint. What fits the paint of a few nuclei by so much better does
# not fit others better.
_TOLERANCE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Chosen:
    """A network on the way."""

    tensors: Tensors
    """Its weights and statistics."""
    part: float
    """How far on the way it is: 0 is the start, 1 the end."""


def least_change(
    start: Tensors, end: Tensors, fit: Callable[[Tensors], float]
) -> Chosen:
    """Choose the network that fits what is painted and has changed the least.

    What little paint asks for is learned, and what the start knew besides, which the
    paint says nothing about, is forgotten less: of the networks half of the way, three
    quarters, and all of it (weight-space ensembles, Wortsman et al. 2022, Robust
    fine-tuning of zero-shot models), the first that fits nearly as well as the last.

    Parameters
    ----------
    start, end : mapping
        The network before and after training; of the same names and shapes.
    fit : callable
        How well a network fits the paint, 0 to 1.

    Returns
    -------
    Chosen
        The end itself, if nothing on the way fits.
    """
    enough = fit(end) - _TOLERANCE
    for part in _PARTS:
        between = {
            name: old.lerp(end[name], part) if old.is_floating_point() else end[name]
            for name, old in start.items()
        }
        if fit(between) >= enough:
            return Chosen(between, part)
    return Chosen(end, 1.0)
