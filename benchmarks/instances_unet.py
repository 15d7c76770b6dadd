"""How well a U-Net that learned objects tells nuclei apart, beside Otsu + watershed.

Trains on split train of the nuclei set, and reports on split test when it is done.
Started again with the same folder, it goes on where it was:
``python benchmarks/instances_unet.py --out FOLDER --seconds 3600``.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from baselines import MIN_DISTANCES, TUNED_ON, otsu, tuned
from nuclei_objects import (
    KINDS,
    SCORE_HEAD,
    Picture,
    Scored,
    Segment,
    grey,
    score,
    score_cells,
)
from numpy.typing import NDArray
from results import table, write_section

from napari_segsuite.data.frames import Frames
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine import device, intensity, networks, weights
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.objects.watershed import separate
from napari_segsuite.jobs.events import EpochEnd
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_unet
from napari_segsuite.models.publishing import discard
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.runners.inline import InlineRunner


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

    def segment(picture: Picture) -> NDArray[np.int32]:
        frames = Frames(picture.image, "YX", 2)
        scale = intensity.measure(frames, card.plan.normalisation, "it")
        maps = classifier.maps(torch.from_numpy(scale.apply(frames.read(0)))).numpy()
        return separate(maps[0], maps[1], readout)

    return segment


def _row(name: str, kind: str, scored: Scored) -> list[str]:
    seconds = scored.seconds / scored.pixels * 1e6
    return [kind, name, *score_cells(scored), f"{seconds:.2f} s"]


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
            ("Otsu + watershed, scikit-image", tuned(otsu, kind)),
        ):
            rows.append(_row(name, kind, score(method, images)))
    head = ("split test", "method", *SCORE_HEAD, "per million pixels")
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
        "all objects together. The baseline's distance between peaks "
        f"({', '.join(map(str, MIN_DISTANCES))}) and least area are the best on "
        f"{TUNED_ON} training images.",
    ]
    write_section("instances_unet", "U-Net objects on nuclei", lines)


if __name__ == "__main__":
    main()
