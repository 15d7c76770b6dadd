"""The handler of `TrainUNet`: from painted labels to a model folder."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from napari_segsuite.data.colours import grey_notice
from napari_segsuite.engine import device, networks, resuming, weights
from napari_segsuite.engine.card_facts import card_facts
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.class_lesson import ClassLesson
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.interpolation import least_change
from napari_segsuite.engine.lesson import Lesson
from napari_segsuite.engine.loop import fit
from napari_segsuite.engine.material import Material, gather
from napari_segsuite.engine.objects import outputs
from napari_segsuite.engine.objects.lesson import ObjectLesson
from napari_segsuite.engine.schedule import Budget
from napari_segsuite.engine.validation import Examiner, HeldOutScores
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import EpochEnd, Notice, PlanReady, Progress
from napari_segsuite.jobs.training import TrainResult, TrainUNet
from napari_segsuite.models.card import EpochRecord, ModelCard, WeightsFile
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_unet
from napari_segsuite.models.publishing import claim
from napari_segsuite.models.training_lock import sole_training
from napari_segsuite.plan.objects import ObjectReadout

# What cannot be looked at in the time is not loaded.
_PIXELS_PER_SECOND = 200_000
_FEWEST_PIXELS = 1 << 22
_MOST_PIXELS = 1 << 27
# The highest learning rate, from nothing and from a model.
_RATES = {False: 0.01, True: 0.003}


def train(job: TrainUNet, ctx: JobContext) -> TrainResult:
    """Train a U-Net on painted labels and publish it as a model folder.

    Parameters
    ----------
    job : TrainUNet
        What to train on, and how.
    ctx : JobContext
        Takes `PlanReady`, `Preview`, `EpochEnd` and `Progress` events. The control
        "preview" says which frame is previewed.

    Returns
    -------
    TrainResult
        The model folder holds the best network by held-out paint.

    Raises
    ------
    InputError
        If images or labels cannot be used; the message says why.
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
        read_card(job.out)  # before a folder is made for the lock
    else:
        claim(job.out)
    with sole_training(job.out):
        return _train(job, ctx, started)


def _train(job: TrainUNet, ctx: JobContext, started: float) -> TrainResult:
    options = job.training
    resumed = resuming.resume(job) if job.resume else None
    compute = device.choose(options.device)
    settled = as_unet(resumed.card, job.out).plan if resumed else None
    material = gather(job, compute, settled)
    plan = material.plan
    ctx.emit(PlanReady(plan=plan))
    if material.start is not None and material.grey:
        name = material.start[0].name
        ctx.emit(Notice(message=grey_notice(material.grey, name)))
    ctx.emit(Progress(fraction=0.0, message="Reading the painted pixels"))
    ctx.check_cancelled()
    rng = np.random.default_rng(options.seed)
    lesson = _lesson(job, material, rng, ctx)
    if resumed is not None:
        resumed.check_data(resuming.data_hash(lesson.parts()))
    prepared = lesson.prepare(compute)
    network = _network(material, job.learn, options.seed)
    networks.place(network, plan, compute.device)
    start = weights.snapshot(network) if prepared.paint is not None else {}
    max_steps = options.max_epochs * plan.steps_per_epoch or None
    budget = Budget(options.max_seconds, max_steps, started)
    checkpoint = Checkpoint(
        job.out,
        _card_of(job, material, prepared.readout),
        resuming.memory_of(job, lesson.parts),
    )
    if resumed is not None:
        for record in resumed.history:
            ctx.emit(EpochEnd(best=False, **record.model_dump()))
    trained = fit(
        network,
        prepared.goal,
        prepared.examiner,
        prepared.previews,
        checkpoint,
        resumed,
        maps=prepared.maps,
        plan=plan,
        rate=_rate(job),
        budget=budget,
        # Patches of one image are alike; those of several give statistics that
        # prediction will not have.
        hold=len(job.images) > 1,
        compute=compute,
        rng=rng,
        ctx=ctx,
    )
    weights.put(checkpoint.best_tensors, weights.own(network))
    classifier = Classifier(network.eval(), plan, compute)
    reading = prepared.examiner.settle(classifier)
    readout = reading.readout if reading else prepared.readout
    scores = reading.scores if reading else None
    part = 1.0
    if prepared.paint is not None:
        part = _change_less(network, start, checkpoint, prepared.paint, classifier)
        scores = prepared.examiner.score(classifier)
    card = checkpoint.finish(_card_of(job, material, readout, scores, part))
    return TrainResult(
        model=job.out,
        plan=plan,
        classes=material.table,
        epochs=trained.epochs,
        steps=trained.steps,
        seconds=budget.seconds,
        dice=card.scores["dice"],
        f1=card.scores.get("f1", math.nan),
        stopped=trained.stopped,
    )


def _change_less(
    network: nn.Module,
    start: Mapping[str, torch.Tensor],
    checkpoint: Checkpoint,
    paint: Examiner,
    classifier: Classifier,
) -> float:
    """Leave in the network no more change than the paint asks for; return how much."""
    own = weights.own(network)

    def fit(tensors: Mapping[str, torch.Tensor]) -> float:
        weights.put(tensors, own)
        return paint.score(classifier).dice

    chosen = least_change(start, checkpoint.best_tensors, fit)
    weights.put(chosen.tensors, own)
    checkpoint.keep(network)
    return chosen.part


def _rate(job: TrainUNet) -> float:
    return job.training.learning_rate or _RATES[job.start_from is not None]


def _lesson(
    job: TrainUNet, material: Material, rng: np.random.Generator, ctx: JobContext
) -> Lesson:
    """Return what is learned, its labels loaded."""
    options = job.training
    wanted = options.max_seconds * _PIXELS_PER_SECOND
    pixels = int(np.clip(wanted, _FEWEST_PIXELS, _MOST_PIXELS))
    if job.learn == "classes":
        return ClassLesson(material, options, pixels, rng, ctx)
    spacings = [ref.spacing for ref in job.images]
    return ObjectLesson(material, spacings, options, pixels, rng, ctx)


def _described(material: Material, learn: Literal["classes", "objects"]) -> Any:
    """Return the network to train as a card describes it."""
    channels = outputs.CHANNELS if learn == "objects" else len(material.ids)
    if material.start is None:
        return networks.architecture(material.plan, channels)
    architecture = material.start[0].architecture
    arguments = {**architecture["arguments"], "out_channels": channels}
    return {**architecture, "arguments": arguments}


def _network(
    material: Material, learn: Literal["classes", "objects"], seed: int
) -> nn.Module:
    """Return the network to train, with random weights or those started from."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = networks.build(_described(material, learn))
    if material.start is None:
        return network
    card, source = material.start
    ids: Sequence[object] = [info.id for info in card.classes]
    new_ids: Sequence[object] = material.ids
    if learn == "objects":
        ids, new_ids = outputs.meanings(card), outputs.MEANINGS
    weights.transfer(source, network, ids, new_ids)
    return network


def _card_of(
    job: TrainUNet,
    material: Material,
    readout: ObjectReadout | None,
    last: HeldOutScores | None = None,
    part: float = 1.0,
) -> Callable[[WeightsFile, Sequence[EpochRecord], EpochRecord], ModelCard]:
    """Return what makes the card of the model that is trained.

    `last` are the scores of the network and readout that were settled in the end,
    `part` is how far the network went from the one it started from.
    """
    plan = material.plan
    start = None if material.start is None else material.start[0]
    described = _described(material, job.learn)
    facts = {"loss": job.training.loss, "learning rate": f"{_rate(job):g}"}
    if part < 1:
        facts["weights"] = f"{part:.0%} of the way from those started from"

    def card_of(
        file: WeightsFile, history: Sequence[EpochRecord], best: EpochRecord
    ) -> ModelCard:
        return ModelCard(
            **card_facts(job, material.table, start, facts),
            plan=plan,
            architecture=described,
            objects=readout,
            weights=file,
            history=tuple(history),
            scores=_scores(best.epoch, last or HeldOutScores(best.dice, best.f1)),
        )

    return card_of


def _scores(epoch: int, found: HeldOutScores) -> dict[str, float]:
    scores = {"dice": found.dice, "epoch": float(epoch)}
    return scores if math.isnan(found.f1) else {**scores, "f1": found.f1}
