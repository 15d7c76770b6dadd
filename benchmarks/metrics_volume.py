"""Scoring volumes that exist nowhere as a whole: memory stays flat, time is linear.

A pair of Dask arrays of labels, made chunk by chunk when they are read: cubes of 26
voxels as objects, the prediction shifted by 5. Each size runs in a process of its own,
and the peak of its memory is what the system says. How long it takes to make the labels
alone is measured too.

    python benchmarks/metrics_volume.py [--sizes 512 1024 2048]     multiples of 128
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser

import dask
import dask.array as da
import numpy as np
from results import table, write_section

_CHUNK = 128
_EDGE = 32
_SHIFT = 5


def labels(side: int, shift: int) -> da.Array:
    """Return a lazy int32 volume of cubes with ids 1, 2, 3 …, and gaps of 0 between.

    All chunks look alike but for their first id, so that making one is quick.
    """
    n = side // _EDGE + 1
    place = np.arange(_CHUNK) + shift
    cube, solid = place // _EDGE, place % _EDGE >= 6
    z, y, x = np.ix_(cube, cube, cube)
    pattern = ((z * n + y) * n + x + 1).astype(np.int32)
    mask = solid[:, None, None] & solid[:, None] & solid

    def chunk(block_info: dict[int, dict[str, list[tuple[int, int]]]]) -> np.ndarray:
        z, y, x = (start // _EDGE for start, _ in block_info[None]["array-location"])
        return (pattern + np.int32((z * n + y) * n + x)) * mask

    return da.map_blocks(chunk, chunks=((_CHUNK,) * (side // _CHUNK),) * 3, dtype="i4")


def measure(side: int) -> dict[str, float]:
    """Score a pair of `side`³ voxels."""
    from napari_segsuite.metrics import evaluate
    from napari_segsuite.metrics.blocks import block_shape, windows
    from napari_segsuite.metrics.tally import run_kernel

    dask.config.set(scheduler="synchronous")
    run_kernel()  # a second, whatever the size
    true, pred = labels(side, 0), labels(side, _SHIFT)
    began = time.perf_counter()
    for window in windows(true.shape, block_shape(true.shape, true, pred)):
        np.asarray(true[window])
        np.asarray(pred[window])
    made = time.perf_counter() - began
    began = time.perf_counter()
    report = evaluate(true, pred, mode="instances")
    scored = time.perf_counter() - began
    return {
        "made": made,
        "scored": scored,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
        "objects": report.instances.n_true,
        "dice": report.mean_dice,
    }


def main() -> None:
    """Measure each size in a fresh process and write the section."""
    parser = ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--measure", type=int)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    rows = []
    for side in options.sizes:
        out = subprocess.run(
            [sys.executable, __file__, "--measure", str(side)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        found = json.loads(out.splitlines()[-1])
        rows.append(
            (
                f"{side}³",
                f"{found['objects']:,.0f}",
                f"{found['scored']:.1f} s",
                f"{found['made']:.1f} s",
                f"{1e9 * found['scored'] / side**3:.2f} ns",
                f"{found['peak']:.0f} MB",
                f"{found['dice']:.4f}",
            )
        )
    head = ("voxels", "objects", "in all", "making the labels alone", "a voxel",
            "peak memory", "Dice")  # fmt: skip
    write_section("metrics_volume", "Scores of virtual volumes", table(head, rows))


if __name__ == "__main__":
    main()
