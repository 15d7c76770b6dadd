"""A network learns objects and finds them: from Python and from the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import napari_segsuite as segsuite

# Torch must be there before any test draws a napari canvas: Mesa's LLVM and
# triton's cannot be loaded the other way round.
import napari_segsuite.engine.predict_unet
from napari_segsuite.cli.main import main
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.segmented_files import read_segmented
from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.plan.unet import PlanChoices

CPU = PredictOptions(device="cpu")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that learned touching nuclei for a few seconds."""
    folder = tmp_path_factory.mktemp("objects")
    image, labels = nuclei(np.random.default_rng(0), (160, 160), (0.5, 0.5), count=30)
    np.save(folder / "image.npy", image)
    np.save(folder / "labels.npy", labels)
    job = TrainUNet(
        images=(ArrayRef(path=folder / "image.npy", axes="YX"),),
        labels=(ArrayRef(path=folder / "labels.npy", axes="YX"),),
        learn="objects",
        out=folder / "model",
        plan=PlanChoices(patch_size=64, features=8, levels=3),
        training=TrainingOptions(max_epochs=3, max_seconds=600, device="cpu"),
    )
    segsuite.run(job)
    return job.out


@pytest.fixture(scope="module")
def picture() -> tuple[np.ndarray, np.ndarray]:
    """Nuclei that the model has not seen, and where they are."""
    return nuclei(np.random.default_rng(1), (150, 170), (0.5, 0.5), count=30)


def test_objects_are_found_and_told_apart(
    model: Path, picture: tuple[np.ndarray, np.ndarray]
) -> None:
    image, truth = picture
    found = segsuite.predict_objects(model, image, axes="YX", options=CPU)
    scores = segsuite.evaluate(truth, found.labels, mode="instances").instances
    assert scores is not None
    assert scores.f1 > 0.6
    columns = found.features()
    assert columns["index"] == list(range(1, found.labels.max() + 1))
    assert columns["area"] == np.bincount(found.labels.ravel())[1:].tolist()
    assert set(columns) >= {"class", "score", "y_start", "x_stop"}


def test_tiles_find_the_same_objects(
    model: Path, picture: tuple[np.ndarray, np.ndarray]
) -> None:
    whole = segsuite.predict(model, picture[0], axes="YX", options=CPU)
    tiled = segsuite.predict(
        model, picture[0], axes="YX", options=CPU.replace(tile_size=48)
    )
    report = segsuite.evaluate(whole, tiled, mode="instances")
    assert report.instances is not None
    assert report.instances.panoptic_quality >= 0.99


def test_the_command_line_writes_labels_and_a_table(
    model: Path, picture: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    np.save(tmp_path / "cells.npy", picture[0])
    words = ["predict", "--model", str(model), "--image", str(tmp_path / "cells.npy")]
    words += ["--out", str(tmp_path / "out"), "--readout", "instances"]
    assert main([*words, "--device", "cpu", "--min-area", "20"]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "cells.tif",
        "cells.csv",
    }
    found = read_segmented(tmp_path / "out" / "cells.tif")
    assert len(found.image.segments) == found.image.labels.max() > 10
    assert all(one.area >= 20 for one in found.image.segments)
    assert all(one.score is not None for one in found.image.segments)
