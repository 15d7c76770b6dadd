"""3D: nuclei with 5 % painted, and a CT with three painted organs."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from real_images import SHARED
from results import table, write_section

from napari_segsuite.data.formats import describe
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.jobs.prediction import Predict
from napari_segsuite.jobs.training import TrainingOptions, TrainResult, TrainUNet
from napari_segsuite.metrics import evaluate
from napari_segsuite.runners.process import ProcessRunner

_ORGANS = 3


def paint_slices(classes: NDArray, share: float, seed: int) -> NDArray[np.uint8]:
    """Paint every class of a volume slice by slice, on `share` of its voxels in all.

    Parameters
    ----------
    classes : ndarray, shape (z, y, x)
        0 is background, painted as 1; class k is painted as k + 1.
    """
    from painting import strokes

    rng = np.random.default_rng(seed)
    painted = np.zeros(classes.shape, np.uint8)
    ids = [int(i) for i in np.unique(classes) if i]
    for plane, out in zip(classes, painted, strict=True):
        for label in ids:
            if not (plane == label).any():
                continue
            found = strokes((plane == label).astype(np.uint16), rng, share / len(ids))
            out[found == 2] = label + 1
            out[(found == 1) & (plane == 0)] = 1
        if not plane.any():
            found = strokes(np.zeros(plane.shape, np.uint16), rng, share / 4)
            out[found == 1] = 1
    return painted


def train_and_predict(
    image: ArrayRef, painted: NDArray, runner: ProcessRunner, scratch: Scratch
) -> tuple[TrainResult, NDArray]:
    """Train with default settings, and predict the same volume."""
    with TemporaryDirectory() as folder:
        out = Path(folder)
        labels = scratch.save(painted, "ZYX", image.spacing)
        job = TrainUNet(
            images=(image,),
            labels=(labels,),
            out=out / "model",
            training=TrainingOptions(),
        )
        trained = runner.submit(job).result()
        predict = Predict(model=trained.model, image=image, out=out / "labels.npy")
        found = np.array(runner.submit(predict).result().labels.open())
    return trained, found


def main() -> None:
    """Measure and write the section."""
    volumes = SHARED / "data" / "volumes"
    rows = []
    with Scratch() as scratch, ProcessRunner(scratch=scratch) as runner:
        image = describe(volumes / "nuclei3d_image.tif", axes="ZYX")
        truth = describe(volumes / "nuclei3d_labels.tif", labels=True, axes="ZYX")
        nuclei = np.asarray(truth.open()) > 0
        painted = paint_slices(nuclei.astype(np.uint8), 0.05, 1)
        trained, found = train_and_predict(image, painted, runner, scratch)
        report = evaluate(nuclei + 1, found, background_id=1)
        rows.append(_row("nuclei3d", painted, trained, report.mean_dice))
        image = describe(volumes / "ct_image.nii.gz")
        truth = describe(volumes / "ct_labels.nii.gz", labels=True)
        organs = np.asarray(truth.open())
        sizes = np.bincount(organs[organs > 0].ravel().astype(int))
        classes = np.zeros(organs.shape, np.uint8)
        for k, label in enumerate(np.argsort(sizes)[::-1][:_ORGANS], start=1):
            classes[organs == label] = k
        painted = paint_slices(classes, 0.05, 2)
        trained, found = train_and_predict(image, painted, runner, scratch)
        report = evaluate(classes + 1, found, background_id=1)
        rows.append(_row(f"CT, {_ORGANS} organs", painted, trained, report.mean_dice))
    write_section(
        "volumes",
        "Volumes, from scratch, default settings",
        table(("volume", "size", "painted", "network", "seconds", "mean Dice"), rows),
    )


def _row(name: str, painted: NDArray, trained: TrainResult, dice: float) -> list[str]:
    return [
        name,
        "×".join(map(str, painted.shape)),
        f"{(painted > 0).mean():.1%}",
        f"{trained.plan.ndim}D",
        f"{trained.seconds:.0f}",
        f"{dice:.3f}",
    ]


if __name__ == "__main__":
    main()
