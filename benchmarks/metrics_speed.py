"""The overlap and instance report of two large label images, against other libraries.

Two images of 2048² pixels with 5,000 objects each that nearly touch, one core. The
others get the same images, and are asked for what they have of the same: scikit-image
its contingency table alone; torchmetrics and MONAI their panoptic quality, on a smaller
image with the same density of objects, since they take minutes on the large one.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from results import table, write_section
from scipy.spatial import cKDTree

SIDE = 2048
OBJECTS = 5000
_REPEATS = 21


def objects(side: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and prediction, int32 (side, side), of `n` objects each.

    Objects are the pixels nearest to a seed and not too far from it: cells in a layer.
    The prediction's seeds have moved by an eighth of their distance, its ids are
    shuffled.
    """
    rng = np.random.default_rng(0)
    per_row = math.ceil(math.sqrt(n))
    step = side / per_row
    seeds = np.stack(np.divmod(np.arange(n), per_row), axis=1) + 0.5
    seeds = (seeds + rng.uniform(-0.3, 0.3, seeds.shape)) * step
    moved = seeds + rng.normal(0, step / 8, seeds.shape)
    places = np.stack(np.mgrid[:side, :side], axis=-1).reshape(-1, 2)
    images = []
    for centres, ids in ((seeds, np.arange(n)), (moved, rng.permutation(n))):
        distance, nearest = cKDTree(centres).query(
            places, distance_upper_bound=0.6 * step
        )
        names = np.append(ids + 1, 0)
        images.append(names[np.where(np.isfinite(distance), nearest, n)])
    true, pred = (image.astype(np.int32).reshape(side, side) for image in images)
    return true, pred


def milliseconds(work: Callable[[], object], repeats: int = _REPEATS) -> float:
    """Return the median time of `work` after one warm-up."""
    work()
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def others(true: np.ndarray, pred: np.ndarray) -> list[tuple[str, float]]:
    """Return how long other libraries take, by name."""
    import torch
    from monai.metrics import PanopticQualityMetric
    from skimage.metrics import contingency_table
    from torchmetrics.functional.detection import panoptic_quality

    torch.set_num_threads(1)
    side = SIDE // 8
    small_true, small_pred = objects(side, OBJECTS // 64)
    # Segments of torchmetrics are pairs of a category and an instance.
    pairs = [
        torch.from_numpy(np.stack([(image > 0).astype(np.int64), image], axis=-1))[None]
        for image in (small_pred, small_true)
    ]
    monai_quality = PanopticQualityMetric(num_classes=1, metric_name="pq")
    typed = torch.from_numpy(
        np.stack([[i, i > 0] for i in (small_pred, small_true)])
    ).int()
    return [
        (
            f"scikit-image, contingency table alone, {SIDE}²",
            milliseconds(lambda: contingency_table(true, pred), 5),
        ),
        (
            f"torchmetrics, panoptic quality, {side}²",
            milliseconds(lambda: panoptic_quality(*pairs, things={1}, stuffs={0}), 3),
        ),
        (
            f"MONAI, panoptic quality, {side}²",
            milliseconds(lambda: monai_quality(typed[:1], typed[1:]), 3),
        ),
    ]


def first_call() -> float:
    """Return the seconds of the first report in a fresh process."""
    code = (
        "import time, numpy as np\n"
        "from napari_segsuite.metrics import evaluate\n"
        f"labels = np.zeros(({SIDE}, {SIDE}), np.int32)\n"
        "labels[:, 9] = 1\n"
        "began = time.perf_counter()\n"
        "evaluate(labels, labels, mode='instances')\n"
        "print(time.perf_counter() - began)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return float(out)


def main() -> None:
    """Measure and write the section."""
    from napari_segsuite.metrics import (
        RunningCount,
        count,
        evaluate,
        score_instances,
        score_overlap,
    )

    true, pred = objects(SIDE, OBJECTS)
    counted = count(true, pred)
    running = RunningCount(true, pred)
    rng = np.random.default_rng(1)

    def stroke() -> None:
        y, x = rng.integers(0, SIDE - 24, 2)
        pixels = np.full((24, 24), rng.integers(1, OBJECTS))
        running.update((slice(y, y + 24), slice(x, x + 24)), pred=pixels)

    def full() -> None:
        whole = count(true, pred)
        score_overlap(whole)
        score_instances(whole)

    report = milliseconds(lambda: evaluate(true, pred, mode="instances"))
    ours = [
        ("count", milliseconds(lambda: count(true, pred))),
        (f"overlap of {OBJECTS:,} ids", milliseconds(lambda: score_overlap(counted))),
        ("instances, ten thresholds", milliseconds(lambda: score_instances(counted))),
        ("**all three**", milliseconds(full)),
        ('**`evaluate(mode="instances")`**', report),
        ("a stroke of 24² pixels, `RunningCount.update`", milliseconds(stroke)),
    ]
    theirs = others(true, pred)
    rows = [(name, f"{taken:.1f} ms") for name, taken in [*ours, *theirs]]
    factor = theirs[0][1] / report
    lines = table((f"{SIDE}², {OBJECTS:,} objects each, one core", "median"), rows)
    lines += [
        "",
        f"{counted.counts.size:,} pairs of ids meet. scikit-image's table alone takes "
        f"{factor:.1f} times as long as our whole report.",
        f"First report in a fresh process: {first_call():.2f} s (loads numba, and the "
        "compiled loop from numba's cache).",
    ]
    write_section("metrics_speed", "Scores of large label images", lines)


if __name__ == "__main__":
    main()
