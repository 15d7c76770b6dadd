"""Objects to click on: the split test of the nuclei set, and what no model saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import nibabel
import numpy as np
from image_changes import blurred, in_12_bits, inverted, new_shape, noisy, resized
from numpy.typing import NDArray
from real_images import SHARED, pictures
from scipy import ndimage
from skimage import data, filters, segmentation, transform

from napari_segsuite.data.synthesis.ct import ct
from napari_segsuite.data.synthesis.disks import DISK, disks

LEAST_PIXELS = 30


@dataclass(frozen=True)
class Case:
    """One object of one image."""

    image: NDArray
    """Shape (C, Y, X), any dtype."""
    truth: NDArray[np.bool_]
    """Shape (Y, X)."""


def nuclei(split: str, kind: str, per_image: int, images: int = 1000) -> list[Case]:
    """Return at most `per_image` random objects of each image, seeded."""
    rng = np.random.default_rng(0)
    cases = []
    for picture in pictures(split, kind, images, least_objects=1):
        image = picture.image
        plane = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
        cases += _of(plane, picture.labels, rng, per_image)
    return cases


def coins() -> list[Case]:
    """Return scikit-image's coins; truth is the watershed of its own example."""
    image = data.coins()
    markers = np.zeros_like(image)
    markers[image < 30], markers[image > 150] = 1, 2
    regions = segmentation.watershed(filters.sobel(image), markers)
    labels, _ = ndimage.label(ndimage.binary_fill_holes(regions - 1))
    return [c for c in _of(image[None], labels) if c.truth.sum() > 300]


def synthetic_ct() -> list[Case]:
    """Return organs on slices of volumes from our generator, in Hounsfield units."""
    cases = []
    for seed in range(3):
        volume, labels = ct(np.random.default_rng(seed), (32, 192, 224))
        for z in (10, 20):
            parts = [ndimage.label(labels[z] == i)[0] for i in range(2, 7)]
            for part in parts:
                cases += _of(volume[z][None], part)
    return cases


def real_ct(slices: int = 6, per_slice: int = 10) -> list[Case]:
    """Return organs on axial slices of TotalSegmentator's 3 mm test volume."""
    folder = SHARED / "data" / "volumes"
    volume = nibabel.load(folder / "ct_image.nii.gz").get_fdata().T
    labels = nibabel.load(folder / "ct_labels.nii.gz").get_fdata().T.astype(int)
    rng = np.random.default_rng(0)
    cases = []
    for z in np.linspace(2, len(volume) - 3, slices).astype(int):
        parts = np.zeros(labels[z].shape, int)
        for organ in np.unique(labels[z][labels[z] > 0]):
            pieces = ndimage.label(labels[z] == organ)[0]
            parts = np.where(pieces > 0, pieces + parts.max(), parts)
        cases += _of(volume[z].astype(np.float32)[None], parts, rng, per_slice)
    return cases


def textbook_disks() -> list[Case]:
    """Return disks of our generator that touch no other."""
    cases = []
    for image, labels in zip(*disks(np.random.default_rng(0), 12), strict=True):
        cases += _of(image[None], ndimage.label(labels == DISK)[0])
    return cases


CHANGES: dict[str, Callable[[Case, np.random.Generator], Case]] = {
    "as it is": lambda case, rng: case,
    "half the size": lambda case, rng: _resized(case, 0.5),
    "double the size": lambda case, rng: _resized(case, 2.0),
    "inverted": lambda case, rng: Case(inverted(case.image), case.truth),
    "12 bits of 16": lambda case, rng: Case(in_12_bits(case.image), case.truth),
    "strong noise": lambda case, rng: Case(noisy(case.image, rng), case.truth),
    "blurred, 2 pixels": lambda case, rng: Case(blurred(case.image), case.truth),
    "grey": lambda case, rng: Case(
        case.image.mean(0, keepdims=True).astype(np.float32), case.truth
    ),
}
"""What is done to images to see how robust a model is."""


def _of(
    plane: NDArray,
    labels: NDArray,
    rng: np.random.Generator | None = None,
    most: int = 10_000,
) -> list[Case]:
    counts = np.bincount(labels.ravel())
    ids = [i for i in range(1, len(counts)) if counts[i] >= LEAST_PIXELS]
    if rng is not None:
        ids = rng.permutation(ids)[:most].tolist()
    return [Case(plane, labels == i) for i in ids]


def _resized(case: Case, factor: float) -> Case:
    shape = new_shape(case.truth.shape, factor)
    truth = transform.resize(case.truth.astype(np.float32), shape, order=1) > 0.5
    return Case(resized(case.image, shape), truth)
