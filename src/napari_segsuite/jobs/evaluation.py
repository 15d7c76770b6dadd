"""Score a prediction against the truth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.data.atomic import atomic_file, refuse_existing
from napari_segsuite.data.axes import spatial
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import Job, JobContext, Result
from napari_segsuite.jobs.events import Notice, Progress
from napari_segsuite.metrics import Mode
from napari_segsuite.metrics import evaluate as score_arrays


class ScoringOptions(Model):
    """How label images are scored."""

    mode: Mode = "classes"
    """What ids mean: classes; instances, that is objects; or panoptic segments, whose
    class is id // 1000, or the id itself below 1000."""
    ignore_id: int | None = None
    """Pixels with this id in the truth are not scored: 0 if 0 means unpainted."""
    background_id: int | None = 0
    """The class that the means leave out, None leaves none out; the id that is no
    object."""
    stuff_ids: tuple[int, ...] = ()
    """The classes of panoptic segments that are areas, not objects."""
    surfaces: bool = False
    """Whether to measure distances between surfaces too, in micrometre."""
    tolerance: float | None = Field(default=None, ge=0)
    """How far surfaces may lie apart and count as found, in micrometre; None is two
    pixels of the finest axis."""
    per_axis: str | None = Field(default=None, pattern="^[TZYX]$")
    """The axis whose slices get scores of their own, such as Z or T."""


class EvaluateResult(Result):
    """Scores of one pair of label images."""

    report: dict[str, object]
    """The report, as `Report.to_dict` writes it."""


class Evaluate(ScoringOptions, Job[EvaluateResult]):
    """Score a prediction against the truth: pixels, objects, segments, surfaces."""

    kind: ClassVar[str] = "evaluate"
    handler: ClassVar[str] = "napari_segsuite.jobs.evaluation:evaluate"
    result_type: ClassVar[type[Result]] = EvaluateResult
    written: ClassVar[tuple[str, ...]] = ("json_file",)

    truth: ArrayRef
    """The true labels."""
    prediction: ArrayRef
    """The predicted labels; the same shape."""
    names: Mapping[int, str] = {}
    """Names of classes by id, for the report."""
    json_file: Path | None = None
    """Where to write the report, if wanted."""


def evaluate(job: Evaluate, ctx: JobContext) -> EvaluateResult:
    """Carry out an `Evaluate` job: block by block, with flat memory, but for surfaces.

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
                    f"{prediction.spacing} µm; they are scored pixel by pixel, with "
                    "distances as the truth has them."
                )
            )
        )

    def progress(fraction: float) -> None:
        ctx.check_cancelled()
        ctx.emit(Progress(fraction=min(fraction, 1.0), message="scoring"))

    report = score_arrays(
        truth.open(),
        prediction.open(),
        mode=job.mode,
        ignore_id=job.ignore_id,
        background_id=job.background_id,
        stuff_ids=job.stuff_ids,
        surfaces=job.surfaces,
        spacing=truth.spacing or prediction.spacing,
        tolerance=job.tolerance,
        n_frame_axes=n_frame_axes(truth.axes) if job.surfaces else 0,
        per_axis=axis_number(job.per_axis, truth.axes),
        names=job.names,
        progress=progress,
    )
    if job.json_file is not None:
        with atomic_file(job.json_file) as temporary:
            temporary.write_text(report.to_json() + "\n", encoding="utf-8")
    values: dict[str, Any] = report.to_dict()
    return EvaluateResult(report=values)


def n_frame_axes(axes: str) -> int:
    """Return how many leading `axes` are not of space: 1 for ``"TYX"``.

    Raises
    ------
    InputError
        If others stand between those of space.
    """
    n_frames = len(axes) - len(spatial(axes))
    if spatial(axes[n_frames:]) != axes[n_frames:]:
        msg = (
            f"Surfaces need the axes of space to stand last, as in TZYX, but the axes "
            f"are {axes}. Transpose the labels."
        )
        raise InputError(msg)
    return n_frames


def axis_number(letter: str | None, axes: str) -> int | None:
    """Return where `letter` stands in `axes`; None for None.

    Raises
    ------
    InputError
        If it is not there.
    """
    if letter is None:
        return None
    if letter not in axes:
        msg = f"The labels have the axes {axes}; there are no slices along {letter}."
        raise InputError(msg)
    return axes.index(letter)


def _same_spacing(truth: ArrayRef, prediction: ArrayRef) -> bool:
    """Whether both have the same spacing, as far as both say."""
    if truth.spacing is None or prediction.spacing is None:
        return True
    return len(truth.spacing) == len(prediction.spacing) and all(
        math.isclose(a, b, rel_tol=0.01)
        for a, b in zip(truth.spacing, prediction.spacing, strict=True)
    )
