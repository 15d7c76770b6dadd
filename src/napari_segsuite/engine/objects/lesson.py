"""Learning to tell objects apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.drawn_objects import classes_suspected, pieces_of
from napari_segsuite.engine.device import Compute, one_thread_per_lane
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.instant import InstantClassifier
from napari_segsuite.engine.lesson import Prepared
from napari_segsuite.engine.losses import LOSSES
from napari_segsuite.engine.material import Material
from napari_segsuite.engine.objects.held_out import hold_out, without
from napari_segsuite.engine.objects.objective import ObjectObjective
from napari_segsuite.engine.objects.regions import (
    Annotated,
    ObjectRegion,
    load_regions,
)
from napari_segsuite.engine.objects.sampling import ObjectSampler
from napari_segsuite.engine.objects.validation import ObjectValidation
from napari_segsuite.engine.objects.watershed import separate
from napari_segsuite.engine.preview import Previews
from napari_segsuite.engine.regions import Region
from napari_segsuite.jobs.base import JobContext
from napari_segsuite.jobs.events import Notice
from napari_segsuite.jobs.training import TrainingOptions
from napari_segsuite.plan.objects import ObjectReadout

_INSTANT_PIXELS = 1 << 18
# Of the pixels that an epoch learns from, so many are looked at after it: a third of
# the work, at a third of the cost each.
_LOOKED_AT = 1 / 3
# Objects of a quarter of the area of all but the smallest are noise.
_SMALL = 1.0
_NOISE = 0.25


class ObjectLesson:
    """Drawn objects.

    Parameters
    ----------
    material : Material
        Images, labels, where they are annotated, and plan.
    spacings : sequence of tuple of float or None
        Size of the pixels of each image, along its spatial axes.
    options : TrainingOptions
        How to train.
    pixels : int
        About how many pixels to load.
    rng : numpy.random.Generator
        All randomness of training.
    ctx : JobContext
        Takes previews and notices.

    Raises
    ------
    InputError
        If no object lies in what is annotated, or pixels are NaN or infinite or
        cannot be read.
    """

    def __init__(
        self,
        material: Material,
        spacings: Sequence[Spacing | None],
        options: TrainingOptions,
        pixels: int,
        rng: np.random.Generator,
        ctx: JobContext,
    ) -> None:
        self._material = material
        self._options = options
        self._rng = rng
        self._ctx = ctx
        plan = material.plan
        sources = [
            Annotated(example, boxes, _seen(spacing, plan.spacing, plan.ndim))
            for example, boxes, spacing in zip(
                material.examples, material.annotated, spacings, strict=True
            )
        ]
        self._regions = load_regions(sources, plan, pixels, rng)
        for notice in (material.notice, _suspicion(material, self._regions)):
            if notice:
                ctx.emit(Notice(message=notice))

    def parts(self) -> Iterator[torch.Tensor]:
        """Yield all that is learned from."""
        for region in self._regions:
            yield region.image
            yield region.foreground
            yield region.labels

    def prepare(self, compute: Compute) -> Prepared:
        """Choose what is held out, and show what the instant classifier says."""
        plan, rng, options = self._material.plan, self._rng, self._options
        held_out = hold_out(self._regions, 4 * prod(plan.patch_size), rng)
        seen = without(self._regions, held_out)
        sampler = ObjectSampler(seen, plan.patch_size, rng)
        readout = ObjectReadout(min_area=_smallest(self._regions))
        previews = Previews(
            self._material.examples, lambda maps: _labels_of(maps, readout), self._ctx
        )
        if self._material.start is None:
            with one_thread_per_lane(compute):
                self._show_instant(sampler, previews)
        goal = ObjectObjective(
            sampler,
            plan,
            loss=LOSSES[options.loss],
            augment=options.augment,
            compute=compute,
            rng=rng,
        )
        learned = plan.steps_per_epoch * plan.batch_size * prod(plan.patch_size)
        examiner = ObjectValidation(
            self._regions, held_out, int(_LOOKED_AT * learned), readout
        )
        return Prepared(goal, examiner, previews, Classifier.maps, readout)

    def _show_instant(self, sampler: ObjectSampler, previews: Previews) -> None:
        """Show the foreground that the instant classifier sees, each piece an object.

        Nothing is shown if patches hold objects alone: there is nothing to tell.
        """
        count = max(1, _INSTANT_PIXELS // prod(self._material.plan.patch_size))
        values = [sampler.read(sampler.draw()) for _ in range(count)]
        if not all(
            any(bool((v.foreground == i).any()) for v in values) for i in (0, 1)
        ):
            return
        instant = InstantClassifier.fit(
            [Region(value.image, value.foreground) for value in values],
            2,
            torch.Generator().manual_seed(self._options.seed),
        )

        def maps(image: torch.Tensor) -> torch.Tensor:
            foreground = instant.probabilities(image)[1]
            return torch.stack([foreground, foreground])

        previews.show(maps, "instant")


def _labels_of(maps: torch.Tensor, readout: ObjectReadout) -> NDArray[np.int32]:
    foreground, distance = maps.numpy()
    return separate(foreground, distance, readout)


def _seen(spacing: Spacing | None, wanted: Spacing | None, ndim: int) -> Spacing | None:
    """Return the size of the pixels that the network sees."""
    own = None if spacing is None else spacing[-ndim:]
    return wanted if wanted is not None and own is not None else own


def _smallest(regions: Sequence[ObjectRegion]) -> int:
    """Return the least area of what is no noise."""
    areas = np.concatenate(
        [np.bincount(region.labels.numpy().ravel())[1:] for region in regions]
    )
    return max(1, int(_NOISE * np.percentile(areas[areas > 0], _SMALL)))


def _suspicion(material: Material, regions: Sequence[ObjectRegion]) -> str:
    """Return a warning if the labels look as if ids were classes."""
    first = max(regions, key=lambda region: len(region.boxes))
    return classes_suspected(*pieces_of(first.labels.numpy()))
