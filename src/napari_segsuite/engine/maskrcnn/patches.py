"""Patches of scenes as the network sees them, with boxes and masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional

from napari_segsuite.engine.augmentation import Variation
from napari_segsuite.engine.maskrcnn.scenes import Scene

# Of an object that is cut by the patch, so much must be left to be looked for.
_LEAST_LEFT = 0.25


@dataclass(frozen=True, slots=True)
class Crop:
    """Where a patch lies in a scene."""

    scene: int
    """Index of the scene."""
    corner: tuple[int, int]
    """First pixel in y and x."""
    extent: tuple[int, int]
    """Pixels in y and x; beyond the scene's rim there is nothing."""


@dataclass(frozen=True, slots=True)
class Patch:
    """What a patch holds."""

    image: torch.Tensor
    """float32, shape (channels, y, x)."""
    labels: torch.Tensor
    """The scene's numbers of objects; int32, shape (y, x)."""


def cut(scene: Scene, crop: Crop, size: tuple[int, int]) -> Patch:
    """Cut a patch out of a scene and bring it to a size.

    Parameters
    ----------
    scene : Scene
        The scene.
    crop : Crop
        Where.
    size : (int, int)
        Rows and columns of the patch.

    Returns
    -------
    Patch
        Intensities are interpolated linearly, labels are the nearest; 0 beyond the
        scene.
    """
    (top, left), (rows, columns) = crop.corner, crop.extent
    image = scene.image[:, top : top + rows, left : left + columns]
    labels = scene.labels[top : top + rows, left : left + columns]
    inner = (
        max(1, round(labels.shape[0] * size[0] / rows)),
        max(1, round(labels.shape[1] * size[1] / columns)),
    )
    if inner != tuple(labels.shape):
        image = functional.interpolate(
            image[None],
            size=inner,
            mode="bilinear",
            antialias=inner[0] < labels.shape[0],
        )[0]
        labels = labels[_nearest(labels.shape[0], inner[0])]
        labels = labels[:, _nearest(labels.shape[1], inner[1])]
    ends = (0, size[1] - inner[1], 0, size[0] - inner[0])
    return Patch(functional.pad(image, ends), functional.pad(labels, ends))


def targets_of(
    labels: torch.Tensor,
    classes: torch.Tensor,
    areas: torch.Tensor | None = None,
) -> dict[str, torch.Tensor]:
    """Return the objects of a patch as torchvision wants them.

    Boxes are (x, y, x, y) of the edges of pixels: an object of one pixel at the origin
    has the box 0, 0, 1, 1, so that none is without width.

    Parameters
    ----------
    labels : int32 torch.Tensor, shape (y, x)
        Numbers of objects from 1 on; 0 is nothing.
    classes : int64 torch.Tensor, shape (objects,)
        Class of each object.
    areas : float32 torch.Tensor, shape (objects,), optional
        How many pixels each would have if nothing were cut; objects of which less
        than a quarter is left are left out. None keeps all.

    Returns
    -------
    dict
        boxes (float32, (n, 4)), labels (int64, (n,)) and masks (uint8, (n, y, x)).
    """
    values = labels.numpy()
    windows: list[Any] = ndimage.find_objects(values)
    boxes: list[tuple[int, int, int, int]] = []
    numbers: list[int] = []
    for number, window in enumerate(windows, start=1):
        if window is None:
            continue
        rows, columns = window
        if areas is not None:
            left = np.count_nonzero(values[window] == number)
            if left < _LEAST_LEFT * float(areas[number - 1]):
                continue
        boxes.append((columns.start, rows.start, columns.stop, rows.stop))
        numbers.append(number)
    chosen = torch.tensor(numbers, dtype=torch.int64)
    return {
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": classes[chosen - 1],
        "masks": (labels[None] == chosen[:, None, None]).to(torch.uint8),
    }


class Cropper:
    """Draws crops around objects.

    Crowded scenes are seen more often than others, by the root of how many objects
    they have: one with hundreds must not be all that is learned.

    Parameters
    ----------
    scenes : sequence of Scene
        The scenes.
    size : (int, int)
        Rows and columns of a patch.
    scale : float
        Pixels of a patch per pixel of a scene.
    rng : numpy.random.Generator
        The randomness.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        size: tuple[int, int],
        scale: float,
        rng: np.random.Generator,
    ) -> None:
        self._rng = rng
        self._size = size
        self._scale = scale
        self._shapes = [tuple(scene.labels.shape) for scene in scenes]
        self._centres = [scene.centres for scene in scenes]
        self._classes: list[list[NDArray[np.int64]]] = [
            [
                np.flatnonzero(scene.classes.numpy() == i)
                for i in np.unique(scene.classes)
            ]
            for scene in scenes
        ]
        counts = np.array([len(centres) for centres in self._centres])
        weights = np.sqrt(np.maximum(counts, 1))
        self._chances = weights / weights.sum()
        self._chances_with = np.where(counts > 0, weights, 0.0)
        self._chances_with /= self._chances_with.sum()

    def draw(self, zoom: float, *, with_object: bool) -> Crop:
        """Draw a crop.

        Parameters
        ----------
        zoom : float
            Factor by which things are enlarged, beside the scale.
        with_object : bool
            Whether there must be an object in it.
        """
        chances = self._chances_with if with_object else self._chances
        number = int(self._rng.choice(len(chances), p=chances))
        shape = self._shapes[number]
        extent = tuple(max(1, round(n / (self._scale * zoom))) for n in self._size)
        classes = self._classes[number]
        if classes:
            members = classes[self._rng.integers(len(classes))]
            centre = self._centres[number][members[self._rng.integers(len(members))]]
        else:
            centre = self._rng.random(2) * shape
        corner = [
            int(np.clip(place - self._rng.random() * n, 0, max(0, size - n)))
            for place, n, size in zip(centre, extent, shape, strict=True)
        ]
        return Crop(number, (corner[0], corner[1]), (extent[0], extent[1]))


def turned(patch: Patch, variation: Variation) -> Patch:
    """Return a patch with a variation's geometry and intensities."""
    image = variation.turn(patch.image)
    return Patch(variation.shade(image), variation.turn(patch.labels).contiguous())


def _nearest(size: int, wanted: int) -> torch.Tensor:
    """Return for each of `wanted` pixels the one of `size` pixels below its middle."""
    return ((torch.arange(wanted) + 0.5) * (size / wanted)).long().clamp_(max=size - 1)
