"""``segsuite demo``: the main job on shipped sample data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.parsing import Command
from napari_segsuite.cli.train import train
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.evaluation import Evaluate
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet

if TYPE_CHECKING:
    from napari_segsuite.metrics import OverlapReport

SAMPLE = "fluorescence"
SHARE = 0.03
CLASSES = (
    ClassInfo(id=1, name="background", color="#0072B2", thing=False),
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
        """Run every step, one after the other, and write demo.png."""
        from napari_segsuite import api
        from napari_segsuite.data.atomic import (
            atomic_file,
            refuse_existing,
            storage_errors,
        )
        from napari_segsuite.metrics import OverlapReport

        out = self.out or _free_folder(Path("demo-out"))
        refuse_existing(out)
        with storage_errors(out):
            out.mkdir(parents=True)
        files = _write_sample(out, self.training.seed)
        console.remark(f"{SAMPLE}: {files.share:.1%} of the pixels painted.")
        job = TrainUNet(
            images=(files.image,),
            labels=(files.painting,),
            out=out / "model",
            name="demo",
            classes=CLASSES,
            training=self.training,
        )
        train(job, console)
        console.begin("Predicting the whole image")
        predicted = api.run(
            Predict(
                model=job.out,
                image=files.image,
                out=out / "prediction.tif",
                options=PredictOptions(device=self.training.device),
            ),
            on_event=console.on_event,
        )
        scored = api.run(
            Evaluate(
                truth=files.truth,
                prediction=predicted.labels,
                background_id=1,
                names={info.id: info.name for info in CLASSES},
            )
        )
        report = OverlapReport.from_dict(scored.report)
        with atomic_file(out / "report.json") as new:
            new.write_text(report.to_json() + "\n", encoding="utf-8")
        with atomic_file(out / "demo.png") as new:
            _picture(files, predicted.labels, report).save(new)
        console.result(report.to_text())
        console.result(f"See {out / 'demo.png'}")


@dataclass(frozen=True)
class SampleFiles:
    """The sample on disk."""

    image: ArrayRef
    painting: ArrayRef
    truth: ArrayRef
    share: float
    """Part of the pixels that is painted."""
