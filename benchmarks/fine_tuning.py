"""What fine-tuning is worth: Dice over painted nuclei, from nuclei-unet and scratch.

On each of some images that no model has seen, one, three and ten nuclei are painted
whole, with a stroke of background around each. A U-Net learns the two classes from
them for half a minute, once from nothing and once from the model that ships inside,
both with default settings, and predicts the whole image. From nothing it sees colours;
the model that ships inside sees their mean. Stopped and started again with the same
arguments, the program goes on where it was.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from painted_nuclei import NUCLEUS, order_of_painting, paint_nuclei
from real_images import Picture, dice, pictures
from remembered import Remembered
from results import table, write_section

from napari_segsuite import api
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.models.folder import read_card
from napari_segsuite.runners.process import ProcessRunner

IMAGES = {"fluorescence": 8, "histology": 4}
COUNTS = (1, 3, 10)
# Ten nuclei are to be painted, and others to be left.
LEAST_NUCLEI = 15
WANTED = 0.90
_WARM = ("napari_segsuite.engine.train_unet", "napari_segsuite.engine.predict_unet")


@dataclass(frozen=True)
class Bench:
    """What every run needs."""

    model: Path
    """The model to start from."""
    training: TrainingOptions
    runner: ProcessRunner
    scratch: Scratch
    folder: Path
    """Takes models and predictions."""

    def start(self, picture: Picture) -> float:
        """Return the Dice of the model as it is."""
        return self._score(self.model, picture, _grey(picture.image))

    def trained(
        self, picture: Picture, painted: NDArray[np.uint8], *, scratch: bool
    ) -> float:
        """Return the Dice on the whole image after training on what is painted."""
        image = picture.image if scratch else _grey(picture.image)
        with TemporaryDirectory(dir=self.folder) as folder:
            job = TrainUNet(
                images=(self.scratch.save(image, _axes(image)),),
                labels=(self.scratch.save(painted, "YX"),),
                out=Path(folder) / "model",
                start_from=None if scratch else self.model,
                training=self.training,
            )
            found = self.runner.submit(job).result()
            return self._score(found.model, picture, image)

    def _score(self, model: Path, picture: Picture, image: NDArray) -> float:
        with TemporaryDirectory(dir=self.folder) as folder:
            job = Predict(
                model=model,
                image=self.scratch.save(image, _axes(image)),
                out=Path(folder) / "labels.npy",
                options=PredictOptions(readout="semantic"),
            )
            labels = np.asarray(self.runner.submit(job).result().labels.open())
            return dice(labels == NUCLEUS, picture.labels > 0)


def _grey(image: NDArray) -> NDArray:
    return image if image.ndim == 2 else image.mean(-1).round().astype(image.dtype)


def _axes(image: NDArray) -> str:
    return "YXC" if image.ndim == 3 else "YX"


@dataclass(frozen=True)
class Curves:
    """Dice of one image."""

    name: str
    kind: str
    nuclei: int
    start: float
    """Of the model started from, nothing painted."""
    painted: list[float]
    """Part of the image that is painted, for each of `COUNTS`."""
    scratch: list[float]
    tuned: list[float]


def curves(
    bench: Bench,
    picture: Picture,
    kind: str,
    seeds: int,
    keep: Callable[[str, Callable[[], float]], float],
) -> Curves:
    """Measure one image; means over the seeds."""
    start = keep(f"{picture.name}-start", lambda: bench.start(picture))
    shares = np.zeros((seeds, len(COUNTS)))
    found = np.zeros((2, seeds, len(COUNTS)))
    for seed in range(seeds):
        order = order_of_painting(picture.labels, seed)
        for column, count in enumerate(COUNTS):
            painted = paint_nuclei(picture.labels, order[:count])
            shares[seed, column] = (painted > 0).mean()
            for row, scratch in enumerate((True, False)):
                how = "scratch" if scratch else "tuned"
                found[row, seed, column] = keep(
                    f"{picture.name}-{seed}-{count}-{how}",
                    lambda scratch=scratch, painted=painted: bench.trained(
                        picture, painted, scratch=scratch
                    ),
                )
    scratch, tuned = found.mean(1)
    print(picture.name, kind, f"{start:.3f}", scratch.round(3), tuned.round(3))
    return Curves(
        picture.name,
        kind,
        len(np.unique(picture.labels)) - 1,
        start,
        shares.mean(0).tolist(),
        scratch.tolist(),
        tuned.tolist(),
    )


def nuclei_needed(counts: Sequence[int], reached: Sequence[float]) -> float | None:
    """Return after how many painted nuclei Dice is as wanted; None: after more.

    Between counts, Dice is taken to rise along a straight line.
    """
    for i, (count, now) in enumerate(zip(counts, reached, strict=True)):
        if now < WANTED:
            continue
        if i == 0:
            return float(count)
        before = reached[i - 1]
        part = (WANTED - before) / (now - before)
        return counts[i - 1] + part * (count - counts[i - 1])
    return None


def summary(kind: str, found: Sequence[Curves]) -> tuple[list[list[str]], str]:
    """Return the rows of the curves of a kind, and what they say of the painting."""
    start = float(np.mean([one.start for one in found]))
    shares, scratch, tuned = (
        np.mean([getattr(one, name) for one in found], axis=0)
        for name in ("painted", "scratch", "tuned")
    )
    rows = [
        [f"{kind}, painted", "0 %", *(f"{share:.1%}" for share in shares)],
        [f"{kind}, from scratch", "", *(f"{value:.3f}" for value in scratch)],
        [f"{kind}, **fine-tuned**", f"{start:.3f}", *(f"{v:.3f}" for v in tuned)],
    ]
    with_start = nuclei_needed((0, *COUNTS), (start, *tuned))
    without = nuclei_needed(COUNTS, scratch)
    more = f"more than {COUNTS[-1]}"
    said = (
        f"{kind}: mean Dice {WANTED:.2f} takes "
        f"{more if with_start is None else f'{with_start:.1f}'} painted nuclei with "
        f"fine-tuning and {more if without is None else f'{without:.1f}'} from scratch"
    )
    if with_start is None:
        return rows, f"{said}."
    whole = COUNTS[-1] if without is None else without
    bound = "less than " if without is None else ""
    return rows, f"{said}: {bound}{with_start / whole:.0%} of the painting."


def section(found: Sequence[Curves], told: str) -> list[str]:
    """Return the lines of the section."""
    rows, said = [], []
    for kind in IMAGES:
        some = [one for one in found if one.kind == kind]
        if some:
            more, sentence = summary(kind, some)
            rows += more
            said.append(sentence)
    counts = [f"{count} nuclei" if count > 1 else "1 nucleus" for count in COUNTS]
    each = [
        [
            one.name,
            one.kind,
            f"{one.nuclei}",
            f"{one.start:.3f}",
            *(
                f"{before:.3f} → {after:.3f}"
                for before, after in zip(one.scratch, one.tuned, strict=True)
            ),
        ]
        for one in found
    ]
    return [
        told,
        "",
        *table(("Dice of the whole image, mean", "nothing painted", *counts), rows),
        "",
        *(f"- {sentence}" for sentence in said),
        "",
        "From scratch → fine-tuned, per image:",
        "",
        *table(("image", "kind", "nuclei", "nothing painted", *counts), each),
    ]


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--unet", default="nuclei-unet", help="name or model folder")
    parser.add_argument("--seconds", type=float, default=30, help="of each training")
    parser.add_argument("--seeds", type=int, default=2, help="of what is painted")
    parser.add_argument(
        "--part", type=float, default=1.0, help="of the images; nothing is written"
    )
    parser.add_argument("--split", default="test", choices=("train", "test"))
    parser.add_argument("--kinds", nargs="+", choices=IMAGES, default=list(IMAGES))
    options = parser.parse_args()
    model = api.find_model(options.unet)
    card = read_card(model)
    remembered = Remembered(options.out / "scores")
    found: list[Curves] = []

    def keep(key: str, measure: Callable[[], float]) -> float:
        # What was trained from scratch holds for every model.
        told = "" if key.endswith("scratch") else f"-{card.weights.sha256[:12]}"
        measured: float = remembered.get(f"{key}{told}-{options.seconds:g}", measure)
        return measured

    with (
        Scratch() as scratch,
        ProcessRunner(scratch=scratch) as runner,
        TemporaryDirectory() as folder,
    ):
        runner.warm_up(_WARM)
        time.sleep(10)
        training = TrainingOptions(max_seconds=options.seconds)
        bench = Bench(model, training, runner, scratch, Path(folder))
        for kind in options.kinds:
            count = max(1, round(options.part * IMAGES[kind]))
            found += [
                curves(bench, picture, kind, options.seeds, keep)
                for picture in pictures(options.split, kind, count, LEAST_NUCLEI)
            ]
    lines = section(
        found,
        f"{len(found)} images of split {options.split}, {options.seconds:g} s of "
        f"training each, choices of what is painted: {options.seeds}; "
        f"{card.name} learned from none of them.",
    )
    if options.split == "test" and options.part == 1:
        write_section("fine_tuning", "Fine-tuning against training from scratch", lines)
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    main()
