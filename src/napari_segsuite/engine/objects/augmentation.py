"""Variations of a patch with objects: of size, place, and intensities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_segsuite.engine.augmentation import Variation, draw_variation
from napari_segsuite.engine.degradation import Degradation, draw_degradation
from napari_segsuite.engine.objects.sampling import PatchValues

# Objects are shown smaller and larger by up to this factor.
_SCALE = 1.6
_RESCALED = 0.7


@dataclass(frozen=True, slots=True)
class ObjectVariation:
    """One variation, drawn before it is applied."""

    base: Variation
    """Flips, turns, gain and offset."""
    degradation: Degradation
    """Contrast, sharpness and noise."""

    def apply(self, values: PatchValues) -> PatchValues:
        """Return a patch that was varied; its targets are turned along."""
        return PatchValues(
            self.base.turn(self.base.shade(self.degradation.apply(values.image))),
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
        draw_variation(rng, channels, patch_size), draw_degradation(rng)
    )
