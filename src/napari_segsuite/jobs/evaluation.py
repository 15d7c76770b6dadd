"""Score a prediction against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.base import Job, JobContext, Result


class EvaluateResult(Result):
    """Scores of one pair of label images."""

    report: dict[str, object]
    """The report, as `OverlapReport.to_dict` writes it."""


class Evaluate(Job[EvaluateResult]):
    """Score a prediction against the truth: Dice, IoU, pixel accuracy."""

    kind: ClassVar[str] = "evaluate"
    handler: ClassVar[str] = "napari_segsuite.jobs.evaluation:evaluate"
    result_type: ClassVar[type[Result]] = EvaluateResult

    truth: ArrayRef
    """The true labels."""
    prediction: ArrayRef
    """The predicted labels; the same shape."""
    ignore_id: int | None = None
    """Pixels with this id in the truth are not scored; None scores all."""
    json_file: Path | None = None
    """Where to write the report, if wanted."""
