"""The best network so far, kept in the model folder while training goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
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
        self._highest_epoch = 0
        self._published = -math.inf
        self._best: EpochRecord | None = None
        self._kept: dict[str, torch.Tensor] = {}

    @property
    def best(self) -> EpochRecord | None:
        """The epoch of the best network; None before the first."""
        return self._best

    @property
    def epochs_without_gain(self) -> int:
        """Epochs since the score on held-out paint rose; 0 if there is no score."""
        if not self._history or math.isnan(self._history[-1].dice):
            return 0
        return self._history[-1].epoch - self._highest_epoch

    def take(self, record: EpochRecord, network: nn.Module) -> bool:
        """Take in the end of an epoch; return whether its network is the best so far.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        self._history.append(record)
        if record.dice < self._highest - _TOLERANCE:
            return False
        if record.dice > self._highest:
            self._highest, self._highest_epoch = record.dice, record.epoch
        self._best = record
        self._kept = weights.snapshot(network)
        if time.monotonic() - self._published > _SECONDS_BETWEEN:
            self._publish(final=False)
        return True

    def finish(self) -> ModelCard:
        """Publish the best network for good.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        return self._publish(final=True)

    def _publish(self, *, final: bool) -> ModelCard:
        best = self._best
        if best is None:
            msg = "there is no network to publish before the first epoch"
            raise RuntimeError(msg)
        card = publish(
            self._folder,
            lambda file: self._card_of(file, self._history, best),
            lambda path: weights.write(self._kept, path),
            final=final,
        )
        self._published = time.monotonic()
        return card
