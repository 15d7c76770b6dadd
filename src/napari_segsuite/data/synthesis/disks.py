"""Noisy disks on an uneven ground: the shapes set of textbooks, which labels itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BACKGROUND, DISK = 1, 2
"""The class ids."""


def disks(
    rng: np.random.Generator, count: int = 8, size: int = 128
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw pictures of bright and dim disks in noise.

    Parameters
    ----------
    rng : numpy.random.Generator
        The randomness.
    count : int, optional
        How many pictures.
    size : int, optional
        Their edge in pixels.

    Returns
    -------
    images : ndarray of uint8, shape (count, size, size)
    labels : ndarray of uint8, same shape
        `DISK` where the centre of a pixel lies in a disk, `BACKGROUND` elsewhere.
    """
    images = np.empty((count, size, size), np.uint8)
    labels = np.full(images.shape, BACKGROUND, np.uint8)
    y, x = np.mgrid[:size, :size]
    for image, label in zip(images, labels, strict=True):
        slope = rng.uniform(-30, 30, 2)
        ground = 80 + (slope[0] * y + slope[1] * x) / size
        for _ in range(rng.integers(3, 9)):
            centre = rng.uniform(0, size, 2)
            radius = rng.uniform(0.04, 0.14) * size
            inside = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2
            ground[inside] += rng.uniform(35, 70)
            label[inside] = DISK
        noisy = ground + rng.normal(0, 25, ground.shape)
        image[...] = np.clip(np.rint(noisy), 0, 255)
    return images, labels
