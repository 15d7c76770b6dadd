"""A CT-like volume: a trunk with lungs, liver, kidneys, spine and aorta."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.classes import ClassInfo, ClassTable


class _Organ(NamedTuple):
    label: int
    hounsfield: float
    ellipsoids: tuple[
        tuple[tuple[float, float, float], tuple[float, float, float]], ...
    ]
    """Centre and half axes along z, y, x, in parts of the volume."""


# Where they lie in the trunk, seen from the feet; later ones cover earlier ones.
_ORGANS = (
    _Organ(
        2,
        -830.0,
        (
            ((0.16, 0.47, 0.29), (0.46, 0.26, 0.16)),
            ((0.14, 0.48, 0.71), (0.44, 0.25, 0.15)),
        ),
    ),
    _Organ(3, 110.0, (((0.60, 0.44, 0.33), (0.25, 0.22, 0.22)),)),
    _Organ(
        4,
        180.0,
        (
            ((0.80, 0.64, 0.33), (0.16, 0.075, 0.065)),
            ((0.76, 0.64, 0.67), (0.16, 0.075, 0.065)),
        ),
    ),
    _Organ(5, 380.0, (((0.50, 0.76, 0.50), (4.00, 0.075, 0.065)),)),
    _Organ(6, 230.0, (((0.50, 0.63, 0.53), (4.00, 0.035, 0.032)),)),
)

CLASSES: ClassTable = (
    ClassInfo(id=1, name="background", color="#999999", thing=False),
    ClassInfo(id=2, name="lung", color="#56B4E9"),
    ClassInfo(id=3, name="liver", color="#D55E00"),
    ClassInfo(id=4, name="kidney", color="#009E73"),
    ClassInfo(id=5, name="spine", color="#F0E442"),
    ClassInfo(id=6, name="aorta", color="#CC79A7"),
)
"""The classes of the labels."""


def ct(
    rng: np.random.Generator, shape: tuple[int, int, int] = (32, 96, 112)
) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Draw a CT-like volume.

    Parameters
    ----------
    rng : numpy.random.Generator
        The randomness: organs are warped and shifted a little.
    shape : (int, int, int), optional
        Its shape along z, y, x.

    Returns
    -------
    image : ndarray of int16
        Hounsfield units.
    labels : ndarray of uint8
        Ids of `CLASSES`.
    """
    place = np.stack(
        [
            (np.indices(shape)[axis] + 0.5) / shape[axis] + 0.018 * _warp(rng, shape)
            for axis in range(3)
        ]
    )
    tissue = np.full(shape, -1000.0)
    labels = np.ones(shape, np.uint8)
    tissue[_ellipsoid(place, (0.5, 0.5, 0.5), (9.0, 0.42, 0.47))] = -100.0
    tissue[_ellipsoid(place, (0.5, 0.5, 0.5), (9.0, 0.38, 0.43))] = 45.0
    for organ in _ORGANS:
        for centre, half in organ.ellipsoids:
            moved = np.add(centre, rng.normal(0, 0.008, 3))
            inside = _ellipsoid(place, moved, half)
            tissue[inside] = organ.hounsfield + rng.normal(0, 8)
            labels[inside] = organ.label
    # Marrow is softer than the bone around it.
    marrow = ndimage.binary_erosion(labels == 5, iterations=2)
    tissue[marrow] -= 180
    blurred = ndimage.gaussian_filter(tissue, (0.5, 0.7, 0.7))
    noise = ndimage.gaussian_filter(rng.normal(size=shape), (0, 0.6, 0.6))
    noisy = blurred + 22 * noise / noise.std()
    image = np.clip(np.rint(noisy), -1024, 3071).astype(np.int16)
    return image, labels


def _ellipsoid(
    place: NDArray[np.float64],
    centre: NDArray[np.float64] | tuple[float, float, float],
    half: tuple[float, float, float],
) -> NDArray[np.bool_]:
    distance = sum(
        ((at - c) / h) ** 2 for at, c, h in zip(place, centre, half, strict=True)
    )
    inside: NDArray[np.bool_] = np.less(distance, 1.0)
    return inside


def _warp(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    noise = ndimage.gaussian_filter(rng.normal(size=shape), [n / 8 for n in shape])
    warp: NDArray[np.float64] = noise / noise.std()
    return warp
