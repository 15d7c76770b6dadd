"""``segsuite evaluate``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from napari_segsuite.cli.console import Console
from napari_segsuite.cli.inputs import FileOptions, describe, paired_files
from napari_segsuite.cli.parsing import Command, Files
from napari_segsuite.cli.score_files import (
    ScoredPair,
    check_target,
    files_table,
    write_scores,
)
from napari_segsuite.errors import Cancelled, InputError, SegsuiteError
from napari_segsuite.jobs.evaluation import Evaluate, ScoringOptions
from napari_segsuite.jobs.events import Event, Progress

if TYPE_CHECKING:
    from napari_segsuite.metrics import Report


@dataclass(frozen=True, kw_only=True)
class EvaluateCommand(Command):
    """Score predicted labels against true ones: Dice, IoU, objects, surfaces.

    Several files, or folders, are paired by file name: a line for each pair, then the
    scores of all of them together. Files without a partner are named at the end.
    """

    truth: Files
    """True labels: files or folders."""
    prediction: Files
    """Predicted labels, paired with the true ones by file name."""
    out: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE ...")] = ()
    """Where to write the scores: .json, .csv or .html files, which must not exist."""
    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Where to write them as JSON, whatever the name; it must not exist."""
    scoring: tyro.conf.OmitArgPrefixes[ScoringOptions] = ScoringOptions()
    file: tyro.conf.OmitArgPrefixes[FileOptions] = FileOptions()

    def run(self, console: Console) -> None:
        """Score every pair and show the tables."""
        from napari_segsuite.metrics import total

        options = ("--truth", "--prediction")
        files = paired_files(self.truth, self.prediction, options)
        targets = [(path, path.suffix.lower()) for path in self.out]
        if self.json is not None:
            targets.append((self.json, ".json"))
        for target in targets:
            check_target(*target)
        scored, failed = [], []
        for number, (truth, prediction) in enumerate(files.pairs):
            told = _share(console, number, len(files.pairs), prediction.name)
            try:
                report = self._score(truth, prediction, told)
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
            several = len(files.pairs) > 1
            whole = total(pair.report for pair in scored) if several else report
            if several:
                console.result(files_table(scored, whole))
                console.result(f"\nAll {len(scored)} pairs together:")
            console.result(whole.to_text())
            for target in targets:
                write_scores(*target, whole, scored, [*files.unpaired, *failed])
        complaints = [files.complaint()] if files.unpaired else []
        if failed:
            names = ", ".join(str(path) for path in failed)
            complaints.append(f"These could not be scored: {names}.")
        if complaints:
            raise InputError(" ".join(complaints))

    def _score(
        self, truth: Path, prediction: Path, on_event: Callable[[Event], None]
    ) -> Report:
        from napari_segsuite import api
        from napari_segsuite.metrics import Report

        job = Evaluate(
            truth=describe(truth, self.file, labels=True),
            prediction=describe(prediction, self.file, labels=True),
            **dict(self.scoring),
        )
        return Report.from_dict(api.run(job, on_event=on_event).report)


def _share(
    console: Console, number: int, n_pairs: int, name: str
) -> Callable[[Event], None]:
    """Return what shows a pair's progress as its share of that of all pairs."""

    def show(event: Event) -> None:
        if isinstance(event, Progress) and event.fraction is not None and n_pairs > 1:
            event = Progress(
                fraction=(number + event.fraction) / n_pairs,
                message=f"scoring {name} ({number + 1} of {n_pairs})",
            )
        console.on_event(event)

    return show
