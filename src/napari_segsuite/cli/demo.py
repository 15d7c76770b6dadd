"""``segsuite demo``: the main job on shipped sample data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.parsing import Command
from napari_segsuite.cli.train import train
from napari_segsuite.data.atomic import atomic_file, refuse_existing, storage_errors
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.evaluation import Evaluate
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.jobs.training import TrainingOptions, TrainResult, TrainUNet

if TYPE_CHECKING:
    from napari_segsuite.metrics import Report

SAMPLE = "fluorescence"
SHARE = 0.03
BACKGROUND = 1
CLASSES = (
    ClassInfo(id=BACKGROUND, name="background", color="#0072B2", thing=False),
    ClassInfo(id=2, name="nucleus", color="#E69F00"),
)


@dataclass(frozen=True, kw_only=True)
class DemoCommand(Command):
    """Paint (simulated), train, predict and score on a sample image.

    Leaves the image, the painting, the model, the prediction, a report and a picture
    of all of it in a folder.
    """

    out: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """The folder to make; None takes demo-out, or the next free name after it."""
    training: tyro.conf.OmitArgPrefixes[TrainingOptions] = TrainingOptions()

    def run(self, console: Console) -> None:
        """Take every step, one after the other."""
        out = self.out or _free_folder(Path("demo-out"))
        refuse_existing(out)
        with storage_errors(out):
            out.mkdir(parents=True)
        sample = write_sample(out, self.training.seed)
        console.remark(f"Painted {sample.share:.1%} of the sample's pixels by strokes.")
        trained = train(_training(sample, out, self.training), console)
        console.begin("Predicting the whole image")
        predicted, report = predict_and_score(sample, trained, out, self.training)
        with atomic_file(out / "report.json") as new:
            new.write_text(report.to_json() + "\n", encoding="utf-8")
        console.begin("Drawing the picture")
        draw_picture(out / "demo.png", sample, predicted, trained, report)
        console.result(report.to_text())
        console.result(f"See {out / 'demo.png'}")


@dataclass(frozen=True, slots=True)
class WrittenSample:
    """The sample on disk."""

    image: ArrayRef
    painting: ArrayRef
    truth: ArrayRef
    share: float
    """Part of the pixels that is painted."""


def write_sample(folder: Path, seed: int) -> WrittenSample:
    """Write the sample's image, its truth and a simulated painting into `folder`."""
    import numpy as np

    from napari_segsuite.data.formats import write_labels
    from napari_segsuite.data.samples import class_truth, make
    from napari_segsuite.data.strokes import paint_strokes

    sample = make(SAMPLE)
    truth = class_truth(sample)
    painting = paint_strokes(truth, np.random.default_rng(seed), SHARE)
    # The image has whole numbers too, so that it can be stored just as labels are.
    arrays = {"image": sample.image, "painting": painting, "truth": truth}
    image, painted, true = (
        write_labels(folder / f"{name}.tif", array, sample.axes, sample.spacing)
        for name, array in arrays.items()
    )
    return WrittenSample(image, painted, true, float(np.mean(painting != 0)))


def predict_and_score(
    sample: WrittenSample, trained: TrainResult, folder: Path, options: TrainingOptions
) -> tuple[ArrayRef, Report]:
    """Predict the sample's image into `folder` and score it against the truth."""
    from napari_segsuite import api
    from napari_segsuite.metrics import Report

    predicted = api.run(
        Predict(
            model=trained.model,
            image=sample.image,
            out=folder / "prediction.tif",
            options=PredictOptions(device=options.device),
        )
    )
    scored = api.run(
        Evaluate(
            truth=sample.truth,
            prediction=predicted.labels,
            background_id=BACKGROUND,
            names={info.id: info.name for info in CLASSES},
        )
    )
    return predicted.labels, Report.from_dict(scored.report)


def draw_picture(
    path: Path,
    sample: WrittenSample,
    predicted: ArrayRef,
    trained: TrainResult,
    report: Report,
) -> None:
    """Draw image, painting, truth and prediction side by side, with the numbers."""
    import numpy as np

    from napari_segsuite.cli.picture import Panel, draw

    image, painting, truth, prediction = (
        np.asarray(ref.open())
        for ref in (sample.image, sample.painting, sample.truth, predicted)
    )
    picture = draw(
        image,
        [
            Panel("image"),
            Panel("painting", painting, painted=True),
            Panel("truth", truth),
            Panel("prediction", prediction),
        ],
        CLASSES,
        [
            f"Dice {report.mean_dice:.3f}    IoU {report.mean_iou:.3f}    "
            f"pixel accuracy {report.pixel_accuracy:.3f}",
            f"{sample.share:.1%} of the pixels painted, "
            f"trained for {trained.seconds:.0f} s from scratch",
        ],
    )
    with atomic_file(path) as new:
        picture.save(new)


def _training(
    sample: WrittenSample, folder: Path, options: TrainingOptions
) -> TrainUNet:
    return TrainUNet(
        images=(sample.image,),
        labels=(sample.painting,),
        out=folder / "model",
        name="demo",
        classes=CLASSES,
        training=options,
    )


def _free_folder(wanted: Path) -> Path:
    candidate, number = wanted, 2
    while candidate.exists():
        candidate = wanted.with_name(f"{wanted.name}-{number}")
        number += 1
    return candidate
