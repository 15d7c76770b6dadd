"""The real images that benchmarks measure on, and simulated painting on them."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

SHARED = Path(__file__).parents[2] / "shared"
sys.path.insert(0, str(SHARED))


@dataclass(frozen=True)
class Picture:
    """One image of the nuclei set, with its objects."""

    name: str
    image: NDArray[np.uint8]
    """Shape (y, x), or (y, x, 3) for histology."""
    labels: NDArray[np.uint16]


def pictures(
    split: str, kind: str, count: int, least_objects: int = 8
) -> list[Picture]:
    """Return the first `count` images of a seeded shuffle of the ids."""
    folder = SHARED / "data" / "nuclei"
    with (folder / "split.csv").open() as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["split"] == split
            and row["kind"] == kind
            and int(row["objects"]) >= least_objects
        ]
    rows.sort(key=lambda row: row["id"])
    np.random.default_rng(0).shuffle(rows)  # type: ignore[arg-type]
    return [_load(folder, row["id"], kind) for row in rows[:count]]


def paint(
    labels: NDArray[np.uint16], seed: int, share: float = 0.03
) -> NDArray[np.uint8]:
    """Simulate painting on at most `share` of the pixels: 1 background, 2 objects."""
    from painting import strokes

    # The last stroke may overshoot a little: aim lower until the share holds.
    aim = share
    while True:
        painted = strokes(labels, np.random.default_rng(seed), aim)
        if (painted > 0).mean() <= share:
            return painted
        aim *= 0.95


def random_forest(image: NDArray, painted: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Classify pixels by scikit-image's features and scikit-learn's random forest."""
    from skimage.feature import multiscale_basic_features
    from sklearn.ensemble import RandomForestClassifier

    features = multiscale_basic_features(
        image, channel_axis=-1 if image.ndim == 3 else None
    )
    forest = RandomForestClassifier(n_estimators=100, n_jobs=-1, random_state=0)
    forest.fit(features[painted > 0], painted[painted > 0])
    flat = features.reshape(-1, features.shape[-1])
    return forest.predict(flat).reshape(painted.shape)


def dice(predicted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Return the Dice of two masks."""
    both = np.count_nonzero(predicted & truth)
    return 2 * both / (np.count_nonzero(predicted) + np.count_nonzero(truth))


def _load(folder: Path, name: str, kind: str) -> Picture:
    image = iio.imread(folder / "images" / f"{name}.png")
    if image.ndim == 3:
        image = image[..., :3] if kind != "fluorescence" else image[..., :3].max(-1)
    labels = iio.imread(folder / "labels" / f"{name}.png").astype(np.uint16)
    return Picture(name, image, labels)
