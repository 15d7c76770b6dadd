"""Which patches a training step sees, at which size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.objects.meeting import meeting_of
from napari_segsuite.engine.objects.regions import ObjectRegion
from napari_segsuite.engine.objects.targets import UNKNOWN

# Part of the patches that are drawn around an object; others lie anywhere.
_AROUND_OBJECTS = 0.7


@dataclass(frozen=True, slots=True)
class ScaledPatch:
    """Where a patch lies, and what it is enlarged from."""

    region: int
    """Index of the region."""
    corner: tuple[int, ...]
    """First pixel per axis; it may lie outside, where images are mirrored."""
    shape: tuple[int, ...]
    """Pixels of the region that become the patch."""


@dataclass(frozen=True, slots=True)
class PatchValues:
    """What is learned from a patch."""

    image: torch.Tensor
    """float32, shape (channels, *patch)."""
    foreground: torch.Tensor
    """int64, shape (*patch); -1 is ignored."""
    distance: torch.Tensor
    """float32, shape (*patch); -1 is not known."""
    meeting: torch.Tensor
    """Where objects meet (`meeting.meeting_of`); bool, shape (*patch)."""


class ObjectSampler:
    """Draws patches around objects, and some anywhere.

    Images with many objects are drawn more often, but not as often as they have more:
    they hold much that is alike.

    Parameters
    ----------
    regions : sequence of ObjectRegion
        What is annotated, without what is held out.
    patch_size : tuple of int
        Size of the patches.
    rng : numpy.random.Generator
        The randomness.
    """

    def __init__(
        self,
        regions: Sequence[ObjectRegion],
        patch_size: tuple[int, ...],
        rng: np.random.Generator,
    ) -> None:
        self._patch_size = patch_size
        self._rng = rng
        self._regions = regions
        self._centres = [_learned(region) for region in regions]
        # One more, so that images without objects are seen too.
        often = np.sqrt([len(boxes) + 1 for boxes in self._centres])
        self._shares = often / often.sum()

    def draw(self, scale: float = 1.0) -> ScaledPatch:
        """Draw a patch that shows things `scale` times as large as they are."""
        rng = self._rng
        number = int(rng.choice(len(self._regions), p=self._shares))
        region, boxes = self._regions[number], self._centres[number]
        shape = tuple(max(1, round(edge / scale)) for edge in self._patch_size)
        size = region.foreground.shape
        if len(boxes) and rng.random() < _AROUND_OBJECTS:
            first, last = boxes[rng.integers(len(boxes))]
            centre = rng.integers(first, last + 1)
        else:
            centre = rng.integers(0, size)
        corner = [
            int(place - rng.integers(edge))
            for place, edge in zip(centre, shape, strict=True)
        ]
        return ScaledPatch(
            number,
            tuple(
                min(max(c, min(0, n - edge)), max(0, n - edge))
                for c, n, edge in zip(corner, size, shape, strict=True)
            ),
            shape,
        )

    def read(self, patch: ScaledPatch) -> PatchValues:
        """Return the values of a patch, resampled to the patch size.

        Intensities are interpolated, and averaged where many pixels become few;
        targets are those of the nearest pixel, since relative distances stay as they
        are when things grow.
        """
        region = self._regions[patch.region]
        image = region.image
        for axis, (start, edge) in enumerate(
            zip(patch.corner, patch.shape, strict=True), start=1
        ):
            image = _taken(image, axis, _mirrored(start, edge, image.shape[axis]))
        targets = [region.foreground, region.distance, region.labels]
        outside = torch.zeros(self._patch_size, dtype=torch.bool)
        for axis, (start, edge, size) in enumerate(
            zip(patch.corner, patch.shape, self._patch_size, strict=True)
        ):
            places = start + ((np.arange(size) + 0.5) * edge / size).astype(np.int64)
            length = region.foreground.shape[axis]
            beyond = torch.from_numpy((places < 0) | (places >= length))
            along = [-1 if i == axis else 1 for i in range(len(self._patch_size))]
            outside |= beyond.view(along)
            inside = np.clip(places, 0, length - 1)
            targets = [_taken(values, axis, inside) for values in targets]
        return PatchValues(
            _resized(image, self._patch_size),
            targets[0].long().masked_fill(outside, IGNORED),
            targets[1].float().masked_fill(outside, UNKNOWN),
            meeting_of(targets[2]),
        )


def _learned(region: ObjectRegion) -> NDArray[np.int64]:
    """Return the boxes of objects that are not held out."""
    kept = [bool((region.foreground[_window(box)] == 1).any()) for box in region.boxes]
    return region.boxes[kept]


def _window(box: NDArray[np.int64]) -> tuple[slice, ...]:
    return tuple(slice(int(a), int(b) + 1) for a, b in box.T)


def _mirrored(start: int, edge: int, length: int) -> NDArray[np.int64]:
    """Return pixels of an axis that goes on beyond its ends as in a mirror."""
    places = np.arange(start, start + edge) % (2 * length)
    return np.where(places < length, places, 2 * length - 1 - places)


def _taken(values: torch.Tensor, axis: int, places: NDArray[Any]) -> torch.Tensor:
    first, last = int(places[0]), int(places[-1])
    if last - first == len(places) - 1 and (np.diff(places) == 1).all():
        return values.narrow(axis, first, len(places))
    return values.index_select(axis, torch.from_numpy(places))


def _resized(image: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor:
    if tuple(image.shape[1:]) == size:
        return image
    if len(size) == 2:
        found = functional.interpolate(
            image[None], size, mode="bilinear", antialias=True
        )
    else:
        found = functional.interpolate(image[None], size, mode="trilinear")
    return found[0]
