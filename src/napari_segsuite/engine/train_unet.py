"""The handler of `TrainUNet`: from painted labels to a model folder."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import torch
from torch import nn

import napari_segsuite
from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine import device, networks, resuming, weights
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.coverage import prior_logits
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.held_out import hold_out
from napari_segsuite.engine.instant import InstantClassifier
from napari_segsuite.engine.loop import fit
from napari_segsuite.engine.losses import LOSSES
from napari_segsuite.engine.material import Material, gather
from napari_segsuite.engine.objective import Objective
from napari_segsuite.engine.preview import Previews
from napari_segsuite.engine.regions import Region, load_regions
from napari_segsuite.engine.sampling import PatchSampler, cut
from napari_segsuite.engine.schedule import Budget
from napari_segsuite.engine.validation import Validation
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import EpochEnd, PlanReady, Progress
from napari_segsuite.jobs.training import TrainResult, TrainUNet
from napari_segsuite.models.card import EpochRecord, ModelCard, WeightsFile
from napari_segsuite.models.folder import claim, read_card
from napari_segsuite.models.training_lock import sole_training
from napari_segsuite.models.unfinished import Position, Standing, Unfinished

# What cannot be looked at in the time is not loaded.
_PIXELS_PER_SECOND = 200_000
_FEWEST_PIXELS = 1 << 22
_MOST_PIXELS = 1 << 27
# The instant classifier is at hand within a second if it sees no more than this.
_INSTANT_PIXELS = 1 << 19


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
    material = gather(job, compute, resumed.card.plan if resumed else None)
    plan = material.plan
    ctx.emit(PlanReady(plan=plan))
    ctx.emit(Progress(fraction=0.0, message="Reading the painted pixels"))
    ctx.check_cancelled()
    rng = np.random.default_rng(options.seed)
    regions = load_regions(
        material.examples,
        plan,
        material.painted,
        material.ids,
        int(
            np.clip(
                options.max_seconds * _PIXELS_PER_SECOND, _FEWEST_PIXELS, _MOST_PIXELS
            )
        ),
        rng,
    )
    if resumed is not None:
        resumed.check_data(resuming.data_hash(regions))
    held_out = hold_out(regions, rng)
    seen = [
        _without(region, mask) for region, mask in zip(regions, held_out, strict=True)
    ]
    sampler = PatchSampler(seen, plan.patch_size, len(material.ids), rng)
    previews = Previews(material.examples, material.ids, ctx)
    # The window draws at the same time, and wants the processors too.
    with one_thread_per_lane(compute):
        instant = _instant(seen, sampler, material, options.seed)
        if material.start is None:
            previews.show(instant.probabilities, "instant")
    network = _network(material, options.seed)
    networks.place(network, plan, compute.device)
    teachings = _teach(instant, seen, compute, ctx)
    prior = prior_logits(seen, teachings, len(material.ids))
    if material.start is not None:
        teachings = []  # The network knows more than the instant classifier.
    max_steps = options.max_epochs * plan.steps_per_epoch or None
    budget = Budget(options.max_seconds, max_steps, started)
    checkpoint = Checkpoint(
        job.out, _card_of(job, material), _unfinished_of(job, regions)
    )
    if resumed is not None:
        for record in resumed.history:
            ctx.emit(EpochEnd(best=False, **record.model_dump()))
    trained = fit(
        network,
        Objective(
            seen,
            teachings,
            prior,
            sampler,
            plan,
            loss=LOSSES[options.loss],
            augment=options.augment,
            compute=compute,
            rng=rng,
        ),
        Validation(regions, held_out, plan.patch_size, rng),
        previews,
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
    return TrainResult(
        model=job.out,
        plan=plan,
        classes=card.classes,
        epochs=trained.epochs,
        steps=trained.steps,
        seconds=budget.seconds,
        dice=card.scores["dice"],
        stopped=trained.stopped,
    )


def _without(region: Region, held_out: torch.Tensor) -> Region:
    return Region(region.image, region.target.masked_fill(held_out, IGNORED))


def _network(material: Material, seed: int) -> nn.Module:
    """Return the network to train, with random weights or those started from."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if material.start is None:
            described = networks.architecture(material.plan, len(material.ids))
            return networks.build(described)
        card, source = material.start
        network = networks.build(_with_classes(card, len(material.ids)))
    ids = [info.id for info in card.classes]
    weights.transfer(source, network, ids, material.ids)
    return network


def _with_classes(card: ModelCard, classes: int) -> dict[str, object]:
    arguments = {**card.architecture["arguments"], "out_channels": classes}
    return {**card.architecture, "arguments": arguments}


def _instant(
    regions: Sequence[Region], sampler: PatchSampler, material: Material, seed: int
) -> InstantClassifier:
    """Train the instant classifier on all regions, or on patches if they are many."""
    patch_size = material.plan.patch_size
    if sum(region.target.numel() for region in regions) > _INSTANT_PIXELS:
        patches = [
            sampler.draw() for _ in range(_INSTANT_PIXELS // int(np.prod(patch_size)))
        ]
        regions = [
            Region(
                cut(regions[patch.region].image, patch, patch_size),
                cut(regions[patch.region].target, patch, patch_size),
            )
            for patch in patches
        ]
    generator = torch.Generator().manual_seed(seed)
    return InstantClassifier.fit(regions, len(material.ids), generator)


def _teach(
    instant: InstantClassifier,
    regions: Sequence[Region],
    compute: Compute,
    ctx: JobContext,
) -> list[torch.Tensor]:
    """Return what the instant classifier says of each region."""

    def one(region: Region) -> torch.Tensor:
        ctx.check_cancelled()
        return instant.probabilities(region.image).half()

    with one_thread_per_lane(compute), ThreadPoolExecutor(compute.lanes) as pool:
        return list(pool.map(one, regions))


def _unfinished_of(
    job: TrainUNet, regions: Sequence[Region]
) -> Callable[[Position, Standing], Unfinished]:
    """Return what makes the memory of the training, beside its tensors."""

    @functools.cache
    def data() -> str:
        return resuming.data_hash(regions)

    def unfinished_of(position: Position, standing: Standing) -> Unfinished:
        return Unfinished(
            job=resuming.origin(job),
            data=data(),
            position=position,
            standing=standing,
        )

    return unfinished_of


def _card_of(
    job: TrainUNet, material: Material
) -> Callable[[WeightsFile, Sequence[EpochRecord], EpochRecord], ModelCard]:
    """Return what makes the card of the model that is trained."""
    plan = material.plan
    described = (
        networks.architecture(plan, len(material.ids))
        if material.start is None
        else _with_classes(material.start[0], len(material.ids))
    )
    facts = {
        "loss": job.training.loss,
        "seed": str(job.training.seed),
        "images": ", ".join(ref.path.name for ref in job.images[:20]),
    }
    if job.start_from is not None:
        facts["started from"] = job.start_from.name

    def card_of(
        file: WeightsFile, history: Sequence[EpochRecord], best: EpochRecord
    ) -> ModelCard:
        return ModelCard(
            name=job.name or job.out.name,
            created=datetime.now(UTC),
            package_version=napari_segsuite.__version__,
            plan=plan,
            architecture=described,
            classes=material.table,
            axes=job.images[0].axes,
            spacing=job.images[0].spacing,
            weights=file,
            history=tuple(history),
            scores={"dice": best.dice, "epoch": float(best.epoch)},
            provenance=facts,
        )

    return card_of
