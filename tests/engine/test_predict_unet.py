from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine.predict_unet import predict
from napari_segsuite.engine.train_unet import train
from napari_segsuite.errors import Cancelled, InputError, ModelFolderError, StorageError
from napari_segsuite.jobs.prediction import Predict, PredictOptions
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.plan.unet import PlanChoices

Save = Callable[..., ArrayRef]


@pytest.fixture
def model(disk: Any, save: Save, listener: Any, tmp_path: Path) -> Path:
    """A 2D model with ids 1 and 300, trained for a moment."""
    made = disk((48, 48))
    labels = made.labels.astype(np.uint16)
    labels[labels == 2] = 300
    job = TrainUNet(
        images=(save("trained", made.image, "YX"),),
        labels=(save("painted", labels, "YX"),),
        out=tmp_path / "model",
        plan=PlanChoices(patch_size=32, features=4, batch_size=2),
        training=TrainingOptions(max_epochs=2, max_seconds=600, device="cpu"),
    )
    train(job, listener)
    listener.events.clear()
    return job.out


def run(model: Path, image: ArrayRef, listener: Any, **fields: Any) -> Any:
    out = model.parent / "found.npy"
    return predict(Predict(model=model, image=image, out=out, **fields), listener)


@pytest.mark.parametrize("suffix", [".npy", ".tif"])
def test_labels_have_the_users_ids_and_the_images_spacing(
    suffix: str, model: Path, disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((61, 53), seed=1)
    image = save("image", made.image, "YX", (0.5, 0.25))
    job = Predict(model=model, image=image, out=tmp_path / f"found{suffix}")
    result = predict(job, listener)
    labels = np.asarray(result.labels.open())
    assert labels.dtype == np.uint16
    assert set(np.unique(labels)) == {1, 300}
    assert ((labels == 300) == made.inside).mean() > 0.95
    assert result.labels.spacing == (0.5, 0.25)
    assert [c.id for c in result.classes] == [1, 300]
    assert listener.of("progress")[-1].fraction == 1


def test_tiles_fit_together(model: Path, disk: Any, save: Save, listener: Any) -> None:
    image = save("image", disk((100, 90)).image, "YX")
    first = model.parent / "first.npy"
    whole = run(model, image, listener, probabilities=first)
    second = model.parent / "second.npy"
    job = Predict(
        model=model,
        image=image,
        out=model.parent / "tiled.npy",
        probabilities=second,
        options=PredictOptions(tile_size=32),
    )
    tiled = predict(job, listener)
    assert np.array_equal(whole.labels.open(), tiled.labels.open())
    difference = np.load(first).astype(float) - np.load(second)
    assert np.abs(difference).max() < 1e-3


def test_probabilities_agree_with_labels(
    model: Path, disk: Any, save: Save, listener: Any
) -> None:
    image = save("stack", disk((3, 40, 44)).image, "ZYX")
    result = run(model, image, listener, probabilities=model.parent / "p.npy")
    soft = np.asarray(result.probabilities.open())
    assert result.probabilities.axes == "CZYX"
    assert soft.shape == (2, 3, 40, 44)
    assert soft.dtype == np.float16
    assert soft.astype(float).sum(0) == pytest.approx(1, abs=2e-3)
    sure = np.abs(soft[0].astype(float) - 0.5) > 0.01
    assert ((soft[1] > soft[0]) == (np.asarray(result.labels.open()) == 300))[
        sure
    ].all()


def test_a_region_is_what_the_whole_has_there(
    model: Path, disk: Any, save: Save, listener: Any
) -> None:
    image = save("stack", disk((4, 50, 60)).image, "ZYX")
    whole = np.asarray(run(model, image, listener).labels.open())
    job = Predict(
        model=model,
        image=image,
        out=model.parent / "part.npy",
        region=((1, 3), (5, 42), (7, 60)),
    )
    part = np.asarray(predict(job, listener).labels.open())
    assert np.array_equal(part, whole[1:3, 5:42, 7:60])


def test_axes_may_stand_in_any_order(
    model: Path, disk: Any, save: Save, listener: Any
) -> None:
    stack = disk((3, 40, 44)).image
    first = np.asarray(run(model, save("zyx", stack, "ZYX"), listener).labels.open())
    moved = save("yxz", np.moveaxis(stack, 0, 2), "YXZ")
    job = Predict(model=model, image=moved, out=model.parent / "moved.npy")
    second = np.asarray(predict(job, listener).labels.open())
    assert np.array_equal(np.moveaxis(second, 2, 0), first)


@pytest.mark.parametrize("shape", [(1, 1), (1, 37), (13, 7)])
def test_small_and_prime_sizes(
    shape: tuple[int, int], model: Path, save: Save, listener: Any
) -> None:
    image = save("small", np.full(shape, 100, np.uint8), "YX")
    assert run(model, image, listener).labels.open().shape == shape


def test_the_model_stays_warm(
    model: Path, disk: Any, save: Save, listener: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = save("image", disk((20, 20)).image, "YX")
    run(model, image, listener)
    calls: list[Any] = []
    monkeypatch.setattr("napari_segsuite.engine.weights.load", calls.append)
    job = Predict(model=model, image=image, out=model.parent / "again.npy")
    predict(job, listener)
    assert calls == []


def test_cancel_leaves_nothing(
    model: Path, disk: Any, save: Save, listener: Any
) -> None:
    image = save("image", disk((64, 64)).image, "YX")
    before = {path.name for path in model.parent.iterdir()}
    listener.cancel_at = "progress"
    with pytest.raises(Cancelled):
        run(
            model,
            image,
            listener,
            probabilities=model.parent / "p.npy",
            options=PredictOptions(tile_size=32),
        )
    assert {path.name for path in model.parent.iterdir()} == before
    assert list(listener.scratch.glob("labels*")) == []


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="needs POSIX")
def test_a_full_disk_is_told_before_anything_is_computed(
    model: Path, save: Save, listener: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    image = save("image", np.zeros((8, 8), np.uint8), "YX")
    before = {path.name for path in model.parent.iterdir()}
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(StorageError, match="the disk is full"):
        run(model, image, listener, probabilities=model.parent / "p.npy")
    assert {path.name for path in model.parent.iterdir()} == before
    assert list(listener.scratch.glob("labels*")) == []


@pytest.mark.parametrize(("axes", "channels"), [("YXC", 2), ("YXC", 5), ("CYX", 3)])
def test_other_channels_are_refused(
    axes: str, channels: int, model: Path, save: Save, listener: Any
) -> None:
    shape = [channels if letter == "C" else 8 for letter in axes]
    image = save("stains", np.zeros(shape, np.uint8), axes)
    sentence = rf"works on 1 channels, but stains\.npy has {channels}"
    with pytest.raises(InputError, match=sentence):
        run(model, image, listener)
    assert listener.of("notice") == []


def test_colours_are_averaged_and_people_are_told(
    model: Path, disk: Any, save: Save, listener: Any
) -> None:
    grey = disk((40, 40), seed=2).image
    colours = np.stack([grey - 9, grey, grey + 9, np.full_like(grey, 255)], axis=-1)
    grey[:] = colours[..., :3].mean(-1).round()
    labels = run(model, save("grey", grey, "YX"), listener).labels
    expected = np.array(labels.open())
    labels.path.unlink()
    assert listener.of("notice") == []

    found = run(model, save("rgb", colours, "YXC"), listener).labels

    assert np.array_equal(found.open(), expected)
    assert found.axes == "YX"
    (notice,) = listener.of("notice")
    assert "the colours of rgb.npy are averaged to grey" in notice.message


def test_a_pixel_that_is_not_finite_is_refused(
    model: Path, save: Save, listener: Any
) -> None:
    values = np.zeros((8, 8), np.float32)
    values[3, 3] = np.inf
    with pytest.raises(InputError, match="not finite"):
        run(model, save("image", values, "YX"), listener)
    assert not (model.parent / "found.npy").exists()


@pytest.mark.parametrize(
    "region", [((0, 9), (0, 8)), ((3, 3), (0, 8)), ((0, 8),)], ids=str
)
def test_a_region_outside_is_refused(
    region: Any, model: Path, save: Save, listener: Any
) -> None:
    image = save("image", np.zeros((8, 8), np.uint8), "YX")
    with pytest.raises(InputError, match="does not lie inside the image"):
        run(model, image, listener, region=region)


def test_an_existing_file_is_kept(model: Path, save: Save, listener: Any) -> None:
    image = save("image", np.zeros((8, 8), np.uint8), "YX")
    (model.parent / "found.npy").write_text("precious")
    with pytest.raises(StorageError, match="exists already"):
        run(model, image, listener)
    assert (model.parent / "found.npy").read_text() == "precious"


@pytest.mark.parametrize("harm", ["truncated", "flipped", "missing"])
def test_a_damaged_model_is_refused(
    harm: str, model: Path, save: Save, listener: Any
) -> None:
    image = save("image", np.zeros((8, 8), np.uint8), "YX")
    file = model / "weights.safetensors"
    content = bytearray(file.read_bytes())
    if harm == "missing":
        file.unlink()
    elif harm == "truncated":
        file.write_bytes(content[:-10])
    else:
        content[-7] ^= 1
        file.write_bytes(content)
    with pytest.raises(ModelFolderError, match="damaged"):
        run(model, image, listener)
