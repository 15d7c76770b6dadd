"""From the nuclei set to models that ship, by the commands, in seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import napari_segsuite as segsuite
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.models.folder import read_verified
from napari_segsuite.plan.unet import PlanChoices


def kernels(folder: Path) -> set[str]:
    tensors = load_file(folder / "weights.safetensors").values()
    return {str(values.dtype) for values in tensors if values.ndim > 1}


def test_a_unet_is_trained_halved_and_trained_further(
    nuclei: Path, tmp_path: Path, command: Callable[..., str]
) -> None:
    run, scores = tmp_path / "run", tmp_path / "scores.json"
    arguments = ("--run", run, "--data", nuclei, "--minutes", "0.02")
    arguments += ("--device", "cpu", "--patch", "64", "--batch", "2")
    scores.write_text(json.dumps({"test AP": 0.5}))

    told = command("nuclei_unet.py", *arguments)
    again = command("nuclei_unet.py", *arguments)
    command(
        *("nuclei_card.py", "--model", run / "model", "--name", "nuclei-unet"),
        *("--scores", scores),
    )

    assert "epoch" in told
    assert "epoch" not in again
    folder = run / "nuclei-unet"
    card = read_verified(folder).card
    assert card.name == "nuclei-unet"
    assert card.scores["test AP"] == 0.5
    learned = read_verified(run / "model").card.plan
    assert (learned.patch_size, learned.batch_size) == ((64, 64), 2)
    assert (card.plan.patch_size, card.plan.batch_size) == ((128, 128), 4)
    assert card.licence.startswith("BSD-3-Clause")
    assert "averaged to grey" in card.provenance["limits"]
    assert kernels(folder) == {"float16"}
    assert kernels(run / "model") == {"float32"}

    data = run / "data"
    further = TrainUNet(
        images=(ArrayRef(path=data / "01-plain.npy", axes="YX"),),
        labels=(ArrayRef(path=data / "01-labels.npy", axes="YX"),),
        learn="objects",
        start_from=folder,
        out=tmp_path / "further",
        plan=PlanChoices(patch_size=32, batch_size=1),
        training=TrainingOptions(max_epochs=1, max_seconds=2, device="cpu"),
    )
    segsuite.run(further)

    fine = read_verified(tmp_path / "further").card
    assert kernels(tmp_path / "further") == {"float32"}
    assert fine.licence == card.licence
    assert fine.provenance["started from"] == "nuclei-unet"
    image = np.load(data / "01-plain.npy")
    found = segsuite.predict_objects(tmp_path / "further", image, axes="YX")
    assert found.labels.shape == image.shape


@pytest.mark.slow
def test_a_mask_rcnn_is_trained_and_halved(
    nuclei: Path, tmp_path: Path, command: Callable[..., str]
) -> None:
    run = tmp_path / "run"
    arguments = ("--run", run, "--data", nuclei, "--minutes", "0.02", "--inverted")

    command("nuclei_maskrcnn.py", *arguments, "--device", "cpu")
    command(
        *("nuclei_card.py", "--model", run / "model", "--name", "nuclei-maskrcnn"),
        *("--out", tmp_path / "made"),
    )

    card = read_verified(tmp_path / "made").card
    assert (card.kind, card.name) == ("maskrcnn", "nuclei-maskrcnn")
    assert kernels(tmp_path / "made") == {"float16"}
    stored = {path.name.split("-")[0] for path in (run / "data").iterdir()}
    assert stored == {"00", "03", "06"}
