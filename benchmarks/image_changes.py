"""What is done to images to see how robust a model is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from nuclei_objects import Picture
from numpy.typing import NDArray
from scipy import ndimage
from skimage import transform


def inverted(image: NDArray) -> NDArray:
    """Return an image of 8 bits with bright and dark exchanged."""
    return 255 - image


def in_12_bits(image: NDArray) -> NDArray:
    """Return an image of 8 bits in the range of a 12-bit camera, as uint16."""
    return 200 + image.astype(np.uint16) * 12


def noisy(image: NDArray, rng: np.random.Generator) -> NDArray:
    """Add noise with a standard deviation of 15 % of the range in use."""
    low, high = np.percentile(image, (0.1, 99.9))
    return image + rng.normal(0, 0.15 * (high - low), image.shape)


def blurred(image: NDArray) -> NDArray:
    """Blur the last two axes by 2 pixels."""
    sigmas = (*(0,) * (image.ndim - 2), 2, 2)
    blurry: NDArray = ndimage.gaussian_filter(image.astype(np.float32), sigmas)
    return blurry


def resized(image: NDArray, shape: tuple[int, int]) -> NDArray:
    """Return an image whose last two axes have another size, float32."""
    changed: NDArray = transform.resize(
        image.astype(np.float32), (*image.shape[:-2], *shape), order=1
    )
    return changed


def new_shape(shape: tuple[int, ...], factor: float) -> tuple[int, int]:
    """Return the size (Y, X) of a plane of another scale."""
    y, x = (max(1, round(n * factor)) for n in shape)
    return y, x


def _resized(picture: Picture, factor: float) -> Picture:
    shape = new_shape(picture.labels.shape, factor)
    labels = transform.resize(
        picture.labels, shape, order=0, preserve_range=True, anti_aliasing=False
    )
    return _with(picture, resized(picture.image, shape), labels.astype(np.uint16))


def _with(
    picture: Picture, image: NDArray, labels: NDArray[np.uint16] | None = None
) -> Picture:
    return replace(
        picture,
        image=image,
        colours=image,
        labels=picture.labels if labels is None else labels,
    )


PICTURE_CHANGES: dict[str, Callable[[Picture, np.random.Generator], Picture]] = {
    "as it is": lambda one, rng: one,
    "half the size": lambda one, rng: _resized(one, 0.5),
    "double the size": lambda one, rng: _resized(one, 2.0),
    "inverted": lambda one, rng: _with(one, inverted(one.image)),
    "12 bits of 16": lambda one, rng: _with(one, in_12_bits(one.image)),
    "strong noise": lambda one, rng: _with(one, noisy(one.image, rng)),
    "blurred, 2 pixels": lambda one, rng: _with(one, blurred(one.image)),
}
"""Changes of grey pictures. Where one is halved, nuclei without a pixel are gone."""
