"""How good a method is that tells nuclei apart: pictures, scores, rows of tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from real_images import dice, pictures

from napari_segsuite.metrics import InstanceReport, count, score_instances
from napari_segsuite.metrics.instances import total

KINDS = ("fluorescence", "histology", "brightfield")
THRESHOLDS = tuple(round(0.5 + 0.05 * i, 2) for i in range(9))


@dataclass(frozen=True)
class Picture:
    """A nuclei image with its objects."""

    name: str
    kind: str
    image: NDArray
    """Grey, shape (Y, X); the mean of the colours if there are any."""
    colours: NDArray
    """As it was taken: (Y, X), or (Y, X, 3)."""
    labels: NDArray[np.uint16]
    """Instance ids, shape (Y, X); 0 = none."""


Segment = Callable[[Picture], NDArray[np.int32]]
"""A method: from a picture, whose labels it does not look at, to instance ids."""


@dataclass(frozen=True)
class Scored:
    """How good a method is on some images."""

    objects: InstanceReport
    """All objects of all images together."""
    semantic: float
    """Mean Dice of the foreground."""
    images: int
    pixels: int
    seconds: float
    """Of all images together."""

    @property
    def mean_precision(self) -> float:
        """Mean of AP over `THRESHOLDS`."""
        return self.objects.mean_average_precision

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**vars(self), "objects": self.objects.to_dict(objects=False)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return what `to_json` gave."""
        objects = InstanceReport.from_dict(values["objects"])
        return cls(**{**values, "objects": objects})


def grey(split: str, kinds: Sequence[str], part: float = 1.0) -> list[Picture]:
    """Return the images of a split, in an order that never changes.

    Parameters
    ----------
    split : str
        Train or test.
    kinds : sequence of str
        One after the other.
    part : float, optional
        The first part of each kind's images, at least one.
    """
    found = []
    for kind in kinds:
        some = pictures(split, kind, 1_000_000, least_objects=1)
        for one in some[: max(1, round(part * len(some)))]:
            image = one.image
            if image.ndim == 3:
                image = image.mean(axis=-1).round().astype(np.uint8)
            found.append(Picture(one.name, kind, image, one.image, one.labels))
    return found


def score(segment: Segment, images: Sequence[Picture]) -> Scored:
    """Score a method; objects of all images count alike."""
    reports, overlaps, seconds = [], [], 0.0
    for one in images:
        began = time.perf_counter()
        found = segment(one)
        seconds += time.perf_counter() - began
        reports.append(objects_of(one, found))
        overlaps.append(dice(found > 0, one.labels > 0))
    pixels = sum(one.labels.size for one in images)
    return Scored(
        total(reports), float(np.mean(overlaps)), len(images), pixels, seconds
    )


def objects_of(picture: Picture, found: NDArray[np.int32]) -> InstanceReport:
    """Return the report on the objects found in one picture."""
    table = count(picture.labels.astype(np.int32), found)
    return score_instances(table, thresholds=THRESHOLDS)


SCORE_HEAD = (
    "images",
    "objects",
    "AP at IoU 0.5",
    "mean AP 0.5 … 0.9",
    "F1 at 0.5",
    "PQ",
    "semantic Dice",
)


def score_cells(scored: Scored) -> list[str]:
    """Return the cells below `SCORE_HEAD`."""
    objects = scored.objects
    return [
        f"{scored.images}",
        f"{objects.n_true:,}",
        f"{objects.average_precision:.3f}",
        f"{scored.mean_precision:.3f}",
        f"{objects.f1:.3f}",
        f"{objects.panoptic_quality:.3f}",
        f"{scored.semantic:.3f}",
    ]
