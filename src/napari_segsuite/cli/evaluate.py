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
from napari_segsuite.data.atomic import atomic_file, refuse_existing
from napari_segsuite.errors import Cancelled, InputError, SegsuiteError
from napari_segsuite.jobs.evaluation import Evaluate

if TYPE_CHECKING:
    from napari_segsuite.metrics import OverlapReport


@dataclass(frozen=True, kw_only=True)
class EvaluateCommand(Command):
    """Score predicted labels against true ones: Dice, IoU, pixel accuracy.

    Several files, or folders, are paired by file name: a line for each pair, then the
    classes over all pixels together. Files without a partner are named at the end.
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
        from napari_segsuite.metrics import total

        options = ("--truth", "--prediction")
        files = paired_files(self.truth, self.prediction, options)
        if self.json is not None:
            refuse_existing(self.json)
        scored, failed = [], []
        for truth, prediction in files.pairs:
            try:
                report = self._score(truth, prediction, console)
            except Cancelled:
                raise
            except SegsuiteError as error:
                if len(files.pairs) == 1:
                    raise
                console.remark(f"{prediction}: {error}")
                failed.append(prediction)
            else:
                scored.append(ScoredPair(truth, prediction, report))
        if scored:
            whole = total(pair.report for pair in scored)
            if len(files.pairs) > 1:
                console.result(files_table(scored))
                console.result(f"\nAll {len(scored)} pairs together:")
            console.result(whole.to_text())
            if self.json is not None:
                write_json(self.json, whole, scored, [*files.unpaired, *failed])
        complaints = [files.complaint()] if files.unpaired else []
        if failed:
            names = ", ".join(str(path) for path in failed)
            complaints.append(f"These could not be scored: {names}.")
        if complaints:
            raise InputError(" ".join(complaints))

    def _score(self, truth: Path, prediction: Path, console: Console) -> OverlapReport:
        from napari_segsuite import api
        from napari_segsuite.metrics import OverlapReport

        job = Evaluate(
            truth=describe(truth, labels=True),
            prediction=describe(prediction, labels=True),
            ignore_id=self.ignore_id,
            background_id=self.background_id,
        )
        return OverlapReport.from_dict(api.run(job, on_event=console.on_event).report)


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two files and how they compare."""

    truth: Path
    prediction: Path
    report: OverlapReport


def files_table(pairs: Sequence[ScoredPair]) -> str:
    """Return one line per pair with its mean scores."""
    width = max(len("file"), *(len(pair.prediction.name) for pair in pairs))
    lines = [f"{'file':{width}}  mean Dice  mean IoU  pixel accuracy"]
    lines += [
        f"{pair.prediction.name:{width}}  {pair.report.mean_dice:9.4f}"
        f"  {pair.report.mean_iou:8.4f}  {pair.report.pixel_accuracy:14.4f}"
        for pair in pairs
    ]
    return "\n".join(lines)


def write_json(
    path: Path,
    whole: OverlapReport,
    scored: Sequence[ScoredPair],
    left_out: Sequence[Path],
) -> None:
    """Write the report of all pixels, with that of each pair under ``"files"``."""
    values = {
        **whole.to_dict(),
        "files": [
            {
                "truth": str(pair.truth),
                "prediction": str(pair.prediction),
                **pair.report.to_dict(),
            }
            for pair in scored
        ],
        "left_out": [str(path) for path in left_out],
    }
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_file(path) as new:
        new.write_text(text + "\n", encoding="utf-8")
