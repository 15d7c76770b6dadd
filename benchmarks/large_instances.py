"""Objects of large images: memory, time per tile, and tiles against none.

A network learns objects for a minute. Our worker process then predicts pictures of
1024², 2048² and 4096² from file to file; its own memory (anonymous, without mapped
files) is looked at every 20 ms, and its peak with mapped files is the kernel's figure.
"""

from __future__ import annotations

import argparse
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from results import table, write_section

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.events import Event, Progress
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.runners.inline import InlineRunner

SIZES = (1024, 2048, 4096)
# Some 5,000 on 4096², as far as there is room.
OBJECTS_PER_MEGAPIXEL = 370


@dataclass
class Watch:
    """When tiles and objects were done."""

    tiles: int = 0
    last_tile: float = 0.0
    last: float = 0.0

    def __call__(self, event: Event) -> None:
        """Take the time of an event."""
        if isinstance(event, Progress):
            self.last = time.monotonic()
            if event.message.startswith("Tile"):
                self.tiles += 1
                self.last_tile = self.last


def predict(folder: Path, size: int) -> tuple[str, ...]:
    """Predict a picture as a worker does; return a row of figures."""
    from napari_segsuite.runners.process import ProcessRunner

    image = ArrayRef(path=folder / f"{size}.npy", axes="YX")
    job = Predict(model=folder / "model", image=image, out=folder / f"out{size}.npy")
    small = image.replace(path=folder / "warm.npy")
    with ProcessRunner() as runner:
        runner.warm_up(("napari_segsuite.engine.predict_unet",))
        warm = job.replace(image=small, out=folder / f"warm{size}.npy")
        runner.submit(warm).result()
        watch = Watch()
        with own_memory(runner.worker_pid or 0) as peak:
            began = time.monotonic()
            result = runner.submit(job, on_event=watch).result()
            seconds = time.monotonic() - began
        everything = memory(runner.worker_pid or 0, "VmHWM")
    found = int(np.asarray(result.labels.open()).max())
    return (
        f"{size}²",
        f"{found:,}",
        f"{seconds:.2f} s",
        f"{(watch.last_tile - began) / watch.tiles * 1e3:.0f} ms ({watch.tiles})",
        f"{(watch.last - watch.last_tile) / size**2 * 1e9:.0f} ms",
        f"{peak[0]:.2f} GB",
        f"{everything:.2f} GB",
    )


@contextmanager
def own_memory(pid: int) -> Iterator[list[float]]:
    """Watch the memory of a process while the block runs; the list holds its peak."""
    peak, done = [0.0], threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], memory(pid, "RssAnon"))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def memory(pid: int, kind: str) -> float:
    """Return a figure of a process in GB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{kind}:")[1].split()[0]) / 1e6


def agreement(folder: Path) -> str:
    """Compare the objects of small tiles with those of one tile."""
    from napari_segsuite.metrics import evaluate

    image = ArrayRef(path=folder / "part.npy", axes="YX")
    found = []
    with InlineRunner() as runner:
        for tile in (2048, 256):
            job = Predict(
                model=folder / "model",
                image=image,
                out=folder / f"labels{tile}.npy",
                options=PredictOptions(tile_size=tile),
            )
            found.append(np.asarray(runner.submit(job).result().labels.open()))
    scores = evaluate(*found, mode="instances").instances
    quality = math.nan if scores is None else scores.panoptic_quality
    return (
        f"Tiles of 256 against one tile of 1531 × 1321: {found[0].max()} and "
        f"{found[1].max()} objects, PQ {quality:.4f}, "
        f"{np.count_nonzero(found[0] != found[1])} pixels differ."
    )


def train(folder: Path, seconds: float) -> None:
    """Make the pictures, and learn objects from one of them."""
    from napari_segsuite.data.synthesis.nuclei import nuclei

    rng = np.random.default_rng(0)
    picture, truth = nuclei(
        rng, (1000, 1000), (0.25, 0.25), count=OBJECTS_PER_MEGAPIXEL
    )
    np.save(folder / "picture.npy", picture)
    np.save(folder / "truth.npy", truth)
    picture, _ = nuclei(rng, (1000, 1000), (0.25, 0.25), count=OBJECTS_PER_MEGAPIXEL)
    repeats = -(-max(SIZES) // 1000)
    large = np.tile(picture, (repeats, repeats))
    for size in SIZES:
        np.save(folder / f"{size}.npy", large[:size, :size])
    np.save(folder / "part.npy", large[:1531, :1321])
    np.save(folder / "warm.npy", large[:300, :300])
    job = TrainUNet(
        images=(ArrayRef(path=folder / "picture.npy", axes="YX"),),
        labels=(ArrayRef(path=folder / "truth.npy", axes="YX"),),
        learn="objects",
        out=folder / "model",
        training=TrainingOptions(max_seconds=seconds),
    )
    with InlineRunner() as runner:
        runner.submit(job).result()


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="to train")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        train(folder, options.seconds)
        rows = [predict(folder, size) for size in SIZES]
        agreed = agreement(folder)
    head = ("image", "objects", "time", "network, per tile (tiles)")
    head += ("objects, per megapixel", "own memory", "with mapped files")
    write_section(
        "large_instances", "Objects of large images", [*table(head, rows), "", agreed]
    )


if __name__ == "__main__":
    main()
