"""The nuclei set: images whose every nucleus is outlined, by split and kind."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

KINDS = ("fluorescence", "histology", "brightfield")
DATA = Path(__file__).parents[2] / "shared" / "data" / "nuclei"


@dataclass(frozen=True)
class Nuclei:
    """An image with its nuclei."""

    name: str
    """The id of the image in the set."""
    kind: str
    """One of `KINDS`."""
    image: NDArray[np.uint8]
    """Shape (y, x), or (y, x, 3) in colour."""
    labels: NDArray[np.uint16]
    """Instance ids, shape (y, x); 0 = none."""


def read_split(folder: Path, split: str, kinds: Sequence[str] = KINDS) -> list[Nuclei]:
    """Read a split of the set, in the order of the ids.

    Fluorescence that was stored in colour has one stain: its brightest channel is it.
    """
    with (folder / "split.csv").open() as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["id"])
    return [
        _read(folder, row["id"], row["kind"])
        for row in rows
        if row["split"] == split and row["kind"] in kinds
    ]


def _read(folder: Path, name: str, kind: str) -> Nuclei:
    image = iio.imread(folder / "images" / f"{name}.png")
    if image.ndim == 3:
        image = image[..., :3].max(-1) if kind == "fluorescence" else image[..., :3]
    labels = iio.imread(folder / "labels" / f"{name}.png").astype(np.uint16)
    return Nuclei(name, kind, np.ascontiguousarray(image), labels)
