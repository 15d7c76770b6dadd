"""What every training loop does, whatever is learned: steps, epochs, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import torch

# Optimisers load torch's compiler when the first is made: seconds that belong to the
# start of the worker, and not between pressing Train and the first preview.
import torch._dynamo
from numpy.random import Generator
from torch import nn

from napari_segsuite.engine.averaging import MovingAverage
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.lanes import Lanes
from napari_segsuite.engine.resuming import Moving, Resumed
from napari_segsuite.engine.schedule import Budget, learning_rate
from napari_segsuite.engine.validation import HeldOutScores
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import EpochEnd, Progress
from napari_segsuite.models.card import EpochRecord
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan
from napari_segsuite.plan.unet import UNetPlan

_WEIGHT_DECAY: Final = 1e-4
_LARGEST_GRADIENT: Final = 5.0
# From here on statistics are held: by then the network sees what it will see, and has
# time left to settle on them.
_HELD_FROM: Final = 0.5
# Training is cut short when half of it, and this many epochs, brought nothing.
_PATIENCE: Final = 100

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Trained:
    """How training went."""

    epochs: int
    steps: int
    stopped: bool
    """Whether it was asked to stop early."""


class Descent:
    """Takes a network downhill, step by step, and keeps what each epoch brought.

    Parameters
    ----------
    network : torch.nn.Module
        The network, on the device of `compute`; its weights change.
    average : MovingAverage
        Its moving average, from which checkpoints are made.
    checkpoint : Checkpoint
        Takes in the averaged network of each epoch.
    resumed : Resumed or None
        The unfinished training to go on with.
    plan : UNetPlan or MaskRCNNPlan
        Batch size, and steps per epoch.
    rate : float
        Highest learning rate.
    budget : Budget
        Time and steps.
    hold : bool
        Whether batch normalisation uses the same statistics in the second half of
        training, as in prediction.
    compute : Compute
        Where to compute.
    rng : numpy.random.Generator
        All randomness of the training.
    ctx : JobContext
        Takes events; asked for cancel and stop once a step.

    Attributes
    ----------
    lanes : Lanes
        What gradients are computed in; to be entered before the first step.
    step, epoch : int
        How many were made.
    progress : float
        How far training is, 0 to 1.

    Raises
    ------
    ModelFolderError
        If `resumed` is of another network.
    """

    def __init__(
        self,
        network: nn.Module,
        average: MovingAverage,
        checkpoint: Checkpoint,
        resumed: Resumed | None,
        *,
        plan: UNetPlan | MaskRCNNPlan,
        rate: float,
        budget: Budget,
        hold: bool,
        compute: Compute,
        rng: Generator,
        ctx: JobContext,
    ) -> None:
        network.train()
        self._average = average
        self._checkpoint = checkpoint
        self._plan = plan
        self._rate = rate
        self._budget = budget
        self._ctx = ctx
        self._weights = list(network.parameters())
        self._optimizer = torch.optim.AdamW(
            self._weights,
            lr=rate,
            betas=(0.9, 0.99),
            weight_decay=_WEIGHT_DECAY,
            foreach=True,
        )
        self._moving = Moving(network, average, self._optimizer, rng, budget)
        self._losses: list[float] = []
        self.step = self.epoch = 0
        self.progress = 0.0
        self._stopped = False
        self._hold = hold
        self._held = False
        if resumed is not None:
            self._moving.restore(resumed)
            checkpoint.resume(resumed)
            position = resumed.facts.position
            self.step, self.epoch = position.step, position.epoch
            self.progress = position.progress
        # Their copies take over what was restored.
        self.lanes = Lanes(network, min(compute.lanes, plan.batch_size))

    @property
    def goes_on(self) -> bool:
        """Whether there is budget left and nobody asked to stop."""
        return self.progress < 1 and not self._stopped

    @property
    def epoch_is_over(self) -> bool:
        """Whether the last step was the last of its epoch."""
        return not self.step % self._plan.steps_per_epoch or not self.goes_on

    @property
    def trained(self) -> Trained:
        """How training went."""
        return Trained(self.epoch, self.step, self._stopped)

    def weigh(
        self, loss_of: Callable[[nn.Module, D], torch.Tensor], parts: Sequence[D]
    ) -> float:
        """Set the gradients by a batch and return its mean loss.

        Parameters
        ----------
        loss_of : callable
            The loss of a part, as `Lanes.backward` takes it.
        parts : sequence
            The parts of the batch, one per lane.
        """
        self._optimizer.param_groups[0]["lr"] = learning_rate(self._rate, self.progress)
        if self._hold and not self._held and self.progress >= _HELD_FROM:
            self.lanes.hold_statistics(self._average.network)
            self._held = True
        self._losses.append(self.lanes.backward(loss_of, parts))
        return self._losses[-1]

    def make_step(self) -> None:
        """Make the step that the gradients tell.

        Raises
        ------
        Cancelled
            If the job was cancelled.
        """
        nn.utils.clip_grad_norm_(self._weights, _LARGEST_GRADIENT)
        self._optimizer.step()
        if not self._held:
            self.lanes.merge_statistics()
        self._average.update()
        self.step += 1
        self._ctx.check_cancelled()
        self.progress = self._budget.progress(self.step)
        self._stopped = self._ctx.stop_requested()

    def end_epoch(self, scores: HeldOutScores) -> None:
        """Take in the network at the end of an epoch, and tell how good it is.

        Raises
        ------
        StorageError
            If a checkpoint cannot be written.
        ModelFolderError
            If numbers are not finite any more.
        """
        self.epoch += 1
        record = EpochRecord(
            epoch=self.epoch,
            step=self.step,
            seconds=self._budget.seconds,
            loss=sum(self._losses) / len(self._losses),
            dice=scores.dice,
            f1=scores.f1,
        )
        self._losses.clear()
        best = self._checkpoint.take(record, self._average.network)
        if self._checkpoint.epochs_without_gain >= max(_PATIENCE, self.epoch // 2):
            self._budget.cut_short(self.step)
        if self.goes_on:
            self._checkpoint.remember_if_due(
                partial(self._moving.position, self.epoch, self.step, self.progress),
                self._moving.tensors,
            )
        self._ctx.emit(EpochEnd(best=best, **record.model_dump()))
        self.tell(f"Epoch {self.epoch}")

    def tell(self, message: str) -> None:
        """Tell how far training is."""
        left = self._budget.seconds_left(self.step)
        event = Progress(fraction=self.progress, message=message, seconds_left=left)
        self._ctx.emit(event)
