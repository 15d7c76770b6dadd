"""Parts of the annotated regions that are held out of training."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from napari_segsuite.data.frames import Window
from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.objects.regions import ObjectRegion
from napari_segsuite.engine.objects.targets import UNKNOWN
from napari_segsuite.engine.regions import cells_of

_SHARE = 0.1
# With so many regions, whole ones are held out: others are more like other images.
_MANY_REGIONS = 10
_FEWEST_OBJECTS = 8
_FEWEST_BLOCKS = 4


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A part of a region that is held out."""

    region: int
    """Index of the region."""
    window: Window
    """Where it lies."""


def hold_out(
    regions: Sequence[ObjectRegion], block: int, rng: np.random.Generator
) -> list[HeldOut]:
    """Choose about a tenth of what is annotated, or nothing where it is little.

    Regions with the same drawing are versions of one picture, and held out together.

    Parameters
    ----------
    regions : sequence of ObjectRegion
        What is annotated.
    block : int
        Pixels of a part, of which each region has several unless there are many
        regions.
    rng : numpy.random.Generator
        The randomness.
    """
    drawn = [i for i, region in enumerate(regions) if len(region.boxes)]
    if sum(len(regions[i].boxes) for i in drawn) < _FEWEST_OBJECTS:
        return []
    if len(drawn) >= _MANY_REGIONS:
        parts = [
            HeldOut(i, tuple(slice(0, n) for n in regions[i].labels.shape))
            for i in drawn
        ]
    else:
        parts = [
            HeldOut(i, window)
            for i in drawn
            for window in _blocks(regions[i], block)
            if regions[i].labels[window].any()
        ]
    if len(parts) < _FEWEST_BLOCKS:
        return []
    groups = _groups(regions, parts)
    most = max(1, round(_SHARE * len(parts)), min(map(len, groups)))
    chosen: list[list[HeldOut]] = []
    for k in rng.permutation(len(groups)):
        if sum(map(len, chosen)) + len(groups[k]) <= most:
            chosen.append(groups[k])
    # One of each picture first: what is looked at may be cut short.
    turns = itertools.zip_longest(*chosen)
    return [part for turn in turns for part in turn if part is not None]


def without(
    regions: Sequence[ObjectRegion], held_out: Sequence[HeldOut]
) -> list[ObjectRegion]:
    """Return the regions with what is held out ignored."""
    kept = list(regions)
    for part in held_out:
        region = kept[part.region]
        foreground, distance = region.foreground.clone(), region.distance.clone()
        foreground[part.window] = IGNORED
        distance[part.window] = UNKNOWN
        kept[part.region] = replace(region, foreground=foreground, distance=distance)
    return [region for region in kept if bool((region.foreground != IGNORED).any())]


def _groups(
    regions: Sequence[ObjectRegion], parts: Sequence[HeldOut]
) -> list[list[HeldOut]]:
    """Return parts with the same drawing at the same place together.

    If hardly any differ, as where nothing moves through time, each is on its own.
    """
    alike: dict[object, list[HeldOut]] = {}
    for part in parts:
        region = regions[part.region]
        ends = tuple((side.start, side.stop) for side in part.window)
        drawing = (ends, tuple(region.labels.shape), region.boxes.tobytes())
        alike.setdefault(drawing, []).append(part)
    groups = list(alike.values())
    return groups if len(groups) >= _FEWEST_BLOCKS else [[part] for part in parts]


def _blocks(region: ObjectRegion, pixels: int) -> list[Window]:
    """Cut what is annotated of a region into blocks of about so many pixels."""
    known = torch.nonzero(region.foreground != IGNORED)
    first, last = known.min(0).values, known.max(0).values + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    # At least so many, that one can be held out.
    size = int(np.prod([part.stop - part.start for part in box]))
    return list(cells_of(box, max(1, min(pixels, size // (2 * _FEWEST_BLOCKS)))))
