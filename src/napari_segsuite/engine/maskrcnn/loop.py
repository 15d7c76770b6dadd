"""The training loop of Mask R-CNN, top to bottom."""

from __future__ import annotations

import math
from functools import partial

import torch

# Optimisers load torch's compiler when the first is made: seconds that belong to the
# start of the worker.
import torch._dynamo
from numpy.random import Generator
from torch import nn
from torchvision.models.detection import MaskRCNN

from napari_segsuite.engine.averaging import MovingAverage
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.lanes import Lanes
from napari_segsuite.engine.loop import Trained
from napari_segsuite.engine.maskrcnn.objective import DetectionObjective
from napari_segsuite.engine.maskrcnn.validation import Validation
from napari_segsuite.engine.resuming import Moving, Resumed
from napari_segsuite.engine.schedule import Budget, learning_rate
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import EpochEnd, Progress
from napari_segsuite.models.card import EpochRecord
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

_WEIGHT_DECAY = 1e-4
_LARGEST_GRADIENT = 5.0
_DECAY = 0.995
# Training is cut short when half of it, and this many epochs, brought nothing.
_PATIENCE = 100
# Epochs take a while; the bar should move in between.
_STEPS_BETWEEN = 5


def fit(
    network: MaskRCNN,
    objective: DetectionObjective,
    validation: Validation,
    checkpoint: Checkpoint,
    resumed: Resumed | None,
    *,
    plan: MaskRCNNPlan,
    rate: float,
    budget: Budget,
    compute: Compute,
    rng: Generator,
    ctx: JobContext,
) -> Trained:
    """Train a network until its budget is spent or the user stops it.

    Parameters
    ----------
    network : MaskRCNN
        The network, on the device of `compute`; its weights change.
    objective : DetectionObjective
        Draws batches and weighs what the network finds in them.
    validation : Validation
        Scores the averaged network at the end of each epoch.
    checkpoint : Checkpoint
        Takes in each epoch's network; the best one is there when this returns.
    resumed : Resumed or None
        The unfinished training to go on with.
    plan : MaskRCNNPlan
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
    InputError
        If the loss is no number any more.
    Cancelled
        If the job was cancelled.
    StorageError
        If a checkpoint cannot be written.
    ModelFolderError
        If numbers are not finite any more, or `resumed` is of another network.
    """
    network.train()
    average = MovingAverage(network, _DECAY)
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
            losses.append(lanes.backward(objective.loss, objective.draw(lanes.count)))
            _require_number(losses[-1], step, rate)
            nn.utils.clip_grad_norm_(weights, _LARGEST_GRADIENT)
            optimizer.step()
            lanes.merge_statistics()
            average.update()
            step += 1
            ctx.check_cancelled()
            progress, stopped = budget.progress(step), ctx.stop_requested()
            if step % plan.steps_per_epoch and progress < 1 and not stopped:
                if step % _STEPS_BETWEEN == 0:
                    _tell(ctx, budget, progress, step, f"Epoch {epoch + 1}")
                continue
            epoch += 1
            record = EpochRecord(
                epoch=epoch,
                step=step,
                seconds=budget.seconds,
                loss=sum(losses) / len(losses),
                dice=math.nan,
                f1=validation.f1(average.network, compute),
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
            _tell(ctx, budget, progress, step, f"Epoch {epoch}")
    return Trained(epoch, step, stopped)


def _tell(
    ctx: JobContext, budget: Budget, progress: float, step: int, message: str
) -> None:
    left = budget.seconds_left(step)
    ctx.emit(Progress(fraction=progress, message=message, seconds_left=left))


def _require_number(loss: float, step: int, rate: float) -> None:
    if not math.isfinite(loss):
        msg = (
            f"The loss is no number any more after {step} steps, so the network cannot "
            f"learn. Choose a learning rate below {rate:g}; the best model so far is "
            "kept."
        )
        raise InputError(msg)
