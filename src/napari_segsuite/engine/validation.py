"""How good a network is on paint that was held out of training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.regions import Region
from napari_segsuite.engine.sampling import Patch, cut
from napari_segsuite.metrics import OverlapReport, count, score_overlap
from napari_segsuite.plan.objects import ObjectReadout

# Enough to score a painting by, few enough to be done in a moment.
_MOST_WINDOWS = 12
# Class ids in the report: the metrics keep 0 for pixels that are not scored.
_FIRST_ID = 1


@dataclass(frozen=True, slots=True)
class HeldOutScores:
    """How good a network is on what was held out; NaN where nothing was."""

    dice: float
    """Mean Dice of the classes."""
    f1: float = math.nan
    """F1 of objects, matched at an IoU of 0.5; NaN where classes are learned."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How objects are read, and how good a network is then."""

    readout: ObjectReadout
    """How objects are best read from the network's maps."""
    scores: HeldOutScores
    """What that gives on what was held out."""


class Examiner(Protocol):
    """What scores a network at the end of each epoch."""

    def score(self, classifier: Classifier) -> HeldOutScores:
        """Score a network."""

    def settle(self, classifier: Classifier) -> Settled | None:
        """Choose how objects are read from a network's maps; None: no objects."""


class Validation:
    """Windows around held-out paint.

    Parameters
    ----------
    regions : sequence of Region
        What is painted, held out or not.
    held_out : sequence of bool torch.Tensor
        Where paint is held out, per region.
    window : tuple of int
        Size of the windows; no region is smaller.
    rng : numpy.random.Generator
        The randomness of the choice of windows.
    """

    def __init__(
        self,
        regions: Sequence[Region],
        held_out: Sequence[torch.Tensor],
        window: tuple[int, ...],
        rng: np.random.Generator,
    ) -> None:
        self._images: list[torch.Tensor] = []
        self._masks: list[torch.Tensor] = []
        truth: list[torch.Tensor] = []
        left = [mask.clone() for mask in held_out]
        while len(self._images) < _MOST_WINDOWS:
            totals = np.array([int(mask.sum()) for mask in left])
            if not totals.any():
                break
            number = int(rng.choice(len(left), p=totals / totals.sum()))
            patch = _around(left[number], number, window, rng)
            mask = cut(left[number], patch, window)
            truth.append(cut(regions[number].target, patch, window)[mask])
            self._images.append(cut(regions[number].image, patch, window))
            self._masks.append(mask.clone())
            mask.zero_()
        self._truth = torch.cat(truth).numpy() if truth else np.zeros(0, np.int64)
        self.is_complete = not any(bool(mask.any()) for mask in left)
        """Whether every pixel given lies in a window, and none had to be left out."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held out."""
        return not len(self._truth)

    def score(self, classifier: Classifier) -> HeldOutScores:
        """Score a network on the held-out pixels."""
        if self.is_empty:
            return HeldOutScores(math.nan)
        return HeldOutScores(self.report(classifier).mean_dice)

    def settle(self, classifier: Classifier) -> None:
        """Return nothing: classes have no objects to be read."""

    def report(self, classifier: Classifier) -> OverlapReport:
        """Report on a network on the held-out pixels.

        Returns
        -------
        OverlapReport
            Ids are the indices of classes plus 1.
        """
        said = [
            classifier.probabilities(image).argmax(0)[mask].numpy()
            for image, mask in zip(self._images, self._masks, strict=True)
        ]
        guess: NDArray[np.int64] = np.concatenate(said)
        table = count(self._truth + _FIRST_ID, guess + _FIRST_ID)
        return score_overlap(table, background_id=None)


def _around(
    mask: torch.Tensor, number: int, window: tuple[int, ...], rng: np.random.Generator
) -> Patch:
    where = np.flatnonzero(mask.numpy())
    place = np.unravel_index(rng.choice(where), mask.shape)
    corner = tuple(
        int(np.clip(p - edge // 2, 0, size - edge))
        for p, edge, size in zip(place, window, mask.shape, strict=True)
    )
    return Patch(number, corner)
