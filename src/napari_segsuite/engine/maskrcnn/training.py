"""The handler of `TrainMaskRCNN`: from drawn objects to a model folder."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torchvision.models.detection import MaskRCNN

from napari_segsuite.data.colours import grey_notice
from napari_segsuite.engine import device, resuming
from napari_segsuite.engine.card_facts import card_facts
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.maskrcnn import network as networks
from napari_segsuite.engine.maskrcnn.loop import fit
from napari_segsuite.engine.maskrcnn.material import Material, gather, load_scenes
from napari_segsuite.engine.maskrcnn.objective import DetectionObjective, seedable
from napari_segsuite.engine.maskrcnn.scenes import Scene
from napari_segsuite.engine.maskrcnn.transfer import transfer
from napari_segsuite.engine.maskrcnn.validation import Validation, hold_out
from napari_segsuite.engine.schedule import Budget
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import EpochEnd, Notice, PlanReady, Progress
from napari_segsuite.jobs.instances import TrainMaskRCNN, TrainMaskRCNNResult
from napari_segsuite.models.card import EpochRecord, WeightsFile
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_maskrcnn
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.models.publishing import claim
from napari_segsuite.models.training_lock import sole_training


def train(job: TrainMaskRCNN, ctx: JobContext) -> TrainMaskRCNNResult:
    """Train a Mask R-CNN on drawn objects and publish it as a model folder.

    Parameters
    ----------
    job : TrainMaskRCNN
        What to train on, and how.
    ctx : JobContext
        Takes `PlanReady`, `EpochEnd`, `Progress` and `Notice` events.

    Returns
    -------
    TrainMaskRCNNResult
        The model folder holds the best network by held-out objects.

    Raises
    ------
    InputError
        If images or labels cannot be used, there is no object, or the loss is no
        number any more; the message says why.
    ModelFolderError
        If the model to start from, or the training to go on with, is damaged.
    StorageError
        If the model cannot be written, or is being trained by another job; what was
        published before stays.
    Cancelled
        If the job was cancelled; what was published before stays.
    """
    started = time.monotonic()
    if job.resume:
        as_maskrcnn(read_card(job.out), job.out)  # before a folder is made for the lock
    else:
        claim(job.out)
    with sole_training(job.out):
        return _train(job, ctx, started)


def _train(job: TrainMaskRCNN, ctx: JobContext, started: float) -> TrainMaskRCNNResult:
    options = job.training
    resumed = resuming.resume(job) if job.resume else None
    compute = device.choose(options.device)
    ctx.emit(Progress(fraction=0.0, message="Looking for objects"))
    settled = as_maskrcnn(resumed.card, job.out).plan if resumed else None
    material = gather(job, compute, settled)
    plan = material.plan
    ctx.emit(PlanReady(plan=plan))
    if material.start is not None and material.grey:
        name = material.start[0].name
        ctx.emit(Notice(message=grey_notice(material.grey, name)))
    ctx.check_cancelled()
    rng = np.random.default_rng(options.seed)
    scenes = load_scenes(material, rng)
    if resumed is not None:
        resumed.check_data(resuming.data_hash(_learned(scenes)))
    _warn_of_missing_classes(material, scenes, ctx)
    seen, held_out = hold_out(scenes, rng)
    validation = Validation(held_out, plan, rng)
    network = _network(material, options.seed)
    networks.place(network, compute.device)
    max_steps = options.max_epochs * plan.steps_per_epoch or None
    budget = Budget(options.max_seconds, max_steps, started)
    checkpoint = Checkpoint(
        job.out,
        _card_of(job, material),
        resuming.memory_of(job, lambda: _learned(scenes)),
    )
    if resumed is not None:
        for record in resumed.history:
            ctx.emit(EpochEnd(best=False, **record.model_dump()))
    objective = DetectionObjective(
        seen, plan, augment=options.augment, compute=compute, rng=rng
    )
    trained = fit(
        network,
        objective,
        validation,
        checkpoint,
        resumed,
        plan=plan,
        rate=options.learning_rate,
        budget=budget,
        compute=compute,
        rng=rng,
        ctx=ctx,
    )
    card = checkpoint.finish()
    return TrainMaskRCNNResult(
        model=job.out,
        plan=plan,
        classes=material.table,
        epochs=trained.epochs,
        steps=trained.steps,
        seconds=budget.seconds,
        f1=card.scores.get("f1", math.nan),
        stopped=trained.stopped,
    )


def _warn_of_missing_classes(
    material: Material, scenes: Sequence[Scene], ctx: JobContext
) -> None:
    """Say which classes have no object; the network will not find any."""
    present = {i for scene in scenes for i in scene.classes.tolist()}
    missing = [
        info.name
        for number, info in enumerate(material.table, start=1)
        if number not in present
    ]
    if missing:
        names = ", ".join(missing)
        ctx.emit(Notice(message=f"No object to learn from is of the class {names}."))


def _network(material: Material, seed: int) -> MaskRCNN:
    """Return the network to train, with random weights or those started from."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = networks.build(_described(material))
    if material.start is not None:
        card, source = material.start
        transfer(source, network, [info.id for info in card.classes], material.ids)
    return seedable(network)


def _described(material: Material) -> dict[str, Any]:
    """Return the network to train: of a model started from, all but the classes."""
    classes, plan = len(material.table), material.plan
    if material.start is None:
        return networks.architecture(plan, classes)
    before = material.start[0].architecture
    changes = {"classes": classes, "detections": plan.detections_per_patch}
    return {**before, "arguments": {**before["arguments"], **changes}}


def _learned(scenes: Sequence[Scene]) -> list[torch.Tensor]:
    return [
        values
        for scene in scenes
        for values in (scene.image, scene.labels, scene.classes)
    ]


def _card_of(
    job: TrainMaskRCNN, material: Material
) -> Callable[[WeightsFile, Sequence[EpochRecord], EpochRecord], MaskRCNNCard]:
    """Return what makes the card of the model that is trained."""
    start = None if material.start is None else material.start[0]

    def card_of(
        file: WeightsFile, history: Sequence[EpochRecord], best: EpochRecord
    ) -> MaskRCNNCard:
        scores = {} if math.isnan(best.f1) else {"f1": best.f1}
        return MaskRCNNCard(
            **card_facts(job, material.table, start, {}),
            plan=material.plan,
            architecture=_described(material),
            weights=file,
            history=tuple(history),
            scores={**scores, "epoch": float(best.epoch)},
        )

    return card_of
