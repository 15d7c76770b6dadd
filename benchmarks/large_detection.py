"""Mask R-CNN on large images: memory, time per tile, and tiles against none.

``python benchmarks/large_detection.py --model FOLDER``: a Mask R-CNN of nuclei, such as
`instances_maskrcnn.py` trains. Tiles of 512 pixels against one tile on the largest
fluorescence images of split test; then synthetic nuclei from file to file, as a worker
process finds them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from large_instances import SIZES, memory, own_memory
from numpy.typing import NDArray
from real_images import pictures
from results import table, write_section

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.jobs.events import Event, Progress
from napari_segsuite.jobs.instances import DetectInstances, DetectOptions, DetectResult
from napari_segsuite.metrics import count, score_instances
from napari_segsuite.metrics.instances import total
from napari_segsuite.runners.base import Runner
from napari_segsuite.runners.inline import InlineRunner
from napari_segsuite.runners.process import ProcessRunner

_IMAGES = 10
_WHOLE, _TILE = 4096, 512


def find(
    runner: Runner, model: Path, image: Path, tile: int = 0, watch: object = None
) -> DetectResult:
    """Find the objects of an image file; everything written lies beside it."""
    job = DetectInstances(
        model=model,
        image=ArrayRef(path=image, axes="YX"),
        out=image.with_name(f"{image.stem}-{tile}-labels.npy"),
        detections=image.with_name(f"{image.stem}-{tile}.npz"),
        options=DetectOptions(tile_size=tile),
    )
    return runner.submit(job, on_event=watch).result()  # type: ignore[arg-type]


def agreement(model: Path, folder: Path) -> str:
    """Compare the objects of small tiles with those of one tile, on real images."""
    largest = sorted(
        pictures("test", "fluorescence", 1_000_000, least_objects=1),
        key=lambda one: -one.image.size,
    )[:_IMAGES]
    reports = []
    with InlineRunner() as runner:
        for one in largest:
            path = folder / f"{one.name}.npy"
            grey = one.image if one.image.ndim == 2 else one.image.mean(axis=-1)
            np.save(path, grey.round().astype(np.uint8))
            whole, tiled = (
                np.asarray(find(runner, model, path, tile).labels.open())
                for tile in (_WHOLE, _TILE)
            )
            reports.append(score_instances(count(whole, tiled)))
    both = total(reports)
    return (
        f"Tiles of {_TILE} pixels against one tile, {_IMAGES} largest fluorescence "
        f"images of split test: {both.n_true:,} and {both.n_pred:,} objects, PQ "
        f"{both.panoptic_quality:.4f}, F1 {both.f1:.4f}."
    )


def large_picture() -> NDArray[np.uint16]:
    """Return 4096² pixels with some 5,700 nuclei."""
    rng = np.random.default_rng(0)
    tile, _ = nuclei(rng, (512, 512), (1.0, 1.0), count=90, radius=11.0)
    return np.tile(tile, (max(SIZES) // 512,) * 2)


def measure(model: Path, folder: Path, size: int) -> tuple[str, ...]:
    """Find objects as a worker does; return a row of figures."""
    ends: list[float] = []

    def watch(event: Event) -> None:
        if isinstance(event, Progress) and event.message.startswith("Tile"):
            ends.append(time.monotonic())

    with ProcessRunner() as runner:
        find(runner, model, folder / "warm.npy", tile=size)
        with own_memory(runner.worker_pid or 0) as peak:
            began = time.monotonic()
            result = find(runner, model, folder / f"{size}.npy", watch=watch)
            seconds = time.monotonic() - began
        everything = memory(runner.worker_pid or 0, "VmHWM")
    return (
        f"{size}²",
        f"{result.objects:,}",
        f"{seconds:.1f} s",
        f"{(ends[-1] - began) / len(ends) * 1e3:.0f} ms ({len(ends)})",
        f"{peak[0]:.2f} GB",
        f"{everything:.2f} GB",
    )


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    model = parser.parse_args().model.resolve()
    with TemporaryDirectory() as name:
        folder = Path(name)
        agreed = agreement(model, folder)
        large = large_picture()
        np.save(folder / "warm.npy", large[:300, :300])
        for size in SIZES:
            np.save(folder / f"{size}.npy", large[:size, :size])
        rows = [measure(model, folder, size) for size in SIZES]
    head = ("image", "objects", "time", "per tile (tiles)")
    head += ("own memory", "with mapped files")
    write_section(
        "large_detection",
        "Mask R-CNN on large images",
        [agreed, "", *table(head, rows)],
    )


if __name__ == "__main__":
    main()
