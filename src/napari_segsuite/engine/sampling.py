"""Which patches a training step sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.regions import Region

# Of dense labels, this many pixels per class are enough to centre patches on.
_MOST_CENTRES = 100_000


@dataclass(frozen=True, slots=True)
class Patch:
    """Where a patch lies."""

    region: int
    """Index of the region."""
    corner: tuple[int, ...]
    """First pixel, per axis."""


class PatchSampler:
    """Draws patches around painted pixels, every class as often.

    Parameters
    ----------
    regions : sequence of Region
        What is painted, without what is held out.
    patch_size : tuple of int
        Size of the patches; no region is smaller.
    classes : int
        Number of classes.
    rng : numpy.random.Generator
        The randomness.
    """

    def __init__(
        self,
        regions: Sequence[Region],
        patch_size: tuple[int, ...],
        classes: int,
        rng: np.random.Generator,
    ) -> None:
        self._rng = rng
        self._patch_size = patch_size
        self._shapes = [tuple(region.target.shape) for region in regions]
        counts = np.zeros(classes, dtype=np.int64)
        centres: list[list[NDArray[np.int64]]] = [[] for _ in range(classes)]
        for number, region in enumerate(regions):
            target = region.target.numpy()
            for index in np.unique(target[target != IGNORED]):
                flat = np.flatnonzero(target == index)
                counts[index] += len(flat)
                if len(flat) > _MOST_CENTRES:
                    flat = rng.choice(flat, _MOST_CENTRES, replace=False)
                owner = np.full(len(flat), number)
                centres[index].append(np.stack([owner, flat], axis=1))
        self._centres = [np.concatenate(parts) for parts in centres if parts]
        # Classes without paint (known from the model started from) weigh nothing.
        inverse = np.where(counts > 0, counts.sum() / np.maximum(counts, 1), 0.0)
        self.weights = torch.from_numpy(
            (inverse / inverse[counts > 0].mean()).astype(np.float32)
        )
        """Weight of each class in the loss, float32, shape (classes,)."""

    def draw(self) -> Patch:
        """Draw a patch that holds a painted pixel, at a random place in it."""
        centres = self._centres[self._rng.integers(len(self._centres))]
        region, flat = centres[self._rng.integers(len(centres))]
        shape = self._shapes[region]
        corner = tuple(
            int(np.clip(place - self._rng.integers(edge), 0, size - edge))
            for place, edge, size in zip(
                np.unravel_index(flat, shape), self._patch_size, shape, strict=True
            )
        )
        return Patch(int(region), corner)


def cut(
    values: torch.Tensor, patch: Patch, patch_size: tuple[int, ...]
) -> torch.Tensor:
    """Return the patch of a region's array, whose last axes are spatial; a view."""
    for axis, (start, edge) in enumerate(zip(patch.corner, patch_size, strict=True)):
        values = values.narrow(axis - len(patch_size), start, edge)
    return values
