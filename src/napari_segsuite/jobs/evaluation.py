"""Score a prediction against the truth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from napari_segsuite.data.atomic import atomic_file, refuse_existing
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import Job, JobContext, Result
from napari_segsuite.jobs.events import Notice, Progress
from napari_segsuite.metrics.report import evaluate as score_arrays


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
    background_id: int | None = 0
    """The class that the means leave out; None leaves none out."""
    names: Mapping[int, str] = {}
    """Names of classes by id, for the report."""
    json_file: Path | None = None
    """Where to write the report, if wanted."""


def evaluate(job: Evaluate, ctx: JobContext) -> EvaluateResult:
    """Carry out an `Evaluate` job, block by block, with flat memory.

    Raises
    ------
    InputError
        If shapes or the order of axes differ, values are no ids, or a file cannot be
        read.
    StorageError
        If the report exists already or cannot be written.
    """
    truth, prediction = job.truth, job.prediction
    if sorted(truth.axes) == sorted(prediction.axes) and truth.axes != prediction.axes:
        msg = (
            f"The truth has its axes in the order {truth.axes}, the prediction in the "
            f"order {prediction.axes}. Transpose one of them."
        )
        raise InputError(msg)
    if job.json_file is not None:
        refuse_existing(job.json_file)
    if not _same_spacing(truth, prediction):
        ctx.emit(
            Notice(
                message=(
                    f"The truth has pixels of {truth.spacing} µm, the prediction of "
                    f"{prediction.spacing} µm; they are scored pixel by pixel."
                )
            )
        )

    def progress(fraction: float) -> None:
        ctx.check_cancelled()
        ctx.emit(Progress(fraction=min(fraction, 1.0), message="counting pixels"))

    report = score_arrays(
        truth.open(),
        prediction.open(),
        ignore_id=job.ignore_id,
        background_id=job.background_id,
        names=job.names,
        progress=progress,
    )
    if job.json_file is not None:
        with atomic_file(job.json_file) as temporary:
            temporary.write_text(report.to_json() + "\n", encoding="utf-8")
    values: dict[str, Any] = report.to_dict()
    return EvaluateResult(report=values)


def _same_spacing(truth: ArrayRef, prediction: ArrayRef) -> bool:
    """Whether both have the same spacing, as far as both say."""
    if truth.spacing is None or prediction.spacing is None:
        return True
    return len(truth.spacing) == len(prediction.spacing) and all(
        math.isclose(a, b, rel_tol=0.01)
        for a, b in zip(truth.spacing, prediction.spacing, strict=True)
    )
