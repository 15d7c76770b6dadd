"""What is kept in the model folder while training goes on.

That is the best network so far, and all that training needs to be resumed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import nn

from napari_segsuite.engine import weights
from napari_segsuite.engine.resuming import Resumed, tensors_of
from napari_segsuite.models.card import EpochRecord, TrainedCard, WeightsFile
from napari_segsuite.models.publishing import publish
from napari_segsuite.models.unfinished import Position, Standing, Unfinished

# A later network has learned longer: it wins unless it is clearly worse. Held-out
# paint is little, and its score is that uncertain.
_TOLERANCE = 0.01
_SECONDS_BETWEEN = 3.0
# What is needed to resume is several times as large. Written at the first end of an
# epoch after so long, at most one epoch or 60 s are lost.
_SECONDS_BETWEEN_ALL = 30.0

CardOf = Callable[[WeightsFile, Sequence[EpochRecord], EpochRecord], TrainedCard]
"""Makes the card, given the weights file, the history, and the best epoch."""

UnfinishedOf = Callable[[Position, Standing], Unfinished]
"""Makes what is remembered of an unfinished training beside its tensors."""


class Checkpoint:
    """Keeps the best network, and publishes it every few seconds.

    Parameters
    ----------
    folder : Path
        The model folder.
    card_of : callable
        Makes the card.
    unfinished_of : callable
        Makes what is remembered beside tensors to resume training.
    """

    def __init__(
        self, folder: Path, card_of: CardOf, unfinished_of: UnfinishedOf
    ) -> None:
        self._folder = folder
        self._card_of = card_of
        self._unfinished_of = unfinished_of
        self._history: list[EpochRecord] = []
        self._highest = -math.inf
        self._highest_epoch = 0
        self._published = -math.inf
        self._remembered = time.monotonic()
        self._best: EpochRecord | None = None
        self._kept: dict[str, torch.Tensor] = {}

    @property
    def best(self) -> EpochRecord | None:
        """The epoch of the best network; None before the first."""
        return self._best

    @property
    def epochs_without_gain(self) -> int:
        """Epochs since the score on held-out paint rose; 0 if there is no score."""
        if not self._history or math.isnan(self._history[-1].score):
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
        if record.score < self._highest - _TOLERANCE:
            return False
        if record.score > self._highest:
            self._highest, self._highest_epoch = record.score, record.epoch
        self._best = record
        self._kept = weights.snapshot(network)
        if time.monotonic() - self._published > _SECONDS_BETWEEN:
            self._publish(final=False)
        return True

    def remember_if_due(
        self,
        position: Callable[[], Position],
        moving: Callable[[], dict[str, torch.Tensor]],
    ) -> None:
        """Write all that is needed to resume training, if that was long ago.

        Parameters
        ----------
        position : callable
            Tells where training stands, at the end of an epoch that was taken in.
        moving : callable
            Tells what changes from step to step, as `Moving.tensors` does.

        Raises
        ------
        StorageError
            If it cannot be written; what was written before stays.
        ModelFolderError
            If numbers are not finite any more; what was written before stays.
        """
        if time.monotonic() - self._remembered < _SECONDS_BETWEEN_ALL:
            return
        standing = Standing(
            highest=self._highest,
            highest_epoch=self._highest_epoch,
            best=self._known_best(),
        )
        header = self._unfinished_of(position(), standing).header()
        tensors = tensors_of(moving(), self._kept)
        self._publish(
            final=False,
            write_unfinished=lambda path: weights.write(tensors, path, header),
        )
        self._remembered = time.monotonic()

    def resume(self, resumed: Resumed) -> None:
        """Go on with what was kept until an epoch."""
        standing = resumed.facts.standing
        self._history = resumed.history
        self._highest = standing.highest
        self._highest_epoch = standing.highest_epoch
        self._best = standing.best
        self._kept = resumed.best

    @property
    def best_tensors(self) -> dict[str, torch.Tensor]:
        """The best network; empty before the first epoch."""
        return self._kept

    def keep(self, network: nn.Module) -> None:
        """Take a network for the best one, as training ends."""
        self._kept = weights.snapshot(network)

    def finish(self, card_of: CardOf | None = None) -> TrainedCard:
        """Publish the best network for good; nothing is left to be resumed.

        Parameters
        ----------
        card_of : callable, optional
            Makes the last card, if it is other than those before.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        self._card_of = card_of or self._card_of
        return self._publish(final=True)

    def _known_best(self) -> EpochRecord:
        if self._best is None:
            msg = "there is no network to publish before the first epoch"
            raise RuntimeError(msg)
        return self._best

    def _publish(
        self, *, final: bool, write_unfinished: Callable[[Path], None] | None = None
    ) -> TrainedCard:
        best = self._known_best()
        card = publish(
            self._folder,
            lambda file: self._card_of(file, self._history, best),
            lambda path: weights.write(self._kept, path),
            final=final,
            write_unfinished=write_unfinished,
        )
        self._published = time.monotonic()
        return card
