"""Losses over painted pixels; what is not painted has no part in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch.nn import functional

from napari_segsuite.data.painted import IGNORED

LossName = Literal["dice_ce", "ce", "dice", "tversky", "focal"]
Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""``loss(log_probabilities, target, weights)``: a scalar.

log_probabilities : float32, shape (batch, classes, *spatial)
target : int64, shape (batch, *spatial); -1 is ignored
weights : float32, shape (classes,); mean 1, more for classes with less paint
"""

_SMOOTH = 1.0
# More for misses than for false alarms, as Salehi et al. (2017) advise for small
# objects; focusing as Lin et al. (2017).
_TVERSKY = (0.3, 0.7)
_FOCUS = 2.0


def cross_entropy(
    log_probabilities: torch.Tensor, target: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Weighted mean of ``-log p`` of the painted class; 0 without paint."""
    picked, weight = _picked(log_probabilities, target, weights)
    return -(weight * picked).sum() / weight.sum().clamp(min=1e-6)


def focal(
    log_probabilities: torch.Tensor, target: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Cross-entropy with factor ``(1 - p)²``: what is learned already counts less."""
    picked, weight = _picked(log_probabilities, target, weights)
    focus = (1 - picked.exp()) ** _FOCUS
    return -(weight * focus * picked).sum() / weight.sum().clamp(min=1e-6)


def dice(
    log_probabilities: torch.Tensor, target: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """One minus soft Dice, averaged over the classes that are painted."""
    return _overlap(log_probabilities, target, 0.5, 0.5)


def tversky(
    log_probabilities: torch.Tensor, target: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """One minus the soft Tversky index (0.3 false alarms, 0.7 misses)."""
    return _overlap(log_probabilities, target, *_TVERSKY)


def dice_ce(
    log_probabilities: torch.Tensor, target: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Sum of `dice` and `cross_entropy`."""
    return dice(log_probabilities, target, weights) + cross_entropy(
        log_probabilities, target, weights
    )


LOSSES: Mapping[LossName, Loss] = {
    "dice_ce": dice_ce,
    "ce": cross_entropy,
    "dice": dice,
    "tversky": tversky,
    "focal": focal,
}


def _picked(
    log_probabilities: torch.Tensor, target: torch.Tensor, weights: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return log p of the painted class, and its weight; both 0 without paint."""
    painted = target != IGNORED
    index = target.clamp(min=0)
    picked = log_probabilities.gather(1, index.unsqueeze(1)).squeeze(1)
    return picked * painted, weights[index] * painted


def _overlap(
    log_probabilities: torch.Tensor, target: torch.Tensor, alarms: float, misses: float
) -> torch.Tensor:
    classes = log_probabilities.shape[1]
    painted = (target != IGNORED).unsqueeze(1)
    truth = functional.one_hot(target.clamp(min=0), classes).movedim(-1, 1) * painted
    guess = log_probabilities.exp() * painted
    over = [0, *range(2, truth.ndim)]
    tp = (guess * truth).sum(over)
    fp = (guess * (1 - truth)).sum(over)
    fn = ((1 - guess) * truth).sum(over)
    index = (tp + _SMOOTH) / (tp + alarms * fp + misses * fn + _SMOOTH)
    present = truth.sum(over) > 0
    return ((1 - index) * present).sum() / present.sum().clamp(min=1)
