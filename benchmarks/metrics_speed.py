"""The overlap and instance report of two large label images, against other libraries.

Two images of 2048² pixels with 5,000 objects each that nearly touch, one core. All take
turns, so that whatever else the machine does falls on all alike, and in its turn each
is called twice, of which the second call counts: what the one before left in the
processor's caches helps and hinders nobody. What counts is the shortest time. The
others get the same images:

- scikit-image: its contingency table alone, from which no score is derived yet; and the
  same with the shortest numpy code found that derives the numbers of our report.
- torchmetrics: its confusion matrix of all ids, the fastest of its ways to a table.
- torchmetrics and MONAI: their panoptic quality, on an image of 256² with the same
  density of objects, since they take minutes on the large one; compared with our report
  on the small image.
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
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from results import table, write_section
from scipy.spatial import cKDTree

SIDE = 2048
OBJECTS = 5000
_REPEATS = 25
_WANTED = 10

Work = Callable[[], object]
Taken = Mapping[str, list[float]]


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


def with_scikit_image(true: np.ndarray, pred: np.ndarray) -> list[float]:
    """Return the numbers of our report, from scikit-image's table: see `our_numbers`.

    Ids start at 0, the background. Contested matches at an IoU of 0.5, which need an
    assignment, are not looked for: there are none.
    """
    from skimage.metrics import contingency_table

    pairs = contingency_table(true, pred).tocoo()
    i, j, n = pairs.row, pairs.col, pairs.data
    true_areas = np.bincount(i, weights=n)
    pred_areas = np.bincount(j, weights=n)
    n_true = np.count_nonzero(true_areas[1:])
    n_pred = np.count_nonzero(pred_areas[1:])
    objects = (i > 0) & (j > 0)
    i, j, n = i[objects], j[objects], n[objects]
    unions = true_areas[i] + pred_areas[j] - n
    ious = n / unions
    numbers = []
    for threshold in range(50, 100, 5):
        matched = ious[ious >= threshold / 100]
        numbers.append(matched.size / (n_true + n_pred - matched.size))
        numbers.append(2 * matched.sum() / (n_true + n_pred))
    largest = np.zeros(true_areas.size)
    np.maximum.at(largest, i, ious)
    best = np.flatnonzero(ious == largest[i])
    best = best[np.unique(i[best], return_index=True)[1]]
    unused = np.ones(pred_areas.size, bool)
    unused[0] = unused[j[best]] = False
    alone = np.setdiff1d(np.flatnonzero(true_areas[1:]) + 1, i[best])
    joint = unions[best].sum() + pred_areas[unused].sum() + true_areas[alone].sum()
    numbers.append(n[best].sum() / joint)
    numbers.append(ious[2 * n > true_areas[i]].sum() / n_true)
    numbers.append(2 * n.sum() / (true_areas[1:].sum() + pred_areas[1:].sum()))
    return numbers


def our_numbers(true: np.ndarray, pred: np.ndarray) -> list[float]:
    """Return AP and PQ at ten thresholds, aggregated Jaccard, SEG, Dice of pixels."""
    from napari_segsuite.metrics import evaluate

    report = evaluate(true, pred, mode="instances")
    instances = report.instances
    each = [(m.average_precision, m.panoptic_quality) for m in instances.matches]
    scores = [score for pair in each for score in pair]
    return [*scores, instances.aggregated_jaccard, instances.seg, report.mean_dice]


def peers(
    true: np.ndarray, pred: np.ndarray
) -> tuple[dict[str, Work], dict[str, Work]]:
    """Return what other libraries are asked for, on the large and on a small image.

    The first of the small ones is our report.
    """
    import torch
    from monai.metrics import PanopticQualityMetric
    from skimage.metrics import contingency_table
    from torchmetrics.functional.classification import multiclass_confusion_matrix
    from torchmetrics.functional.detection import panoptic_quality

    torch.set_num_threads(1)
    ids = [torch.from_numpy(image).long() for image in (pred, true)]
    small = objects(SIDE // 8, OBJECTS // 64)
    # Segments of torchmetrics are pairs of a category and an instance.
    pairs = [
        torch.from_numpy(np.stack([(image > 0).astype(np.int64), image], axis=-1))[None]
        for image in reversed(small)
    ]
    monai_quality = PanopticQualityMetric(num_classes=1, metric_name="pq")
    typed = torch.from_numpy(np.stack([[i, i > 0] for i in reversed(small)])).int()
    large = {
        "scikit-image, contingency table alone": lambda: contingency_table(true, pred),
        "scikit-image, table and scores": lambda: with_scikit_image(true, pred),
        "torchmetrics, confusion matrix alone": lambda: multiclass_confusion_matrix(
            *ids, OBJECTS + 1, validate_args=False
        ),
    }
    return large, {
        "our report": lambda: our_numbers(*small),
        "torchmetrics, panoptic quality": lambda: panoptic_quality(
            *pairs, things={1}, stuffs={0}
        ),
        "MONAI, panoptic quality": lambda: monai_quality(typed[:1], typed[1:]),
    }


def in_turns(work: Mapping[str, Work], repeats: int) -> dict[str, list[float]]:
    """Return the milliseconds of each, `repeats` times in turns, after a warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats):
        for name, call in work.items():
            call()
            began = time.perf_counter()
            call()
            taken[name].append(1000 * (time.perf_counter() - began))
    return taken


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
    np.testing.assert_allclose(
        with_scikit_image(true, pred), our_numbers(true, pred), rtol=0, atol=1e-9
    )
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

    report = '**report, `evaluate(mode="instances")`**'
    ours: dict[str, Work] = {
        report: lambda: evaluate(true, pred, mode="instances"),
        "its count": lambda: count(true, pred),
        "its objects at ten thresholds": lambda: score_instances(counted),
        f"overlap of {OBJECTS:,} ids, each as a class": lambda: score_overlap(counted),
        "count, overlap of all ids, objects": full,
        "a stroke of 24² pixels, `RunningCount.update`": stroke,
    }
    theirs, small = peers(true, pred)
    taken = in_turns(ours | theirs, _REPEATS)
    taken_small = in_turns(small, _REPEATS)
    lines = table(
        (f"{SIDE}², {OBJECTS:,} objects each, one core", "shortest", "median",
         "times our report, shortest", "median"),
        [_row(name, taken, report if name in theirs else None) for name in taken],
    )  # fmt: skip
    mine = "our report"
    lines += ["", *table(
        (f"{SIDE // 8}², {OBJECTS // 64} objects each", "shortest", "median",
         "times our report, shortest", "median"),
        [_row(name, taken_small, None if name == mine else mine) for name in small],
    )]  # fmt: skip
    lines += [
        "",
        f"{counted.counts.size:,} pairs of ids meet; {_REPEATS} turns. scikit-image's "
        "table and scores are the same numbers as our report, to 1e-9: AP and PQ at "
        "ten thresholds, aggregated Jaccard, SEG, Dice. Against the fastest peer, "
        f"{_fastest(taken, theirs, report)}.",
        f"First report in a fresh process: {first_call():.2f} s (loads numba, and the "
        "compiled loop from numba's cache).",
    ]
    write_section("metrics_speed", "Scores of large label images", lines)


def _row(name: str, taken: Taken, against: str | None) -> tuple[str, ...]:
    """Return shortest and median time, and how many times those of `against`."""
    columns = (min(taken[name]), statistics.median(taken[name]))
    cells = [f"{one:.1f} ms" for one in columns]
    if against is None:
        return name, *cells, "", ""
    base = (min(taken[against]), statistics.median(taken[against]))
    ratios = [f"{one / other:.1f}" for one, other in zip(columns, base, strict=True)]
    return name, *cells, *ratios


def _fastest(taken: Taken, theirs: Iterable[str], report: str) -> str:
    """Say how the report compares with the fastest of all peers, wanted or not."""
    name = min(theirs, key=lambda peer: min(taken[peer]))
    factor = min(taken[name]) / min(taken[report])
    verdict = "reached" if factor >= _WANTED else "missed"
    return f"{name}, it is {factor:.1f} times faster: {_WANTED} times is {verdict}"


if __name__ == "__main__":
    main()
