"""From drawn objects to a model that tells them apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine import checkpoint, weights
from napari_segsuite.engine.device import choose
from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.objects.watershed import separate
from napari_segsuite.engine.train_unet import train
from napari_segsuite.errors import Cancelled, InputError
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.metrics import count, score_instances
from napari_segsuite.models.folder import read_card, verify
from napari_segsuite.models.kinds import as_unet
from napari_segsuite.plan.unet import PlanChoices

Save = Callable[..., ArrayRef]


def drawn(shape: tuple[int, ...], radius: float, step: int) -> NDArray[np.uint16]:
    """Return balls on a grid, of which every other pair touches."""
    labels = np.zeros(shape, np.uint16)
    grid = np.indices(shape)
    number = 0
    for place in np.ndindex(*(n // step for n in shape)):
        centre = [step * (p + 0.5) - 0.5 for p in place]
        centre[-1] += (step / 2 - radius) * (1 if place[-1] % 2 == 0 else -1)
        apart = sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True))
        number += 3
        labels[(apart <= radius**2) & (labels == 0)] = number
    return labels


def picture(labels: NDArray[Any]) -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    noisy = 60 + 100 * (labels > 0) + rng.normal(0, 10, labels.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def options(epochs: int, **fields: Any) -> TrainingOptions:
    return TrainingOptions(max_seconds=590, max_epochs=epochs, device="cpu", **fields)


@pytest.fixture
def make_job(save: Save, tmp_path: Path) -> Callable[..., TrainUNet]:
    def make(labels: NDArray[Any], axes: str, **fields: Any) -> TrainUNet:
        given = {
            "out": tmp_path / "m",
            "plan": PlanChoices(patch_size=32, features=8, batch_size=2, levels=3),
            "training": options(1),
            **fields,
        }
        return TrainUNet(
            images=(save("image", picture(labels), axes),),
            labels=(save("labels", labels, axes),),
            learn="objects",
            **given,
        )

    return make


def found_by(model: Path, image: NDArray[np.uint8]) -> NDArray[np.int32]:
    card, network = weights.load(model)
    low, high = np.percentile(image, (1, 99.8))
    scaled = ((image - low) / (high - low)).astype(np.float32)
    classifier = Classifier(network, card.plan, choose("cpu"))
    foreground, distance = classifier.maps(torch.from_numpy(scaled[None])).numpy()
    assert card.objects is not None
    return separate(foreground, distance, card.objects)


@pytest.mark.parametrize(
    ("shape", "axes", "radius", "step", "epochs"),
    [((96, 96), "YX", 5.4, 12, 6), ((12, 48, 48), "ZYX", 4.4, 12, 4)],
    ids=["plane", "stack"],
)
def test_touching_objects_are_told_apart(
    shape: tuple[int, ...],
    axes: str,
    radius: float,
    step: int,
    epochs: int,
    make_job: Any,
    listener: Any,
    tmp_path: Path,
) -> None:
    labels = drawn(shape, radius, step)
    patch = 32 if axes == "YX" else 16
    plan = PlanChoices(patch_size=patch, features=8, batch_size=2, levels=3)
    result = train(
        make_job(labels, axes, training=options(epochs), plan=plan), listener
    )
    assert result.plan.ndim == len(shape)
    assert not isnan(result.f1)
    card = as_unet(verify(tmp_path / "m"), tmp_path / "m")
    assert card.objects is not None
    assert [info.name for info in card.classes] == ["background", "object"]
    assert card.scores["f1"] == result.f1
    assert card.history[-1].score == card.history[-1].f1
    found = found_by(tmp_path / "m", picture(labels))
    report = score_instances(count(labels.astype(np.int32), found), thresholds=(0.5,))
    assert report.f1 > 0.85


def test_previews_show_objects_and_the_first_comes_before_the_network(
    make_job: Any, listener: Any
) -> None:
    train(make_job(drawn((64, 64), 4.0, 16), "YX"), listener)
    first = listener.of("preview")[0]
    assert first.source == "instant"
    assert listener.shown[0].dtype == np.int32
    assert listener.shown[0].max() >= 8
    kinds = [event.type for event in listener.events]
    assert kinds.index("preview") < kinds.index("epoch")


def test_one_seed_gives_one_model_and_a_resumed_training_too(
    make_job: Any, listener: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "_SECONDS_BETWEEN_ALL", 0.0)
    labels = drawn((48, 48), 3.0, 12)
    train(make_job(labels, "YX", training=options(3), name="m"), listener)
    listener.events.clear()
    other = make_job(
        labels, "YX", training=options(3), name="m", out=tmp_path / "other"
    )
    listener.cancel_at = "epoch"
    with pytest.raises(Cancelled):
        train(other, listener)
    listener.cancel_at = None
    listener.events.clear()
    train(other.replace(resume=True), listener)
    one, two = (as_unet(read_card(tmp_path / n), tmp_path) for n in ("m", "other"))
    assert one.weights.sha256 == two.weights.sha256
    assert [r.f1 for r in one.history] == [r.f1 for r in two.history]
    assert two.unfinished is None


def test_a_training_on_other_objects_is_not_resumed(
    make_job: Any, save: Save, listener: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "_SECONDS_BETWEEN_ALL", 0.0)
    labels = drawn((48, 48), 3.0, 12)
    job = make_job(labels, "YX", training=options(3))
    listener.cancel_at = "epoch"
    with pytest.raises(Cancelled):
        train(job, listener)
    listener.cancel_at = None
    labels[labels == 3] = 6
    save("labels", labels, "YX")
    with pytest.raises(InputError, match="cannot be resumed"):
        train(job.replace(resume=True), listener)


def test_objects_go_on_from_objects_and_from_classes(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    labels = drawn((48, 48), 3.0, 12)
    job = make_job(labels, "YX", training=options(2))
    train(job, listener)
    halted = options(1, learning_rate=1e-9)
    again = job.replace(
        out=tmp_path / "again", start_from=tmp_path / "m", training=halted
    )
    train(again, listener)
    before, after = (weights.load(tmp_path / n)[1] for n in ("m", "again"))
    for old, new in zip(before.parameters(), after.parameters(), strict=True):
        assert torch.allclose(old, new, atol=1e-5)
    classes = job.replace(
        out=tmp_path / "classes",
        learn="classes",
        start_from=tmp_path / "m",
        training=halted,
        unpainted_is_background=False,
        labels=(_classes_of(labels, tmp_path),),
    )
    result = train(classes, listener)
    assert [info.id for info in result.classes] == [1, 2]
    back = job.replace(
        out=tmp_path / "back", start_from=tmp_path / "classes", training=halted
    )
    train(back, listener)
    rows = [
        weights.own(weights.load(tmp_path / n)[1])["output_block.conv.conv.weight"]
        for n in ("m", "back")
    ]
    assert torch.allclose(rows[0][:2], rows[1][:2], atol=1e-5)
    assert rows[0].shape == rows[1].shape


def _classes_of(labels: NDArray[Any], folder: Path) -> ArrayRef:
    path = folder / "classes.npy"
    np.save(path, (labels > 0).astype(np.uint8) + 1)
    return ArrayRef(path=path, axes="YX")


def test_one_object_is_learned_from_with_a_notice(make_job: Any, listener: Any) -> None:
    labels = np.zeros((32, 32), np.uint8)
    labels[10:16, 12:20] = 200
    result = train(make_job(labels, "YX"), listener)
    assert isnan(result.f1)
    (notice,) = listener.of("notice")
    assert "one object" in notice.message


def test_labels_that_look_like_classes_are_told(make_job: Any, listener: Any) -> None:
    labels = (drawn((48, 48), 3.0, 12) > 0).astype(np.uint8)
    train(make_job(labels, "YX"), listener)
    assert any("as if ids were classes" in n.message for n in listener.of("notice"))


def test_boxes_say_what_is_annotated(make_job: Any, listener: Any) -> None:
    labels = drawn((48, 48), 3.0, 12)
    train(make_job(labels, "YX", annotated=((((0, 30), (0, 48)),),)), listener)
    assert not listener.of("notice")


@pytest.mark.parametrize(
    ("labels", "fields", "message"),
    [
        (np.zeros((16, 16), np.uint8), {}, "No object is drawn"),
        (np.full((16, 16), -3), {}, "hold -3"),
        (np.full((16, 16), 2**31, np.int64), {}, "hold 2147483648"),
        (np.full((16, 16), 4), {}, "covers everything"),
        (
            np.eye(16, dtype=np.uint8),
            {"annotated": ((((0, 4), (8, 12)),),)},
            "No object lies in the annotated boxes",
        ),
        (
            np.eye(16, dtype=np.uint8),
            {"annotated": ((((0, 4), (20, 30)),),)},
            "does not lie inside",
        ),
    ],
    ids=["none", "negative", "large", "covering", "elsewhere", "outside"],
)
def test_what_cannot_be_learned_from_is_refused(
    labels: NDArray[Any],
    fields: dict[str, Any],
    message: str,
    make_job: Any,
    listener: Any,
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match=message):
        train(make_job(labels, "YX", **fields), listener)
    assert not (tmp_path / "m" / "model.json").exists()


def test_the_card_of_classes_says_nothing_of_objects(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    labels = (drawn((48, 48), 3.0, 12) > 0).astype(np.uint8) + 1
    job = make_job(labels, "YX").replace(learn="classes")
    train(job, listener)
    values = json.loads((tmp_path / "m" / "model.json").read_text())
    assert values["objects"] is None
    assert "f1" not in values["scores"]
