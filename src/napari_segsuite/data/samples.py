"""Sample images with their truth: what the menu, the demo and the tests open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassInfo, ClassTable
from napari_segsuite.data.synthesis.ct import CLASSES as CT_CLASSES
from napari_segsuite.data.synthesis.ct import ct
from napari_segsuite.data.synthesis.disks import BACKGROUND, DISK, disks
from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.errors import InputError

_SEED = 20260101


@dataclass(frozen=True, slots=True)
class Sample:
    """An image, and what is true of it."""

    image: NDArray[Any]
    """The pixels."""
    axes: str
    """One letter of TCZYX per dimension."""
    spacing: Spacing | None
    """Micrometre per pixel of each spatial axis; None: unknown."""
    truth: NDArray[Any] | None
    """True labels, without channels; None: nobody knows them."""
    classes: ClassTable
    """What the ids of the truth mean; empty: each id is an object, 0 is background."""


@dataclass(frozen=True, slots=True)
class SampleEntry:
    """One line of the list of samples."""

    key: str
    """Its name in commands and files."""
    title: str
    """Its name in menus."""
    licence: str
    """Who may do what with it."""
    make: Callable[[], Sample]
    """Make it: the same pixels every time."""


def class_truth(sample: Sample) -> NDArray[Any]:
    """Return the class of every pixel: objects become 2 on a background of 1.

    Raises
    ------
    InputError
        If the truth of the sample is unknown.
    """
    if sample.truth is None:
        msg = "Nobody knows the truth of this sample. Choose another one."
        raise InputError(msg)
    if sample.classes:
        return sample.truth
    return np.where(sample.truth > 0, np.uint8(2), np.uint8(1))


def make(key: str) -> Sample:
    """Return the sample called `key`.

    Raises
    ------
    InputError
        If there is none; the keys are listed.
    """
    for entry in SAMPLES:
        if entry.key == key:
            return entry.make()
    keys = ", ".join(entry.key for entry in SAMPLES)
    msg = f"There is no sample {key!r}. Choose one of {keys}."
    raise InputError(msg)


def _shapes() -> Sample:
    images, labels = disks(np.random.default_rng(_SEED))
    classes = (
        ClassInfo(id=BACKGROUND, name="background", color="#999999", thing=False),
        ClassInfo(id=DISK, name="disk", color="#E69F00"),
    )
    return Sample(images, "TYX", None, labels, classes)


def _fluorescence() -> Sample:
    spacing = (0.25, 0.25)
    rng = np.random.default_rng(_SEED)
    image, labels = nuclei(rng, (512, 512), spacing, count=110)
    return Sample(image, "YX", spacing, labels, ())


def _nuclei3d() -> Sample:
    spacing = (1.0, 0.4, 0.4)
    rng = np.random.default_rng(_SEED)
    image, labels = nuclei(rng, (32, 128, 128), spacing, count=60)
    return Sample(image, "ZYX", spacing, labels, ())


def _ct() -> Sample:
    image, labels = ct(np.random.default_rng(_SEED))
    return Sample(image, "ZYX", (5000.0, 3000.0, 3000.0), labels, CT_CLASSES)


def _coins() -> Sample:
    return Sample(_shipped("coins"), "YX", None, None, ())


def _histology() -> Sample:
    return Sample(_shipped("immunohistochemistry"), "YXC", None, None, ())


def _shipped(name: str) -> NDArray[Any]:
    import skimage.data

    # These two lie in scikit-image's own wheel: nothing is downloaded.
    picture: NDArray[Any] = getattr(skimage.data, name)()
    return picture


_MADE_HERE = "CC0: made by this program"

SAMPLES: tuple[SampleEntry, ...] = (
    SampleEntry("fluorescence", "Nuclei in fluorescence", _MADE_HERE, _fluorescence),
    SampleEntry("nuclei3d", "Touching nuclei, 3D stack", _MADE_HERE, _nuclei3d),
    SampleEntry("shapes", "Noisy disks, 8 pictures", _MADE_HERE, _shapes),
    SampleEntry("ct", "CT-like volume, 5 organs", _MADE_HERE, _ct),
    SampleEntry(
        "coins",
        "Coins (scikit-image)",
        "Brooklyn Museum, by way of scikit-image; no known copyright restrictions",
        _coins,
    ),
    SampleEntry(
        "histology",
        "Immunohistochemistry (scikit-image)",
        "CMMI, by way of scikit-image; no known copyright restrictions",
        _histology,
    ),
)
"""All samples, in the order of the menu."""
