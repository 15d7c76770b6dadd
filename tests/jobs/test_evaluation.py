"""The Evaluate job: from files to a report."""

import json
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import Cancelled, InputError, StorageError
from napari_segsuite.jobs.base import dump_job, load_job, resolve
from napari_segsuite.jobs.evaluation import Evaluate, EvaluateResult
from napari_segsuite.jobs.events import Event, Notice, Progress
from napari_segsuite.metrics import Report, evaluate

TRUE = np.array([[0, 1, 1], [2, 2, 0]], np.uint8)
PRED = np.array([[1, 1, 2], [2, 2, 1]], np.int32)


class Context:
    """A job's outside that remembers its events and can be cancelled."""

    def __init__(self, scratch: Path, *, cancelled: bool = False) -> None:
        self.scratch = scratch
        self.cancelled = cancelled
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def check_cancelled(self) -> None:
        if self.cancelled:
            raise Cancelled("cancelled")

    def stop_requested(self) -> bool:
        return False

    def control(self, name: str) -> Any:
        return None

    def cached(self, key: Hashable, make: Callable[[], Any]) -> Any:
        return make()


def saved(folder: Path, name: str, array: np.ndarray, axes: str = "YX") -> ArrayRef:
    path = folder / f"{name}.npy"
    np.save(path, array)
    return ArrayRef(path=path, axes=axes)


@pytest.fixture
def job(tmp_path: Path) -> Evaluate:
    return Evaluate(
        truth=saved(tmp_path, "truth", TRUE), prediction=saved(tmp_path, "pred", PRED)
    )


def run(job: Evaluate, context: Context) -> EvaluateResult:
    result = resolve(job)(job, context)
    assert isinstance(result, EvaluateResult)
    return result


def test_the_report_is_that_of_the_library(job: Evaluate, tmp_path: Path) -> None:
    job = job.replace(ignore_id=0, background_id=1, names={2: "cell"})

    result = run(job, Context(tmp_path))

    expected = evaluate(TRUE, PRED, ignore_id=0, background_id=1, names={2: "cell"})
    assert Report.from_dict(result.report) == expected
    assert EvaluateResult.model_validate_json(result.model_dump_json()) == result


def test_the_job_survives_json(job: Evaluate) -> None:
    job = job.replace(names={1: "background"}, background_id=None)

    assert load_job(json.loads(json.dumps(dump_job(job)))) == job


def test_the_report_is_written(job: Evaluate, tmp_path: Path) -> None:
    file = tmp_path / "report.json"

    result = run(job.replace(json_file=file), Context(tmp_path))

    assert json.loads(file.read_text()) == result.report


def test_an_existing_file_is_left_alone(job: Evaluate, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("mine")

    with pytest.raises(StorageError, match="exists"):
        run(job.replace(json_file=file), Context(tmp_path))

    assert file.read_text() == "mine"


def test_progress_is_told(job: Evaluate, tmp_path: Path) -> None:
    context = Context(tmp_path)

    run(job, context)

    assert isinstance(context.events[-1], Progress)
    assert context.events[-1].fraction == 1.0


def test_cancel_leaves_no_report(job: Evaluate, tmp_path: Path) -> None:
    file = tmp_path / "report.json"

    with pytest.raises(Cancelled):
        run(job.replace(json_file=file), Context(tmp_path, cancelled=True))

    assert not file.exists()


def test_different_shapes_are_refused(job: Evaluate, tmp_path: Path) -> None:
    other = saved(tmp_path, "other", PRED[:1])

    with pytest.raises(InputError, match="2 × 3 and the prediction 1 × 3"):
        run(job.replace(prediction=other), Context(tmp_path))


def test_transposed_axes_are_refused(job: Evaluate, tmp_path: Path) -> None:
    other = saved(tmp_path, "other", PRED, "XY")

    with pytest.raises(InputError, match=r"order YX.*order XY"):
        run(job.replace(prediction=other), Context(tmp_path))


def test_another_spacing_is_mentioned(job: Evaluate, tmp_path: Path) -> None:
    context = Context(tmp_path)
    truth = job.truth.replace(spacing=(0.5, 0.5))
    prediction = job.prediction.replace(spacing=(0.25, 0.25))

    run(job.replace(truth=truth, prediction=prediction), context)

    notices = [event for event in context.events if isinstance(event, Notice)]
    assert len(notices) == 1
    assert "(0.25, 0.25)" in notices[0].message


def test_time_is_no_axis_of_space(tmp_path: Path) -> None:
    labels = np.zeros((2, 6, 6), np.uint8)
    labels[:, 2:4, 2:4] = 1
    film = saved(tmp_path, "film", labels, "TYX").replace(spacing=(0.5, 0.25))
    job = Evaluate(truth=film, prediction=film, surfaces=True, per_axis="T")

    report = Report.from_dict(run(job, Context(tmp_path)).report)

    assert report.surfaces is not None
    assert report.surfaces.spacing == (0.5, 0.25)
    assert report.slices is not None
    assert report.slices.column("mean_dice").tolist() == [1.0, 1.0]


def test_axes_of_space_must_stand_last_for_surfaces(tmp_path: Path) -> None:
    film = saved(tmp_path, "film", np.zeros((3, 3, 2), np.uint8), "YXT")

    with pytest.raises(InputError, match="axes are YXT"):
        run(Evaluate(truth=film, prediction=film, surfaces=True), Context(tmp_path))


def test_a_missing_file_is_named(job: Evaluate, tmp_path: Path) -> None:
    missing = ArrayRef(path=tmp_path / "gone.npy", axes="YX")

    with pytest.raises(InputError, match=r"gone\.npy"):
        run(job.replace(truth=missing), Context(tmp_path))
