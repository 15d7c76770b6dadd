"""How good the models that ship inside are, beside what others use.

Every method sees split test of the nuclei set, in grey, kind by kind; models see it as
users' images: through `napari_segsuite.api`. Then images are changed, to see how robust
the models are, and the time of an image of 1024 × 1024 pixels is taken. What was
measured is kept in the folder of the run, so that the program goes on where it was:
``python benchmarks/shipped_models.py --out FOLDER``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from baselines import TUNED_ON, otsu, pixel_forest, tuned
from image_changes import PICTURE_CHANGES
from large_picture import SIDE, THREADS, large_picture, time_function, time_job
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
from plain_unet import PlainUNet
from remembered import Remembered
from results import table, write_section

from napari_segsuite import api
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard

# Part of the score that is to be kept when images change.
KEPT = 0.9
_AS_IT_IS = next(iter(PICTURE_CHANGES))


@dataclass(frozen=True)
class Method:
    """What finds objects."""

    name: str
    """What tables call it."""
    key: str
    """What its remembered figures are called."""
    of_kind: Callable[[str], Segment]
    """The method for images of a kind."""


def shipped(name: str) -> Method:
    """Return a model as users run it."""
    folder = api.find_model(name)
    card = read_card(folder)
    ask = api.detect if isinstance(card, MaskRCNNCard) else api.predict_objects

    def segment(picture: Picture) -> NDArray[np.int32]:
        found: NDArray[np.int32] = ask(folder, picture.image, axes="YX").labels
        return found

    return Method(f"**{card.name}**", card.weights.sha256[:12], lambda kind: segment)


def baselines(plain: PlainUNet | None, part: float) -> list[Method]:
    """Return what others use; the methods of a kind are made when they are needed."""

    @cache
    def with_otsu(kind: str) -> Segment:
        return tuned(otsu, kind, part)

    @cache
    def with_forest(kind: str) -> Segment:
        return tuned(pixel_forest(grey("train", (kind,), part)), kind, part)

    found = [
        Method("Otsu + watershed", "otsu", with_otsu),
        Method("random forest of pixels + watershed", "forest", with_forest),
    ]
    if plain is not None:

        @cache
        def with_plain(kind: str) -> Segment:
            return tuned(plain.foreground(), kind, part)

        key = f"plain-{plain.steps}"
        found.append(Method("plain MONAI U-Net + watershed", key, with_plain))
    return found


class Bench:
    """Methods, images, and what was measured.

    Parameters
    ----------
    remembered : Remembered
        What was measured.
    part : float
        Of the images of each kind.
    """

    def __init__(self, remembered: Remembered, part: float) -> None:
        self._remembered = remembered
        self._part = part

    def scored(self, method: Method, kind: str, change: str = _AS_IT_IS) -> Scored:
        """Return how good a method is on the test images of a kind, if changed."""
        change_name = change.replace(" ", "-").replace(",", "")
        key = f"{method.key}-{kind}-{change_name}-{self._part:g}"
        measured = self._remembered.get(
            key, lambda: self._score(method, kind, change).to_json()
        )
        return Scored.from_json(measured)

    def _score(self, method: Method, kind: str, change: str) -> Scored:
        print(f"{method.name}, {kind}, {change}", flush=True)
        rng = np.random.default_rng(0)
        images = grey("test", (kind,), self._part)
        changed = [PICTURE_CHANGES[change](one, rng) for one in images]
        return score(method.of_kind(kind), changed)

    def seconds(self, key: str, measure: Callable[[], float]) -> float:
        """Return the time of a large image."""
        measured: float = self._remembered.get(f"{key}-{SIDE}", measure)
        return measured


def of_kinds(bench: Bench, methods: list[Method], *, has_plain: bool) -> list[str]:
    """Return the table of all methods."""
    rows = []
    for kind in KINDS:
        for method in methods:
            scored = bench.scored(method, kind)
            per_image = scored.seconds / scored.images
            cells = (*score_cells(scored), f"{per_image:.2f} s")
            rows.append((kind, method.name, *cells))
        if not has_plain:
            empty = ("not run", *("",) * len(SCORE_HEAD))
            rows.append((kind, "plain MONAI U-Net + watershed", *empty))
    return table(("split test", "method", *SCORE_HEAD, "per image"), rows)


def robustness(bench: Bench, models: list[Method]) -> tuple[list[str], list[str]]:
    """Return the table of changed images, and the changes that cost too much."""
    kinds = ("fluorescence", "histology")
    columns = [(model, kind) for model in models for kind in kinds]
    rows, costly = [], []
    for change in PICTURE_CHANGES:
        cells = []
        for model, kind in columns:
            before = bench.scored(model, kind).objects.average_precision
            after = bench.scored(model, kind, change).objects.average_precision
            part = after / before if before else np.nan
            cells.append(f"{after:.3f} ({part:.0%})" if before else f"{after:.3f} (–)")
            if part < KEPT:
                costly.append(f"{model.name}, {kind}: {change} ({part:.0%})")
        rows.append((change, *cells))
    head = ("AP at IoU 0.5", *(f"{model.name}, {kind}" for model, kind in columns))
    return table(head, rows), costly


def times(
    bench: Bench, models: list[tuple[Method, Path]], others: list[Method]
) -> tuple[list[str], list[float]]:
    """Return the table of times of a large image, and those of the models."""
    picture = large_picture()
    rows, seconds = [], []
    for method, folder in models:
        seconds.append(bench.seconds(method.key, partial(time_job, folder, picture)))
        rows.append((method.name, f"{seconds[-1]:.2f} s", "file to file"))
    for method in others:
        run = partial(time_function, method.of_kind, picture)
        rows.append((method.name, f"{bench.seconds(method.key, run):.2f} s", "arrays"))
    return table((f"{SIDE} × {SIDE}", "median of 5", "from, to"), rows), seconds


def targets(
    bench: Bench, unet: Method, maskrcnn: Method, seconds: float
) -> list[tuple[str, str, str, str]]:
    """Return rows: what was asked for, and whether it is reached."""
    found = bench.scored(unet, "fluorescence")
    detected = bench.scored(maskrcnn, "fluorescence").objects.average_precision
    precision = found.objects.average_precision
    rows = [
        ("fluorescence, AP at IoU 0.5", unet, 0.86, precision),
        ("fluorescence, semantic Dice", unet, 0.93, found.semantic),
        ("fluorescence, AP at IoU 0.5", maskrcnn, 0.80, detected),
    ]
    told = [
        (
            f"{method.name}, {what}",
            f"≥ {least:.2f}",
            f"{value:.3f}",
            "yes" if value >= least else "no",
        )
        for what, method, least, value in rows
    ]
    speed = f"{unet.name}, {SIDE} × {SIDE} on {THREADS} cores"
    told.append((speed, "≤ 2 s", f"{seconds:.2f} s", "yes" if seconds <= 2 else "no"))
    return told


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--unet", default="nuclei-unet", help="name or model folder")
    parser.add_argument("--maskrcnn", default="nuclei-maskrcnn", help="likewise")
    parser.add_argument(
        "--plain-minutes",
        type=float,
        default=20,
        help="of training the plain U-Net; 0 leaves it out",
    )
    parser.add_argument(
        "--part", type=float, default=1.0, help="of the images; nothing is written"
    )
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    unet, maskrcnn = shipped(options.unet), shipped(options.maskrcnn)
    plain = None
    if options.plain_minutes:
        plain = PlainUNet(options.out)
        plain.train(grey("train", KINDS), options.plain_minutes)
    bench = Bench(Remembered(options.out / "scores"), options.part)
    others = baselines(plain, options.part)
    scores = of_kinds(bench, [unet, maskrcnn, *others], has_plain=plain is not None)
    changed, costly = robustness(bench, [unet, maskrcnn])
    folders = [api.find_model(name) for name in (options.unet, options.maskrcnn)]
    models = list(zip((unet, maskrcnn), folders, strict=True))
    timed, seconds = times(bench, models, others)
    reached = targets(bench, unet, maskrcnn, seconds[0])
    trained = "The plain U-Net was not run."
    if plain is not None:
        trained = (
            f"The plain U-Net trained for {plain.seconds / 60:.0f} minutes, "
            f"{plain.steps:,} steps, on all kinds."
        )
    lines = [
        *table(("what", "asked for", "measured", "reached"), reached),
        "",
        *scores,
        "",
        "AP is TP / (TP + FP + FN) over all objects of a kind together; Dice is the "
        "mean of images. Times of the models include reading the model and the image. "
        "The forest sees colours, all others grey. Its pixels, and the watershed's "
        f"distance between peaks and least area (the best on up to {TUNED_ON} images), "
        f"are of split train, kind by kind. {trained}",
        "",
        "Changed images; in brackets the part of the score that is kept:",
        "",
        *changed,
        "",
        f"Less than {KEPT:.0%} is kept of: {'; '.join(costly) or 'none'}.",
        "",
        *timed,
    ]
    if options.part == 1:
        write_section("shipped_models", "Models that ship inside", lines)
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    main()
