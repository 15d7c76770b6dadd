"""Mask R-CNN on the nuclei of fluorescence images: trained on train, scored on test.

The training is a `TrainMaskRCNN` job from scratch with default settings. A program that
was killed goes on where it stood when it is started again with the same arguments; one
that has ended is scored again. Average precision is TP / (TP + FP + FN) over all
objects of the split, as StarDist and Cellpose count it.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from nuclei_objects import THRESHOLDS
from numpy.typing import NDArray
from results import table, write_section

from napari_segsuite import api
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.jobs.events import EpochEnd, PlanReady
from napari_segsuite.jobs.instances import (
    DetectInstances,
    DetectorOptions,
    TrainMaskRCNN,
)
from napari_segsuite.metrics import count, score_instances
from napari_segsuite.metrics.instances import total
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_maskrcnn
from napari_segsuite.plan.choose_maskrcnn import explain_maskrcnn

NUCLEI = Path(__file__).parents[2] / "shared" / "data" / "nuclei"


def names(split: str) -> list[str]:
    """Return the ids of the fluorescence images of a split."""
    with (NUCLEI / "split.csv").open() as file:
        return sorted(
            row["id"]
            for row in csv.DictReader(file)
            if row["split"] == split and row["kind"] == "fluorescence"
        )


def load(name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return an image (grey) and its labels."""
    image = iio.imread(NUCLEI / "images" / f"{name}.png")
    if image.ndim == 3:
        image = image[..., :3].max(-1)
    labels = iio.imread(NUCLEI / "labels" / f"{name}.png").astype(np.uint16)
    return image, labels


def train(folder: Path, options: DetectorOptions, count_images: int) -> Path:
    """Train, or go on with it; return the model folder."""
    model = folder / "model"
    begun = (model / "model.json").exists()
    if begun and read_card(model).unfinished is None:
        return model
    with Scratch() as scratch:
        pairs = [load(name) for name in names("train")[:count_images]]
        job = TrainMaskRCNN(
            images=tuple(scratch.save(image, "YX") for image, _ in pairs),
            labels=tuple(scratch.save(labels, "YX") for _, labels in pairs),
            out=model,
            name="nuclei",
            resume=begun,
            training=options,
        )
        api.run(job, on_event=_show)
    return model


def _show(event: object) -> None:
    if isinstance(event, PlanReady):
        print(explain_maskrcnn(event.plan), flush=True)  # type: ignore[arg-type]
    if isinstance(event, EpochEnd):
        print(
            f"{event.seconds:6.0f} s  epoch {event.epoch}  step {event.step}  "
            f"loss {event.loss:.3f}  F1 {event.f1:.3f}{'  best' if event.best else ''}",
            flush=True,
        )


def found_by_job(model: Path, image: ArrayRef, scratch: Scratch) -> NDArray[np.int32]:
    """Return the objects of an image as the job for users finds them."""
    job = DetectInstances(
        model=model,
        image=image,
        out=scratch.path(".npy"),
        detections=scratch.path(".npz"),
    )
    return np.array(api.run(job).labels.open())


def main() -> None:
    """Train, score, write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to work in")
    parser.add_argument("--seconds", type=float, default=4800.0)
    parser.add_argument("--learning-rate", type=float, default=None)
    parser.add_argument("--images", type=int, default=10_000, help="of the train split")
    parser.add_argument("--no-results", action="store_true", help="do not write them")
    arguments = parser.parse_args()
    options = DetectorOptions(max_seconds=arguments.seconds)
    if arguments.learning_rate is not None:
        options = options.replace(learning_rate=arguments.learning_rate)
    model = train(arguments.out, options, arguments.images)
    card = as_maskrcnn(read_card(model), model)
    reports, began = [], time.monotonic()
    for name in names("test"):
        image, truth = load(name)
        with Scratch() as scratch:
            guess = found_by_job(model, scratch.save(image, "YX"), scratch)
        reports.append(score_instances(count(truth, guess), thresholds=THRESHOLDS))
    seconds = time.monotonic() - began
    everything = total(reports)
    precisions = [score.average_precision for score in everything.matches]
    first = everything.matches[0]
    trained = card.history[-1]
    rows = [
        (
            f"{precisions[0]:.3f}",
            f"{np.mean(precisions):.3f}",
            f"{first.f1:.3f}",
            f"{first.precision:.3f}",
            f"{first.recall:.3f}",
            f"{first.mean_matched_iou:.3f}",
            f"{np.mean([r.matches[0].average_precision for r in reports]):.3f}",
        )
    ]
    head = ("AP@0.5", "mean AP 0.5:0.9", "F1", "precision", "recall", "IoU of matches")
    lines = [
        explain_maskrcnn(card.plan),
        "",
        f"Trained for {trained.seconds / 60:.0f} min ({trained.step} steps), "
        f"{len(names('train')[: arguments.images])} images; F1 "
        f"{card.scores.get('f1', float('nan')):.3f} on images held out of them. "
        f"{len(reports)} test images in {seconds:.0f} s.",
        "",
        *table((*head, "AP@0.5, mean of images"), rows),
    ]
    if arguments.no_results:
        print("\n".join(lines))
    else:
        write_section(
            "instances_maskrcnn", "Mask R-CNN, fluorescence, split test", lines
        )


if __name__ == "__main__":
    main()
