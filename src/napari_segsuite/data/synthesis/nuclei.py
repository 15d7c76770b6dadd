"""Touching nuclei in fluorescence, in two or three dimensions.

Nuclei are bumpy ellipsoids of uneven brightness, in clusters whose members press
against each other. The picture is blurred by the optics, sits on a haze, and carries
the noise of photons and of the camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FloatArray = NDArray[np.float64]

_BUMPS = 0.12
_CLUSTERED = 0.65
_TRIES = 60


@dataclass(frozen=True, slots=True)
class Nucleus:
    """Where a nucleus lies and how it is turned; lengths in micrometre."""

    centre: FloatArray
    radii: FloatArray
    """Half axes."""
    turn: FloatArray
    """Rotation matrix."""


def nuclei(
    rng: np.random.Generator,
    shape: Sequence[int],
    spacing: Sequence[float],
    *,
    count: int,
    radius: float = 4.0,
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Draw a picture of nuclei, some of which touch.

    Parameters
    ----------
    rng : numpy.random.Generator
        The randomness.
    shape : sequence of int
        Shape of the picture, 2D or 3D.
    spacing : sequence of float
        Micrometre per pixel of each axis.
    count : int
        Nuclei to place; a few fewer if there is no room.
    radius : float, optional
        Their mean radius in micrometre.

    Returns
    -------
    image : ndarray of uint16, shape `shape`
        Counts of a camera.
    labels : ndarray of uint16, shape `shape`
        0 is background, each nucleus has its own id, ascending without gaps; each is
        one connected piece.
    """
    step = np.asarray(spacing, float)
    extent = np.asarray(shape) * step
    labels = np.zeros(shape, np.uint16)
    nearest = np.full(shape, 1.0)
    for nucleus in _place(rng, extent, count, radius):
        _draw(rng, nucleus, step, labels, nearest)
    labels = _whole(labels)
    return _expose(rng, labels, nearest, step), labels


def _place(
    rng: np.random.Generator, extent: FloatArray, count: int, radius: float
) -> list[Nucleus]:
    ndim = len(extent)
    placed: list[Nucleus] = []
    for _ in range(count):
        radii = radius * rng.uniform(0.75, 1.3) * rng.uniform(0.8, 1.2, ndim)
        turn = np.linalg.qr(rng.normal(size=(ndim, ndim)))[0]
        for _ in range(_TRIES):
            centre = rng.uniform(0.02, 0.98, ndim) * extent
            if placed and rng.random() < _CLUSTERED:
                other = placed[rng.integers(len(placed))]
                way = rng.normal(size=ndim)
                reach = radii.mean() + other.radii.mean()
                centre = other.centre + way / np.linalg.norm(way) * 0.92 * reach
            if np.all((centre > 0) & (centre < extent)) and all(
                np.linalg.norm(centre - other.centre)
                > 0.85 * (radii.mean() + other.radii.mean())
                for other in placed
            ):
                placed.append(Nucleus(centre, radii, turn))
                break
    return placed


def _draw(
    rng: np.random.Generator,
    nucleus: Nucleus,
    step: FloatArray,
    labels: NDArray[np.uint16],
    nearest: FloatArray,
) -> None:
    """Give a nucleus the pixels that are nearer to it than to those drawn before."""
    reach = nucleus.radii.max() * (1 + 3 * _BUMPS)
    low = np.maximum(np.floor((nucleus.centre - reach) / step), 0).astype(int)
    high = np.minimum(np.ceil((nucleus.centre + reach) / step) + 1, labels.shape)
    box = tuple(slice(a, int(b)) for a, b in zip(low, high, strict=True))
    grid = np.moveaxis(np.indices(labels[box].shape), 0, -1) + low
    grid = grid * step - nucleus.centre
    distance = np.linalg.norm(grid @ nucleus.turn / nucleus.radii, axis=-1)
    distance *= 1 + _BUMPS * _clouds(rng, distance.shape, nucleus.radii.mean() / step)
    closer = distance < nearest[box]
    nearest[box][closer] = distance[closer]
    labels[box][closer] = labels.max() + 1


def _whole(labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Keep the largest piece of each nucleus; drop crumbs, close gaps in the ids."""
    result = np.zeros_like(labels)
    drawn = 0
    boxes = ndimage.find_objects(labels)
    for number in np.unique(labels[labels > 0]):
        box = boxes[number - 1]
        pieces, found = ndimage.label(labels[box] == number)
        sizes = np.bincount(pieces.ravel(), minlength=found + 1)[1:]
        if sizes.max() >= 12:
            drawn += 1
            result[box][pieces == sizes.argmax() + 1] = drawn
    return result


def _expose(
    rng: np.random.Generator,
    labels: NDArray[np.uint16],
    nearest: FloatArray,
    step: FloatArray,
) -> NDArray[np.uint16]:
    brightness = np.concatenate([[0.0], rng.lognormal(6.6, 0.4, int(labels.max()))])
    light = brightness[labels]
    # Chromatin: coarse and fine clumps, and a rim that is thinner than the middle.
    light *= 1 + 0.25 * _clouds(rng, labels.shape, 1.2 / step)
    light *= 1 + 0.15 * _clouds(rng, labels.shape, 0.5 / step)
    light *= 1.15 - 0.45 * np.clip(nearest, 0, 1) ** 2
    # Wider along the optical axis than across it.
    width = np.array([0.9, 0.35, 0.35])[-labels.ndim :] / step
    sharp = ndimage.gaussian_filter(light, width)
    haze = ndimage.gaussian_filter(light, 5.0 / step)
    ground = 90 + 25 * _clouds(rng, labels.shape, 20.0 / step)
    photons = rng.poisson(np.clip(0.85 * sharp + 0.25 * haze + ground, 1, None))
    counts = photons + rng.normal(100, 6, labels.shape)
    exposed: NDArray[np.uint16] = np.clip(np.rint(counts), 0, 65_535).astype(np.uint16)
    return exposed


def _clouds(rng: np.random.Generator, shape: Sequence[int], width: Any) -> FloatArray:
    """Return smooth noise of mean 0 and standard deviation 1."""
    noise = ndimage.gaussian_filter(rng.normal(size=shape), width, mode="wrap")
    spread = float(noise.std()) or 1.0
    clouds: FloatArray = (noise - noise.mean()) / spread
    return clouds
