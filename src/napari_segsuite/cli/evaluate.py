"""``segsuite evaluate``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import describe, paired_files
from napari_segsuite.cli.parsing import Command, Files
from napari_segsuite.jobs.evaluation import Evaluate

if TYPE_CHECKING:
    from napari_segsuite.metrics import OverlapReport


@dataclass(frozen=True, kw_only=True)
class EvaluateCommand(Command):
    """Score predicted labels against true ones: Dice, IoU, pixel accuracy.

    Several files, or folders, are paired by file name: a line for each pair, then the
    classes over all pixels together.
    """

    truth: Files
    """True labels: files or folders."""
    prediction: Files
    """Predicted labels, paired with the true ones by file name."""
    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Where to write the report as JSON; it must not exist."""
    ignore_id: Annotated[int | None, tyro.conf.arg(metavar="ID")] = None
    """Pixels with this id in the truth are not scored: 0 if 0 means unpainted."""
    background_id: Annotated[int | None, tyro.conf.arg(metavar="ID")] = 0
    """The class that the means leave out; None leaves none out."""

    def run(self, console: Console) -> None:
        """Score every pair and show the tables."""
        from napari_segsuite import api
        from napari_segsuite.metrics import OverlapReport, total

        options = ("--truth", "--prediction")
        pairs = paired_files(self.truth, self.prediction, options)
        reports = []
        for truth, prediction in pairs:
            job = Evaluate(
                truth=describe(truth, labels=True),
                prediction=describe(prediction, labels=True),
                ignore_id=self.ignore_id,
                background_id=self.background_id,
            )
            result = api.run(job, on_event=console.on_event)
            reports.append(OverlapReport.from_dict(result.report))
        whole = total(reports)
        if len(pairs) > 1:
            console.result(files_table([name.name for name, _ in pairs], reports))
            console.result(f"\nAll {len(pairs)} files together:")
        console.result(whole.to_text())
        if self.json is not None:
            write_json(self.json, whole, pairs, reports)


def files_table(names: Sequence[str], reports: Sequence[OverlapReport]) -> str:
    """Return one line per file with its mean scores."""
    width = max(len("file"), *(len(name) for name in names))
    lines = [f"{'file':{width}}  mean Dice  mean IoU  pixel accuracy"]
    lines += [
        f"{name:{width}}  {report.mean_dice:9.4f}  {report.mean_iou:8.4f}"
        f"  {report.pixel_accuracy:14.4f}"
        for name, report in zip(names, reports, strict=True)
    ]
    return "\n".join(lines)


def write_json(
    path: Path,
    whole: OverlapReport,
    pairs: Sequence[tuple[Path, Path]],
    reports: Sequence[OverlapReport],
) -> None:
    """Write the report of all pixels, with that of each pair under ``"files"``."""
    from napari_segsuite.data.atomic import atomic_file

    files = [
        {"truth": str(truth), "prediction": str(prediction), **report.to_dict()}
        for (truth, prediction), report in zip(pairs, reports, strict=True)
    ]
    text = json.dumps({**whole.to_dict(), "files": files}, indent=2, ensure_ascii=False)
    with atomic_file(path) as new:
        new.write_text(text + "\n", encoding="utf-8")
