"""The training loop, top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import torch
from numpy.random import Generator
from torch import nn

from napari_segsuite.engine.averaging import MovingAverage
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.descent import Descent, Trained
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.objective import Goal
from napari_segsuite.engine.preview import Previews
from napari_segsuite.engine.resuming import Resumed
from napari_segsuite.engine.schedule import Budget
from napari_segsuite.engine.validation import Examiner
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.plan.unet import UNetPlan

D = TypeVar("D")


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
    hold: bool,
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
    hold : bool
        As for `Descent`.
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
    average = MovingAverage(network)
    descent = Descent(
        network,
        average,
        checkpoint,
        resumed,
        plan=plan,
        rate=rate,
        budget=budget,
        hold=hold,
        compute=compute,
        rng=rng,
        ctx=ctx,
    )
    classifier = Classifier(average.network, plan, compute)
    with one_thread_per_lane(compute), descent.lanes:
        while descent.goes_on:
            objective.advance(descent.progress)
            descent.weigh(objective.loss, objective.draw(descent.lanes.count))
            descent.make_step()
            previews.show_if_due(partial(maps, classifier))
            if descent.epoch_is_over:
                descent.end_epoch(validation.score(classifier))
    return descent.trained
