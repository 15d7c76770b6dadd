"""The time of a picture of 1024 × 1024 pixels, as users wait for it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile
from nuclei_objects import Picture, Segment, grey

from napari_segsuite.data.formats import describe
from napari_segsuite.jobs.base import Job
from napari_segsuite.jobs.instances import DetectInstances
from napari_segsuite.jobs.prediction import Predict
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.runners.process import ProcessRunner

SIDE = 1024
THREADS = 2
_TIMES = 5


def large_picture() -> Picture:
    """Return the largest fluorescence image of split test, mirrored to the size."""
    largest = max(grey("test", ("fluorescence",)), key=lambda one: one.labels.size)
    ends = [(0, max(0, SIDE - n)) for n in largest.labels.shape]
    image, labels = (
        np.pad(part, ends, mode="symmetric")[:SIDE, :SIDE]
        for part in (largest.image, largest.labels)
    )
    return Picture(largest.name, largest.kind, image, image, labels)


def time_job(model: Path, picture: Picture) -> float:
    """Return the median time of a model, from image file to labels file.

    The job runs in a worker process that is warm, as it is when a dock is open.
    """
    with TemporaryDirectory() as name, ProcessRunner(threads=THREADS) as runner:
        folder = Path(name)
        tifffile.imwrite(folder / "image.tif", picture.image)
        seconds = []
        for number in range(_TIMES + 1):
            job = _job(model, folder, number)
            began = time.monotonic()
            runner.submit(job).result()
            seconds.append(time.monotonic() - began)
    return statistics.median(seconds[1:])


def time_function(of_kind: Callable[[str], Segment], picture: Picture) -> float:
    """Return the median time of a method, from array to array."""
    segment = of_kind(picture.kind)
    seconds = []
    for _ in range(_TIMES):
        began = time.monotonic()
        segment(picture)
        seconds.append(time.monotonic() - began)
    return statistics.median(seconds)


def _job(model: Path, folder: Path, number: int) -> Job:
    image, out = describe(folder / "image.tif"), folder / f"labels{number}.tif"
    if isinstance(read_card(model), MaskRCNNCard):
        boxes = folder / f"boxes{number}.npz"
        return DetectInstances(model=model, image=image, out=out, detections=boxes)
    return Predict(model=model, image=image, out=out)
