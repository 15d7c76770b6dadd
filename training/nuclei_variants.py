"""Grey images to learn from: each image of the nuclei set in several versions.

What the engine varies by itself (size, gain, gamma, blur, noise) is not done here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from nuclei_set import Nuclei
from numpy.typing import NDArray

from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.data.refs import ArrayRef

# Training draws an image the more often the more objects it has, by the square root;
# so all versions of a kind together are drawn as often as written below.
#
# Fluorescence (383 images) is what most people have: each image as it is, and every
# third inverted too, so that dark nuclei are known. 61 of 100 patches, 15 of them
# inverted.
INVERTED_FLUORESCENCE = 3
# Histology (79 images) is hard, and stains, scanners and cameras differ: each image
# averaged as `Predict` does it, and in two random mixes of its channels, one of them
# inverted. 30 of 100 patches.
#
# Brightfield (12 images of 1024 x 1024 pixels) would be drawn once in 50 patches: cut
# into quarters, as they are and inverted, 9 of 100.
EDGE = 512
# The least of each channel in a mix, so that none is left out altogether.
LEAST = 0.05


@dataclass(frozen=True)
class Version:
    """A grey image to learn from."""

    name: str
    image: NDArray[np.uint8]
    """Shape (y, x)."""
    drawing: str
    """The name of its labels, which all versions of an image share."""
    labels: NDArray[np.uint16]
    """Shape (y, x)."""


def averaged(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image in grey: the mean of its channels, if it has some."""
    return mixed(image, np.full(3, 1 / 3)) if image.ndim == 3 else image


def mixed(image: NDArray[np.uint8], shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return shape (y, x): so much of each channel of (y, x, 3), rounded.

    Shares are 0 or more, and sum up to 1.
    """
    return (image @ shares).round().astype(np.uint8)


def versions(pictures: Sequence[Nuclei], seed: int) -> Iterator[Version]:
    """Yield all versions of all pictures; the same seed gives the same."""
    rng = np.random.default_rng(seed)
    for picture in pictures:
        for name, image, labels in _pieces(picture):
            for what, grey in _greys(picture.kind, image, rng):
                yield Version(f"{name}-{what}", grey, f"{name}-labels", labels)


def plain(pictures: Sequence[Nuclei]) -> Iterator[Version]:
    """Yield the pictures in grey, each once."""
    for one in pictures:
        grey = averaged(one.image)
        yield Version(f"{one.name}-plain", grey, f"{one.name}-labels", one.labels)


def store(
    made: Iterator[Version], folder: Path
) -> tuple[tuple[ArrayRef, ...], tuple[ArrayRef, ...]]:
    """Write versions to a folder; files that are there are complete, and stay.

    Returns
    -------
    tuple of ArrayRef
        The images.
    tuple of ArrayRef
        Their labels; versions of an image have the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = [], []
    for one in made:
        images.append(_stored(folder / f"{one.name}.npy", one.image))
        labels.append(_stored(folder / f"{one.drawing}.npy", one.labels))
    return tuple(images), tuple(labels)


def _greys(
    kind: str, image: NDArray[np.uint8], rng: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    grey = averaged(image)
    yield "plain", grey
    if image.ndim == 3:
        first, second = LEAST + (1 - 3 * LEAST) * rng.dirichlet(np.ones(3), size=2)
        yield "colour", mixed(image, first)
        yield "inverted", 255 - mixed(image, second)
    elif kind != "fluorescence" or rng.integers(INVERTED_FLUORESCENCE) == 0:
        yield "inverted", 255 - grey


def _pieces(
    picture: Nuclei,
) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.uint16]]]:
    """Yield a picture whole; of brightfield, parts that are as large as each other."""
    if picture.kind != "brightfield":
        yield picture.name, picture.image, picture.labels
        return
    cuts = [
        np.array_split(np.arange(n), math.ceil(n / EDGE)) for n in picture.labels.shape
    ]
    for row, ys in enumerate(cuts[0]):
        for column, xs in enumerate(cuts[1]):
            part = (slice(ys[0], ys[-1] + 1), slice(xs[0], xs[-1] + 1))
            name = f"{picture.name}-{row}{column}"
            yield name, picture.image[part], picture.labels[part]


def _stored(path: Path, array: NDArray[np.uint8] | NDArray[np.uint16]) -> ArrayRef:
    if not path.exists():
        with atomic_file(path) as temporary:
            np.save(temporary, array)
    return ArrayRef(path=path, axes="YX")
