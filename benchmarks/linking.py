"""Objects of slices joined into 3D objects: touching balls, perfect and faulty slices.

Balls of random size are packed so that they touch. Each slice gets labels of its own,
with other numbers; then some objects are left out of their slice, some are merged with
a neighbour, and outlines are shifted. What is joined is scored against the balls.
"""

from __future__ import annotations

import functools
import itertools
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from results import table, write_section

from napari_segsuite.data.linking import LinkOptions, link
from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances import InstanceReport, score_instances, total

SHAPE = (48, 192, 192)
BALLS = 260
SEEDS = range(2)
LIMITS = (0.3, 0.5, 0.7)
BRIDGES = (0, 1)


@dataclass(frozen=True)
class Faults:
    """What goes wrong in slices."""

    name: str
    missed: float = 0.0
    """Part of the objects of a slice that are left out of it."""
    merged: float = 0.0
    """Part that is one with a neighbour."""
    shift: int = 0
    """The most pixels by which an object lies beside where it is."""


CASES = (
    Faults("slices as they are"),
    Faults("5 % of the objects of a slice missing", missed=0.05),
    Faults("5 % missing, 3 % merged, up to 1 pixel beside", 0.05, 0.03, 1),
)


@functools.cache
def balls(seed: int, flatness: float) -> NDArray[np.int32]:
    """Return a stack of balls that touch; slices are `flatness` pixels apart."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(SHAPE, np.int32)
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    centres = np.zeros((0, 3))
    radii = np.zeros(0)
    made = 0
    for _ in range(20_000):
        if made == BALLS:
            break
        centre = rng.uniform(0, 1, 3) * SHAPE * (flatness, 1, 1)
        gaps = np.linalg.norm(centres - centre, axis=1) - radii
        # As large as the neighbours leave room for: so it touches the nearest.
        radius = min(gaps.min(initial=14.0), 14.0)
        if radius < 6.0:
            continue
        inside = (z * flatness - centre[0]) ** 2 + (y - centre[1]) ** 2
        inside = inside + (x - centre[2]) ** 2 < radius**2
        made += 1
        labels[inside & (labels == 0)] = made
        centres, radii = np.vstack((centres, centre)), np.append(radii, radius)
    return labels


def slices_of(
    labels: NDArray[np.int32], faults: Faults, rng: np.random.Generator
) -> NDArray[np.int32]:
    """Return each slice with numbers and faults of its own."""
    found = np.zeros_like(labels)
    for before, after in zip(labels, found, strict=True):
        ids = rng.permutation(np.unique(before[before > 0]))
        numbers = rng.permutation(len(ids)) + 1
        for number, id_ in zip(numbers, ids, strict=True):
            mask = before == id_
            if rng.random() < faults.missed:
                continue
            offset = rng.integers(-faults.shift, faults.shift + 1, 2)
            mask = np.roll(mask, tuple(offset), (0, 1))
            after[mask] = number
        for id_ in ids[rng.random(len(ids)) < faults.merged]:
            rim = np.roll(before == id_, 1, 0) | np.roll(before == id_, 1, 1)
            touched = after[rim & (before != id_) & (before > 0)]
            if touched.size:
                after[before == id_] = touched[0]
    return found


def score(
    faults: Faults, flatness: float, options: LinkOptions
) -> tuple[InstanceReport, float]:
    """Return the scores over all seeds, and the seconds that linking took."""
    reports, seconds = [], 0.0
    for seed in SEEDS:
        truth = balls(seed, flatness)
        found = slices_of(truth, faults, np.random.default_rng(seed + 100))
        started = time.perf_counter()
        linked = link(found, options)
        seconds += time.perf_counter() - started
        reports.append(score_instances(count(truth, linked), thresholds=(0.5, 0.75)))
    return total(reports), seconds


def main() -> None:
    """Measure every choice, and write the table."""
    rows = []
    for flatness, faults in itertools.product((1.0, 3.0), CASES):
        for limit, bridge in itertools.product(LIMITS, BRIDGES):
            options = LinkOptions(min_overlap=limit, bridge=bridge)
            report, seconds = score(faults, flatness, options)
            half, strict = report.matches
            rows.append(
                (
                    f"{flatness:g}",
                    faults.name,
                    limit,
                    bridge,
                    f"{half.average_precision:.3f}",
                    f"{strict.average_precision:.3f}",
                    f"{seconds / len(SEEDS) / SHAPE[0] * 1000:.1f}",
                )
            )
            print(rows[-1], flush=True)
    head = (
        "pixels between slices",
        "slices",
        "least overlap",
        "bridged",
        "AP@0.5",
        "AP@0.75",
        "ms per slice",
    )
    write_section(
        "linking",
        "Linking slices of touching balls",
        [
            f"{len(SEEDS)} stacks of {' × '.join(map(str, SHAPE))} pixels with up to "
            f"{BALLS} balls of radius 6 to 14 that touch.",
            "",
            *table(head, rows),
        ],
    )


if __name__ == "__main__":
    main()
