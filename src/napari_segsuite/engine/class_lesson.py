"""Learning classes from sparse paint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.coverage import prior_logits
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.held_out import hold_out
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.instant import InstantClassifier
from napari_segsuite.engine.lesson import Prepared
from napari_segsuite.engine.losses import LOSSES
from napari_segsuite.engine.material import Material
from napari_segsuite.engine.objective import Objective
from napari_segsuite.engine.preview import Previews, by_class
from napari_segsuite.engine.regions import Region, load_regions
from napari_segsuite.engine.sampling import PatchSampler, cut
from napari_segsuite.engine.validation import Validation
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.training import TrainingOptions

# The instant classifier is at hand within a second if it sees no more than this.
_INSTANT_PIXELS = 1 << 19


class ClassLesson:
    """Painted pixels, each of a class.

    Parameters
    ----------
    material : Material
        Images, labels, classes and plan.
    options : TrainingOptions
        How to train.
    pixels : int
        About how many pixels to load.
    rng : numpy.random.Generator
        All randomness of training.
    ctx : JobContext
        Takes previews.

    Raises
    ------
    InputError
        If pixels are NaN or infinite, or cannot be read.
    """

    def __init__(
        self,
        material: Material,
        options: TrainingOptions,
        pixels: int,
        rng: np.random.Generator,
        ctx: JobContext,
    ) -> None:
        self._material = material
        self._options = options
        self._rng = rng
        self._ctx = ctx
        self._regions = load_regions(
            material.examples,
            material.plan,
            material.painted,
            material.ids,
            pixels,
            rng,
        )

    def parts(self) -> Iterator[torch.Tensor]:
        """Yield all that is learned from."""
        for region in self._regions:
            yield region.image
            yield region.target

    def prepare(self, compute: Compute) -> Prepared:
        """Choose what is held out, and show what the instant classifier says."""
        material, rng, plan = self._material, self._rng, self._material.plan
        held_out = hold_out(self._regions, rng)
        seen = [
            _without(region, mask)
            for region, mask in zip(self._regions, held_out, strict=True)
        ]
        sampler = PatchSampler(seen, plan.patch_size, len(material.ids), rng)
        previews = Previews(material.examples, by_class(material.ids), self._ctx)
        # The window draws at the same time, and wants the processors too.
        with one_thread_per_lane(compute):
            instant = _instant(seen, sampler, material, self._options.seed)
            if material.start is None:
                previews.show(instant.probabilities, "instant")
        teachings = _teach(instant, seen, compute, self._ctx)
        prior = prior_logits(seen, teachings, len(material.ids))
        if material.start is not None:
            teachings = []  # The network knows more than the instant classifier.
        goal = Objective(
            seen,
            teachings,
            prior,
            sampler,
            plan,
            loss=LOSSES[self._options.loss],
            augment=self._options.augment,
            compute=compute,
            rng=rng,
        )
        examiner = Validation(self._regions, held_out, plan.patch_size, rng)
        paint = self._paint() if material.start is not None else None
        return Prepared(goal, examiner, previews, Classifier.probabilities, paint=paint)

    def _paint(self) -> Validation | None:
        """Return what scores a network on all that is painted; None if it is much."""
        painted = [region.target != IGNORED for region in self._regions]
        rng = np.random.default_rng(self._options.seed)
        window = self._material.plan.patch_size
        scored = Validation(self._regions, painted, window, rng)
        return scored if scored.is_complete else None


def _without(region: Region, held_out: torch.Tensor) -> Region:
    return Region(region.image, region.target.masked_fill(held_out, IGNORED))


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
