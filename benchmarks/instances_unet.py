"""How well a U-Net that learned objects tells nuclei apart, beside Otsu + watershed.

Trains on split train of the nuclei set, and reports on split test when it is done.
Started again with the same folder, it goes on where it was:
``python benchmarks/instances_unet.py --out FOLDER --seconds 3600``.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from real_images import dice, pictures
from results import table, write_section
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed

from napari_segsuite.data.frames import Frames
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine import device, intensity, networks, weights
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.objects.watershed import separate
from napari_segsuite.jobs.events import EpochEnd
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.metrics import InstanceReport, count, score_instances
from napari_segsuite.metrics.instances import total
from napari_segsuite.models.folder import discard, read_card
from napari_segsuite.models.kinds import as_unet
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.runners.inline import InlineRunner

KINDS = ("fluorescence", "histology", "brightfield")
THRESHOLDS = tuple(round(0.5 + 0.05 * i, 2) for i in range(9))
# The baseline's one number is chosen on so many training images.
TUNED_ON = 60
MIN_DISTANCES = (3, 5, 7, 10, 14)

Segment = Callable[[NDArray[np.uint8]], NDArray[np.int32]]


@dataclass(frozen=True)
class Picture:
    """A nuclei image in grey, with its objects."""

    name: str
    kind: str
    image: NDArray[np.uint8]
    labels: NDArray[np.uint16]


@dataclass(frozen=True)
class Scored:
    """How good a method is on some images."""

    objects: InstanceReport
    semantic: float
    """Mean Dice of the foreground."""
    seconds: float
    """Seconds per million pixels."""


def grey(split: str, kinds: Sequence[str]) -> list[Picture]:
    """Return all images of a split, in grey, in an order that never changes."""
    return [
        Picture(
            one.name,
            kind,
            one.image
            if one.image.ndim == 2
            else one.image.mean(axis=-1).round().astype(np.uint8),
            one.labels,
        )
        for kind in kinds
        for one in pictures(split, kind, 1_000_000, least_objects=1)
    ]


def train(out: Path, kinds: Sequence[str], options: argparse.Namespace) -> Path:
    """Train a model, or go on with its training; nothing is done if it is finished."""
    model, finished = out / "model", out / "finished"
    if finished.exists():
        return model
    data = out / "data"
    data.mkdir(parents=True, exist_ok=True)
    images, labels = [], []
    for one in grey("train", kinds):
        for array, what, refs in (
            (one.image, "image", images),
            (one.labels, "labels", labels),
        ):
            path = data / f"{one.name}-{what}.npy"
            if not path.exists():
                np.save(path, array)
            refs.append(ArrayRef(path=path, axes="YX"))
    resume = model.exists() and as_unet(read_card(model), model).unfinished is not None
    if model.exists() and not resume:
        discard(model)
    job = TrainUNet(
        images=tuple(images),
        labels=tuple(labels),
        learn="objects",
        out=model,
        start_from=options.start_from,
        name="nuclei objects",
        resume=resume,
        plan=PlanChoices(
            levels=options.levels,
            features=options.features,
            patch_size=options.patch,
            batch_size=options.batch,
        ),
        training=TrainingOptions(
            max_seconds=options.seconds,
            learning_rate=options.rate,
            seed=options.seed,
            device=options.device,
        ),
    )
    with InlineRunner() as runner:
        runner.submit(job, on_event=_tell).result()
    finished.touch()
    return model


def _tell(event: object) -> None:
    if isinstance(event, EpochEnd):
        print(
            f"epoch {event.epoch} step {event.step} {event.seconds:.0f} s "
            f"loss {event.loss:.4f} dice {event.dice:.4f} f1 {event.f1:.4f}"
            f"{' best' if event.best else ''}",
            flush=True,
        )


def network(model: Path, where: str) -> Segment:
    """Return what segments an image with a trained model, all of it at once."""
    compute = device.choose(where)  # type: ignore[arg-type]
    card, trained = weights.load(model)
    networks.place(trained, card.plan, compute.device)
    classifier = Classifier(trained, card.plan, compute)
    readout = card.objects
    if readout is None:
        msg = f"{model} learned classes"
        raise ValueError(msg)

    def segment(image: NDArray[np.uint8]) -> NDArray[np.int32]:
        frames = Frames(image, "YX", 2)
        scale = intensity.measure(frames, card.plan.normalisation, "it")
        maps = classifier.maps(torch.from_numpy(scale.apply(frames.read(0)))).numpy()
        return separate(maps[0], maps[1], readout)

    return segment


def otsu(min_distance: int, *, dark: bool) -> Segment:
    """Return Otsu's threshold and a watershed of distances, as scikit-image does."""

    def segment(image: NDArray[np.uint8]) -> NDArray[np.int32]:
        if image.min() == image.max():
            return np.zeros(image.shape, np.int32)
        bright = image > threshold_otsu(image)
        inside = ~bright if dark else bright
        distance = ndimage.distance_transform_edt(inside)
        parts, _ = ndimage.label(inside)
        peaks = peak_local_max(distance, min_distance=min_distance, labels=parts)
        seeds = np.zeros(image.shape, np.int32)
        seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
        found: NDArray[np.int32] = watershed(-distance, seeds, mask=inside)
        return found

    return segment


def tuned_otsu(kind: str) -> Segment:
    """Return the baseline with the best distance between peaks on training images."""
    some = grey("train", (kind,))[:TUNED_ON]
    dark = kind != "fluorescence"
    choices = [otsu(least, dark=dark) for least in MIN_DISTANCES]
    found = [score(choice, some).objects.average_precision for choice in choices]
    return choices[int(np.argmax(found))]


def score(segment: Segment, images: Sequence[Picture]) -> Scored:
    """Score a method; objects of all images count alike."""
    reports, overlaps, seconds = [], [], 0.0
    for one in images:
        began = time.perf_counter()
        found = segment(one.image)
        seconds += time.perf_counter() - began
        table_of_ids = count(one.labels.astype(np.int32), found)
        reports.append(score_instances(table_of_ids, thresholds=THRESHOLDS))
        overlaps.append(dice(found > 0, one.labels > 0))
    pixels = sum(one.image.size for one in images)
    return Scored(total(reports), float(np.mean(overlaps)), seconds / pixels * 1e6)


def _row(name: str, kind: str, images: int, scored: Scored) -> list[str]:
    objects = scored.objects
    precision = [match.average_precision for match in objects.matches]
    return [
        kind,
        name,
        f"{images}",
        f"{objects.n_true:,}",
        f"{precision[0]:.3f}",
        f"{float(np.mean(precision)):.3f}",
        f"{objects.matches[0].f1:.3f}",
        f"{objects.matches[0].panoptic_quality:.3f}",
        f"{scored.semantic:.3f}",
        f"{scored.seconds:.2f} s",
    ]


def main() -> None:
    """Train, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--seconds", type=float, default=3600, help="of training")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS[:1])
    parser.add_argument("--start-from", type=Path, help="model of an earlier run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--rate", type=float, default=0.004, help="highest learning rate"
    )
    parser.add_argument("--levels", type=int, default=0, help="0: the plan's")
    parser.add_argument("--features", type=int, default=0, help="0: the plan's")
    parser.add_argument("--patch", type=int, default=0, help="0: the plan's")
    parser.add_argument("--batch", type=int, default=0, help="0: the plan's")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--train-only", action="store_true", help="do not measure")
    options = parser.parse_args()
    model = train(options.out, options.kinds, options)
    if options.train_only:
        return
    card = as_unet(read_card(model), model)
    segment = network(model, options.device)
    rows = []
    for kind in options.kinds:
        images = grey("test", (kind,))
        for name, method in (
            ("**U-Net objects**", segment),
            ("Otsu + watershed, scikit-image", tuned_otsu(kind)),
        ):
            rows.append(_row(name, kind, len(images), score(method, images)))
    head = (
        "split test",
        "method",
        "images",
        "objects",
        "AP at IoU 0.5",
        "mean AP 0.5 … 0.9",
        "F1 at 0.5",
        "PQ",
        "semantic Dice",
        "per million pixels",
    )
    minutes = card.history[-1].seconds / 60 if card.history else math.nan
    before = ""
    if options.start_from is not None:
        earlier = as_unet(read_card(options.start_from), options.start_from).history
        before = (
            f" after {earlier[-1].seconds / 60:.0f} minutes and {earlier[-1].step:,} "
            "steps of an earlier run"
        )
    lines = [
        *table(head, rows),
        "",
        f"Trained for {minutes:.0f} minutes, {card.history[-1].step:,} steps of "
        f"{card.plan.batch_size} patches{before}, on split train "
        f"({', '.join(options.kinds)}), seed {options.seed}; F1 on objects held out "
        f"of it: {card.scores.get('f1', math.nan):.3f}. AP is TP / (TP + FP + FN) over "
        "all objects together. The baseline's distance between peaks is the best of "
        f"{', '.join(map(str, MIN_DISTANCES))} on {TUNED_ON} training images.",
    ]
    write_section("instances_unet", "U-Net objects on nuclei", lines)


if __name__ == "__main__":
    main()
