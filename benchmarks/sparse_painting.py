"""Dice within a minute of pressing Train, on real images with few strokes.

Each image is trained on by itself, from scratch, with default settings, in a worker
process that is warm as it is when a dock is open. The clock runs from the submission
of the job to its end. The opponent is a pixel random forest on the same strokes.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from real_images import Picture, dice, paint, pictures, random_forest
from results import table, write_section

from napari_segsuite.data.scratch import Scratch
from napari_segsuite.jobs.events import Preview
from napari_segsuite.jobs.prediction import Predict
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.runners.process import ProcessRunner

_WARM = ("napari_segsuite.engine.train_unet", "napari_segsuite.engine.predict_unet")


def measure(
    picture: Picture,
    seed: int,
    runner: ProcessRunner,
    scratch: Scratch,
    folder: Path,
    training: TrainingOptions,
) -> dict[str, float]:
    """Train, predict and score one picture."""
    name = f"{picture.name}-{training.max_seconds:g}"
    painted = paint(picture.labels, 1000 + seed)
    axes = "YXC" if picture.image.ndim == 3 else "YX"
    image = scratch.save(picture.image, axes)
    labels = scratch.save(painted, "YX")
    began = time.monotonic()
    previews: list[float] = []

    def listen(event: object) -> None:
        if isinstance(event, Preview):
            previews.append(time.monotonic() - began)

    job = TrainUNet(
        images=(image,),
        labels=(labels,),
        out=folder / name,
        training=training,
    )
    trained = runner.submit(job, on_event=listen).result()
    seconds = time.monotonic() - began
    predicted = runner.submit(
        Predict(model=trained.model, image=image, out=folder / f"{name}.npy")
    ).result()
    found = predicted.labels.open()
    truth = picture.labels > 0
    return {
        "objects": float(picture.labels.max()),
        "painted": float((painted > 0).mean()),
        "seconds": seconds,
        "preview": previews[0] if previews else float("nan"),
        "steps": float(trained.steps),
        "held out": trained.dice,
        "dice": dice(np.asarray(found) == 2, truth),
        "forest": dice(random_forest(picture.image, painted) == 2, truth),
    }


def _summary(values: list[float]) -> str:
    return (
        f"median {statistics.median(values):.3f}, mean {statistics.mean(values):.3f}, "
        f"worst {min(values):.3f}"
    )


def compare_durations(
    split: str, kind: str, count: int, durations: list[float]
) -> None:
    """Measure how Dice depends on the time, and write the section."""
    rows = []
    with (
        Scratch() as scratch,
        ProcessRunner(scratch=scratch) as runner,
        TemporaryDirectory() as folder,
    ):
        runner.warm_up(_WARM)
        time.sleep(20)  # as long as a person needs for a few strokes
        for seed, picture in enumerate(pictures(split, kind, count)):
            scores = [
                measure(
                    picture,
                    seed,
                    runner,
                    scratch,
                    Path(folder),
                    TrainingOptions(max_seconds=seconds),
                )["dice"]
                for seconds in durations
            ]
            rows.append((picture.name, *(f"{score:.3f}" for score in scores)))
            print(*rows[-1], flush=True)
    lines = table(("image", *(f"{seconds:g} s" for seconds in durations)), rows)
    if split == "test":
        write_section(
            f"sparse_painting_time_{kind}",
            f"Dice by the time that training may take, {kind}, split {split}",
            lines,
        )
    else:
        print("\n".join(lines))


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="test", choices=("train", "test"))
    parser.add_argument("--kind", default="fluorescence")
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--seconds", type=float, nargs="+", help="instead of default")
    options = parser.parse_args()
    if options.seconds:
        compare_durations(options.split, options.kind, options.count, options.seconds)
        return
    rows = []
    with (
        Scratch() as scratch,
        ProcessRunner(scratch=scratch) as runner,
        TemporaryDirectory() as folder,
    ):
        runner.warm_up(_WARM)
        time.sleep(20)  # as long as a person needs for a few strokes
        chosen = pictures(options.split, options.kind, options.count)
        for seed, picture in enumerate(chosen):
            figures = measure(
                picture, seed, runner, scratch, Path(folder), TrainingOptions()
            )
            size = "×".join(map(str, picture.labels.shape))
            rows.append((picture.name, size, figures))
            print(picture.name, size, figures, flush=True)
    ours = [figures["dice"] for *_, figures in rows]
    forest = [figures["forest"] for *_, figures in rows]
    lines = table(
        ("image", "size", "objects", "painted", "first preview", "seconds", "steps",
         "Dice", "random forest"),
        (
            (
                name,
                size,
                f"{f['objects']:.0f}",
                f"{f['painted']:.1%}",
                f"{f['preview']:.1f} s",
                f"{f['seconds']:.1f}",
                f"{f['steps']:.0f}",
                f"{f['dice']:.3f}",
                f"{f['forest']:.3f}",
            )
            for name, size, f in rows
        ),
    )  # fmt: skip
    lines += [
        "",
        f"Dice: {_summary(ours)}; random forest: {_summary(forest)}; "
        f"difference of means {statistics.mean(ours) - statistics.mean(forest):+.3f}.",
    ]
    if options.split == "test":
        suffix = "" if options.kind == "fluorescence" else f"_{options.kind}"
        write_section(
            f"sparse_painting{suffix}",
            f"Sparse painting, {options.kind}, split {options.split}, from scratch",
            lines,
        )
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    main()
