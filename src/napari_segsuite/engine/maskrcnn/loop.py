"""The training loop of Mask R-CNN, top to bottom."""

from __future__ import annotations

import math

from numpy.random import Generator
from torchvision.models.detection import MaskRCNN

from napari_segsuite.engine.averaging import MovingAverage
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.descent import Descent, Trained
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.maskrcnn.objective import DetectionObjective
from napari_segsuite.engine.maskrcnn.validation import Validation
from napari_segsuite.engine.resuming import Resumed
from napari_segsuite.engine.schedule import Budget
from napari_segsuite.engine.validation import HeldOutScores
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

_DECAY = 0.995
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
    average = MovingAverage(network, _DECAY)
    descent = Descent(
        network,
        average,
        checkpoint,
        resumed,
        plan=plan,
        rate=rate,
        budget=budget,
        hold=False,
        compute=compute,
        rng=rng,
        ctx=ctx,
    )
    with one_thread_per_lane(compute), descent.lanes:
        while descent.goes_on:
            parts = objective.draw(descent.lanes.count)
            loss = descent.weigh(objective.loss, parts)
            _require_number(loss, descent.step, rate)
            descent.make_step()
            if descent.epoch_is_over:
                f1 = validation.f1(average.network, compute)
                descent.end_epoch(HeldOutScores(math.nan, f1))
            elif descent.step % _STEPS_BETWEEN == 0:
                descent.tell(f"Epoch {descent.epoch + 1}")
    return descent.trained


def _require_number(loss: float, step: int, rate: float) -> None:
    if not math.isfinite(loss):
        msg = (
            f"The loss is no number any more after {step} steps, so the network cannot "
            f"learn. Choose a learning rate below {rate:g}; the best model so far is "
            "kept."
        )
        raise InputError(msg)
