"""The training loop, top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import torch

# Optimisers load torch's compiler when the first is made: seconds that belong to the
# start of the worker, and not between pressing Train and the first preview.
import torch._dynamo
from numpy.random import Generator
from torch import nn

from napari_segsuite.engine.averaging import MovingAverage
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.lanes import Lanes
from napari_segsuite.engine.objective import Goal
from napari_segsuite.engine.preview import Previews
from napari_segsuite.engine.resuming import Moving, Resumed
from napari_segsuite.engine.schedule import Budget, learning_rate
from napari_segsuite.engine.validation import Examiner
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import EpochEnd, Progress
from napari_segsuite.models.card import EpochRecord
from napari_segsuite.plan.unet import UNetPlan

_WEIGHT_DECAY = 1e-4
_LARGEST_GRADIENT = 5.0
# Training is cut short when half of it, and this many epochs, brought nothing.
_PATIENCE = 100


D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Trained:
    """How training went."""

    epochs: int
    steps: int
    stopped: bool
    """Whether it was asked to stop early."""


def fit(
    network: nn.Module,
    objective: Goal[D],
    validation: Examiner,
    previews: Previews,
    checkpoint: Checkpoint,
    resumed: Resumed | None,
    *,
    maps: Callable[[Classifier, torch.Tensor], torch.Tensor],
    plan: UNetPlan,
    rate: float,
    budget: Budget,
    compute: Compute,
    rng: Generator,
    ctx: JobContext,
) -> Trained:
    """Train a network until its budget is spent or the user stops it.

    Parameters
    ----------
    network : torch.nn.Module
        The network, on the device of `compute`; its weights change.
    objective : Goal
        Draws batches and weighs what the network says of them.
    validation : Examiner
        Scores the averaged network at the end of each epoch.
    previews : Previews
        Shows what it sees now.
    checkpoint : Checkpoint
        Takes in each epoch's network; the best one is there when this returns.
    resumed : Resumed or None
        The unfinished training to go on with.
    maps : callable
        What previews are read from, given the network and an image.
    plan : UNetPlan
        Batch size, and steps per epoch.
    rate : float
        Highest learning rate.
    budget : Budget
        Time and steps.
    compute : Compute
        Where to compute.
    rng : numpy.random.Generator
        The randomness of `objective`.
    ctx : JobContext
        Takes events; asked for cancel and stop once a step.

    Raises
    ------
    Cancelled
        If the job was cancelled.
    StorageError
        If a checkpoint cannot be written.
    ModelFolderError
        If numbers are not finite any more, or `resumed` is of another network.
    """
    network.train()
    average = MovingAverage(network)
    classifier = Classifier(average.network, plan, compute)
    weights = list(network.parameters())
    optimizer = torch.optim.AdamW(
        weights, lr=rate, betas=(0.9, 0.99), weight_decay=_WEIGHT_DECAY, foreach=True
    )
    moving = Moving(network, average, optimizer, rng, budget)
    step = epoch = 0
    losses: list[float] = []
    progress, stopped = 0.0, False
    if resumed is not None:
        moving.restore(resumed)
        checkpoint.resume(resumed)
        position = resumed.facts.position
        step, epoch, progress = position.step, position.epoch, position.progress
    lanes = Lanes(network, min(compute.lanes, plan.batch_size))
    with one_thread_per_lane(compute), lanes:
        while progress < 1 and not stopped:
            optimizer.param_groups[0]["lr"] = learning_rate(rate, progress)
            objective.advance(progress)
            losses.append(lanes.backward(objective.loss, objective.draw(lanes.count)))
            nn.utils.clip_grad_norm_(weights, _LARGEST_GRADIENT)
            optimizer.step()
            lanes.merge_statistics()
            average.update()
            step += 1
            ctx.check_cancelled()
            progress, stopped = budget.progress(step), ctx.stop_requested()
            previews.show_if_due(partial(maps, classifier))
            if step % plan.steps_per_epoch and progress < 1 and not stopped:
                continue
            epoch += 1
            scores = validation.score(classifier)
            record = EpochRecord(
                epoch=epoch,
                step=step,
                seconds=budget.seconds,
                loss=sum(losses) / len(losses),
                dice=scores.dice,
                f1=scores.f1,
            )
            losses.clear()
            best = checkpoint.take(record, average.network)
            if checkpoint.epochs_without_gain >= max(_PATIENCE, epoch // 2):
                budget.cut_short(step)
            if progress < 1 and not stopped:
                checkpoint.remember_if_due(
                    partial(moving.position, epoch, step, progress), moving.tensors
                )
            ctx.emit(EpochEnd(best=best, **record.model_dump()))
            ctx.emit(
                Progress(
                    fraction=progress,
                    message=f"Epoch {epoch}",
                    seconds_left=budget.seconds_left(step),
                )
            )
    return Trained(epoch, step, stopped)
