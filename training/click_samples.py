"""Objects to click: crops of real images and of scenes, changed at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from nuclei_set import KINDS, read_split
from numpy.typing import NDArray
from scenes import scene
from scipy import ndimage
from torch.nn import functional

from napari_segsuite.engine.prompting.click.crop import Window, normalised
from napari_segsuite.engine.prompting.click.network import EDGE


@dataclass(frozen=True)
class Picture:
    """An image whose objects are known."""

    name: str
    image: NDArray[np.uint8]
    """Shape (1, Y, X) or (3, Y, X)."""
    labels: tuple[NDArray[np.uint16], ...]
    """Instance ids, (Y, X), 0 = none; each array may say something else."""
    boxes: tuple[tuple[tuple[int, int, int, int, int], ...], ...] = field(repr=False)
    """For each array of labels: (id, y0, x0, y1, x1) of its objects."""


@dataclass(eq=False)
class Sample:
    """A crop with the object meant."""

    crop: torch.Tensor
    """Shape (3, EDGE, EDGE), evened out; the image's rim goes on beyond it."""
    truth: NDArray[np.bool_]
    """The object, (EDGE, EDGE)."""
    covered: torch.Tensor
    """Which pixels show the image: bool, (EDGE, EDGE)."""

    @property
    def shown(self) -> torch.Tensor:
        """The crop as the network sees it: 0 beyond the image."""
        return self.crop * self.covered


def picture(
    name: str, image: NDArray[np.uint8], labels: Sequence[NDArray[np.uint16]]
) -> Picture:
    """Return a picture with the boxes of its objects, the smallest ones left out."""
    return Picture(name, image, tuple(labels), tuple(_boxes(each) for each in labels))


def read_nuclei(folder: Path, split: str) -> dict[str, list[Picture]]:
    """Read a split of the nuclei set, by kind, in the order of the ids."""
    found: dict[str, list[Picture]] = {kind: [] for kind in KINDS}
    for one in read_split(folder, split):
        channels = (
            one.image[None] if one.image.ndim == 2 else one.image.transpose(2, 0, 1)
        )
        ready = picture(one.name, np.ascontiguousarray(channels), [one.labels])
        found[one.kind].append(ready)
    return found


def draw_scenes(seed: int, count: int) -> list[Picture]:
    """Draw scenes; the same seed gives the same ones."""
    drawn = []
    for number in range(count):
        made = scene(np.random.default_rng([seed, number]))
        ready = picture(f"scene {number}", made.image, made.labels)
        if any(ready.boxes):
            drawn.append(ready)
    return drawn


def sample(picture: Picture, rng: np.random.Generator) -> Sample | None:
    """Return a random object in a random crop; None if nothing is left of it."""
    which = int(rng.choice([i for i, boxes in enumerate(picture.boxes) if boxes]))
    number, y0, x0, y1, x1 = picture.boxes[which][
        rng.integers(len(picture.boxes[which]))
    ]
    extent = max(y1 - y0, x1 - x0)
    wanted = float(np.clip(np.exp(rng.normal(np.log(34), 0.65)), 7, 220))
    side = int(np.clip(round(extent * EDGE / wanted), 12, 1600))
    loose = 0.5 * extent * rng.random() + (0.12 * side if rng.random() < 0.3 else 0)
    y = (y0 + y1 - 1) / 2 + loose * rng.uniform(-1, 1)
    x = (x0 + x1 - 1) / 2 + loose * rng.uniform(-1, 1)
    window = Window.around(y, x, side)
    rows, columns = window.inside(picture.labels[which].shape)
    image = torch.from_numpy(picture.image[:, rows, columns]).float() / 255
    meant = torch.from_numpy(picture.labels[which][rows, columns] == number).float()
    if not image.numel():
        return None
    image = normalised(_changed(image, side / EDGE, rng))
    truth = window.place(meant, (rows.start, columns.start)) > 0.5
    crop = window.show(image, (rows.start, columns.start)).expand(3, -1, -1)
    covered = window.covered(picture.labels[which].shape)
    turns, flip = int(rng.integers(4)), rng.random() < 0.5
    crop, truth, covered = (
        torch.rot90(each, turns, (-2, -1)) for each in (crop, truth, covered)
    )
    if flip:
        crop, truth, covered = (each.flip(-1) for each in (crop, truth, covered))
    crop = _noisy(crop, rng)
    mask = truth.numpy()
    if mask.sum() < 12:
        return None
    return Sample(crop.contiguous(), mask.copy(), covered.contiguous())


def _boxes(labels: NDArray[np.uint16]) -> tuple[tuple[int, int, int, int, int], ...]:
    counts = np.bincount(labels.ravel())
    return tuple(
        (number, box[0].start, box[1].start, box[0].stop, box[1].stop)
        for number, box in enumerate(ndimage.find_objects(labels), 1)
        if box is not None and counts[number] >= 16
    )


def _changed(
    image: torch.Tensor, coarseness: float, rng: np.random.Generator
) -> torch.Tensor:
    """Change light, contrast, colour and sharpness; `coarseness`: pixels per pixel."""
    if len(image) == 3:
        if rng.random() < 0.25:
            weights = torch.from_numpy(rng.dirichlet(np.ones(3))).float()
            image = (weights[:, None, None] * image).sum(0, keepdim=True)
        elif rng.random() < 0.6:
            mix = (
                torch.eye(3) + 0.12 * torch.from_numpy(rng.normal(size=(3, 3))).float()
            )
            image = torch.einsum("ab,bhw->ahw", mix, image)
            if rng.random() < 0.15:
                image = image[torch.from_numpy(rng.permutation(3))]
    elif rng.random() < 0.2:
        colour = torch.from_numpy(rng.normal(0, 1, (3, 1, 1))).float()
        image = colour * image + torch.from_numpy(rng.normal(0, 0.5, (3, 1, 1))).float()
    low, high = image.min(), image.max()
    image = (image - low) / (high - low).clamp_min(1e-3)
    if rng.random() < 0.25:
        image = 1 - image
    if rng.random() < 0.6:
        image = image ** float(np.exp(rng.normal(0, 0.4)))
    if rng.random() < 0.15:
        image = image.clamp(float(rng.uniform(0, 0.2)), float(rng.uniform(0.5, 1)))
    if rng.random() < 0.2:
        height, width = image.shape[1:]
        ramp = torch.linspace(-1, 1, height)[:, None] * rng.normal(0, 0.3)
        ramp = ramp + torch.linspace(-1, 1, width) * rng.normal(0, 0.3)
        image = image + ramp.float()
    if rng.random() < 0.3:
        image = _blurred(image, coarseness * float(rng.uniform(0.4, 2.5)))
    return image


def _blurred(image: torch.Tensor, width: float) -> torch.Tensor:
    if width < 0.3:
        return image
    reach = int(np.ceil(2.5 * width))
    bell = torch.exp(-(torch.arange(-reach, reach + 1) ** 2) / (2 * width**2))
    bell = bell / bell.sum()
    columns = functional.pad(image[:, None], (reach, reach, 0, 0), mode="replicate")
    image = functional.conv2d(columns, bell[None, None, None])
    rows = functional.pad(image, (0, 0, reach, reach), mode="replicate")
    return functional.conv2d(rows, bell[None, None, :, None])[:, 0]


def _noisy(crop: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    if rng.random() < 0.5:
        return crop
    coarse = int(rng.choice([1, 1, 2, 4]))
    channels = 1 if torch.equal(crop[0], crop[1]) else 3
    noise = torch.from_numpy(
        rng.normal(size=(channels, EDGE // coarse, EDGE // coarse)).astype(np.float32)
    )
    if coarse > 1:
        noise = functional.interpolate(
            noise[None], (EDGE, EDGE), mode="bilinear", align_corners=False
        )[0]
    return crop + noise * float(np.exp(rng.uniform(np.log(0.03), np.log(0.8))))
