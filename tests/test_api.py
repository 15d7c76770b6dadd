"""The Python interface, as scripts and notebooks use it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import napari_segsuite as segsuite

# Torch must be there before any test draws a napari canvas: Mesa's LLVM and
# triton's cannot be loaded the other way round.
import napari_segsuite.engine.predict_unet
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine import checkpoint
from napari_segsuite.engine.train_unet import train
from napari_segsuite.errors import Cancelled, InputError, ModelFolderError
from napari_segsuite.jobs.evaluation import Evaluate
from napari_segsuite.jobs.events import EpochEnd, Event
from napari_segsuite.jobs.messages import Cancel
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.jobs.training import TrainingOptions, TrainResult, TrainUNet
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.runners.context import Cache, RunContext

QUICK = TrainingOptions(max_epochs=2, device="cpu")
SMALL = PlanChoices(levels=3, features=8)


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    """Return labels: a disk of class 3 on a background of class 1."""
    y, x = np.mgrid[:64, :64]
    return np.where((y - 30) ** 2 + (x - 34) ** 2 < 15**2, 3, 1).astype(np.uint8)


@pytest.fixture(scope="module")
def image(truth: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (100 * truth + rng.normal(0, 10, truth.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def trained(
    image: np.ndarray, truth: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainResult, list[Event]]:
    events: list[Event] = []
    painted = np.where(np.indices(truth.shape).sum(0) % 7 == 0, truth, 0)
    result = segsuite.train_unet(
        image,
        painted,
        tmp_path_factory.mktemp("models") / "disk",
        training=QUICK,
        plan=SMALL,
        on_event=events.append,
    )
    return result, events


def test_a_training_of_arrays_is_resumed(
    image: np.ndarray,
    truth: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpoint, "_SECONDS_BETWEEN_ALL", 0.0)
    for name, array in (("image", image), ("labels", truth)):
        np.save(tmp_path / f"{name}.npy", array)
    job = TrainUNet(
        images=(ArrayRef(path=tmp_path / "image.npy", axes="YX"),),
        labels=(ArrayRef(path=tmp_path / "labels.npy", axes="YX"),),
        out=tmp_path / "model",
        plan=SMALL,
        training=QUICK,
    )

    def cancel_at_the_second_epoch(event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 2:
            context.obey(Cancel(run="0" * 32))

    context = RunContext(tmp_path, cancel_at_the_second_epoch, Cache())
    with pytest.raises(Cancelled):
        train(job.replace(training=QUICK.replace(max_epochs=3)), context)
    with pytest.raises(InputError, match=r"other options \(training\)"):
        segsuite.train_unet(
            image, truth, job.out, resume=True, training=QUICK, plan=SMALL
        )
    result = segsuite.train_unet(
        image,
        truth,
        job.out,
        resume=True,
        training=QUICK.replace(max_epochs=3),
        plan=SMALL,
    )
    assert result.epochs == 3
    assert result.model == job.out


def test_all_public_names_can_be_imported() -> None:
    assert all(callable(getattr(segsuite, name)) for name in segsuite.__all__)


def test_training_takes_arrays_and_tells_of_its_epochs(
    trained: tuple[TrainResult, list[Event]],
) -> None:
    result, events = trained

    assert result.epochs == 2
    assert [info.id for info in result.classes] == [1, 3]
    epochs = [event.epoch for event in events if isinstance(event, EpochEnd)]
    assert epochs == [1, 2]


def test_predictions_have_the_ids_of_the_painting_and_the_shape_of_the_image(
    trained: tuple[TrainResult, list[Event]], image: np.ndarray
) -> None:
    options = PredictOptions(device="cpu")

    labels = segsuite.predict(trained[0].model, image, options=options)

    assert labels.shape == image.shape
    assert set(np.unique(labels)) <= {1, 3}


def test_a_model_is_found_by_its_name_in_the_library(
    trained: tuple[TrainResult, list[Event]], own_model_library: Path
) -> None:
    (own_model_library / "mine").symlink_to(trained[0].model)

    assert segsuite.show_model("mine") == segsuite.show_model(trained[0].model)


def test_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelFolderError, match="none-such"):
        segsuite.show_model("none-such")


def test_scores_are_the_same_for_arrays_files_and_references(tmp_path: Path) -> None:
    truth = np.array([[1, 1], [2, 2]], np.uint8)
    prediction = np.array([[1, 2], [2, 2]], np.uint8)
    np.save(tmp_path / "t.npy", truth)
    np.save(tmp_path / "p.npy", prediction)

    report = segsuite.evaluate(truth, prediction)

    assert report.pixel_accuracy == 0.75
    assert segsuite.evaluate(tmp_path / "t.npy", str(tmp_path / "p.npy")) == report
    ref = ArrayRef(path=tmp_path / "p.npy", axes="YX")
    assert segsuite.evaluate(truth, ref) == report


def test_any_job_can_be_run(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 3), np.uint8))
    ref = ArrayRef(path=tmp_path / "a.npy", axes="YX")

    result = segsuite.run(Evaluate(truth=ref, prediction=ref))

    assert result.report["pixel_accuracy"] == 1.0


def test_axes_that_do_not_fit_are_refused(tmp_path: Path, image: np.ndarray) -> None:
    with pytest.raises(InputError, match="ZYX"):
        segsuite.train_unet(image, image > 200, tmp_path / "m", axes="ZYX")
