"""The best network so far, kept in the model folder while training goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import nn

from napari_segsuite.engine import weights
from napari_segsuite.models.card import EpochRecord, ModelCard, WeightsFile
from napari_segsuite.models.folder import publish

# A later network has learned longer: it wins unless it is clearly worse. Held-out
# paint is little, and its score is that uncertain.
_TOLERANCE = 0.01
_SECONDS_BETWEEN = 3.0

CardOf = Callable[[WeightsFile, Sequence[EpochRecord], EpochRecord], ModelCard]
"""Makes the card, given the weights file, the history, and the best epoch."""


class Checkpoint:
    """Keeps the best network, and publishes it every few seconds.

    Parameters
    ----------
    folder : Path
        The model folder.
    card_of : callable
        Makes the card.
    """

    def __init__(self, folder: Path, card_of: CardOf) -> None:
        self._folder = folder
        self._card_of = card_of
        self._history: list[EpochRecord] = []
        self._highest = -math.inf
        self._published = 0.0
        self._best: EpochRecord | None = None
        self._kept: dict[str, object] = {}

    @property
    def best(self) -> EpochRecord | None:
        """The epoch of the best network; None before the first."""
        return self._best
