"""From drawn objects to a Mask R-CNN, and further from there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine import checkpoint, descent, weights
from napari_segsuite.engine.device import choose
from napari_segsuite.engine.maskrcnn import training as handler
from napari_segsuite.engine.maskrcnn import validation
from napari_segsuite.engine.maskrcnn.finding import find, labels_of
from napari_segsuite.engine.maskrcnn.network import load
from napari_segsuite.engine.maskrcnn.training import train
from napari_segsuite.errors import (
    Cancelled,
    InputError,
    ModelFolderError,
    StorageError,
)
from napari_segsuite.jobs.instances import DetectorOptions, TrainMaskRCNN
from napari_segsuite.jobs.training import TrainUNet
from napari_segsuite.jobs.unfinished import any_resumption, resumption
from napari_segsuite.metrics import count, score_instances
from napari_segsuite.models.folder import read_card, verify
from napari_segsuite.models.kinds import as_maskrcnn
from napari_segsuite.plan.maskrcnn import MaskRCNNChoices

Save = Callable[..., ArrayRef]
# Seen as they come: with 16 pixels per object there would be twice as many to compute.
AS_THEY_COME = MaskRCNNChoices(object_size=32.0)


def disks(
    shape: tuple[int, int] = (64, 64), seed: int = 0, radius: float = 6.0
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return an image of bright disks that do not touch, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint16)
    rows, columns = np.indices(shape)
    step = int(2 * radius + 4)
    number = 0
    for y in range(step // 2, shape[0], step):
        for x in range(step // 2, shape[1], step):
            number += 1
            at = rng.uniform(-1.5, 1.5, 2) + np.array([y, x])
            inside = (rows - at[0]) ** 2 + (columns - at[1]) ** 2 <= radius**2
            labels[inside] = number
    noise = rng.normal(0, 10, shape)
    return np.clip(40 + 150 * (labels > 0) + noise, 0, 255).astype(np.uint8), labels


@pytest.fixture
def make_job(save: Save, tmp_path: Path) -> Callable[..., TrainMaskRCNN]:
    """Return what makes a job on a few small images, in a folder of that name."""

    def make(
        folder: str, epochs: int = 1, images: int = 1, **fields: Any
    ) -> TrainMaskRCNN:
        made = [disks(seed=i) for i in range(images)]
        options = fields.pop("options", {})
        return TrainMaskRCNN(
            images=[save(f"image{i}", one[0], "YX") for i, one in enumerate(made)],
            labels=[save(f"labels{i}", one[1], "YX") for i, one in enumerate(made)],
            out=tmp_path / folder,
            **{"plan": AS_THEY_COME, **fields},
            training=DetectorOptions(
                **{"max_seconds": 600, "max_epochs": epochs, "device": "cpu", **options}
            ),
        )

    return make


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return what lets an epoch have so many steps of two patches."""
    made = handler.gather

    def set_steps(count: int) -> None:
        def short(*arguments: Any) -> Any:
            found = made(*arguments)
            plan = found.plan.replace(steps_per_epoch=count, batch_size=2)
            return replace(found, plan=plan)

        monkeypatch.setattr(handler, "gather", short)

    return set_steps


@pytest.fixture
def short_epochs(steps: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an epoch have three steps, and its end be remembered."""
    steps(3)
    monkeypatch.setattr(validation, "_WINDOWS", 2)
    monkeypatch.setattr(checkpoint, "_SECONDS_BETWEEN_ALL", 0.0)


def test_objects_are_learned_and_found_again(
    make_job: Any, steps: Any, listener: Any, tmp_path: Path
) -> None:
    steps(40)
    result = train(make_job("m", epochs=2, images=4), listener)
    assert result.epochs == 2
    assert result.steps == 80
    assert result.f1 > 0.8
    assert [info.name for info in result.classes] == ["object"]
    card, network = load(tmp_path / "m")
    assert card.scores["f1"] == result.f1
    image, truth = disks(seed=9)
    low, high = np.percentile(image, (1, 99.8))
    seen = torch.from_numpy(((image - low) / (high - low)).astype(np.float32))[None]
    found = find(network, [seen], choose("cpu"))[0]
    report = score_instances(count(truth, labels_of(found, truth.shape, 0.5)))
    assert report.f1 > 0.8
    kinds = {event.type for event in listener.events}
    assert kinds == {"plan", "progress", "epoch"}
    last = listener.of("progress")[-1]
    assert last.fraction == 1
    assert listener.of("progress")[-2].seconds_left is not None


@pytest.mark.usefixtures("short_epochs")
def test_the_card_tells_what_was_done(
    save: Save, make_job: Any, listener: Any, tmp_path: Path
) -> None:
    job = make_job("m", name="disks", options={"seed": 5})
    train(job, listener)
    card = as_maskrcnn(verify(tmp_path / "m"), tmp_path / "m")
    assert card.name == "disks"
    assert card.axes == "YX"
    assert card.provenance["seed"] == "5"
    assert card.plan.scale == 1
    assert card.plan.backbone == "small"
    assert card.unfinished is None
    assert [record.epoch for record in card.history] == [1]
    assert all(math.isnan(record.dice) for record in card.history)


class Interrupter:
    """A context that gives up after so many epochs, and a step."""

    def __init__(self, listener: Any, epochs: int) -> None:
        self._listener = listener
        self._epochs, self._steps = epochs, 2

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)

    def check_cancelled(self) -> None:
        if len(self._listener.of("epoch")) >= self._epochs:
            self._steps -= 1
            if self._steps < 0:
                raise Cancelled("The job was cancelled.")


@pytest.fixture(params=[1, 2])
def lanes(request: pytest.FixtureRequest) -> Iterator[int]:
    """Let so many threads work side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.usefixtures("short_epochs", "lanes")
def test_a_resumed_training_ends_with_the_same_weights(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    train(make_job("a", epochs=3, images=4), listener)
    listener.events.clear()
    with pytest.raises(Cancelled):
        train(make_job("b", epochs=3, images=4), Interrupter(listener, 1))
    assert as_maskrcnn(verify(tmp_path / "b"), tmp_path / "b").unfinished is not None
    listener.events.clear()
    job = resumption(tmp_path / "b", TrainMaskRCNN)
    assert any_resumption(tmp_path / "b") == job
    train(job, listener)
    a, b = verify(tmp_path / "a"), verify(tmp_path / "b")
    assert a.weights.sha256 == b.weights.sha256
    assert [event.epoch for event in listener.of("epoch")] == [1, 2, 3]


@pytest.mark.usefixtures("short_epochs")
def test_an_unfinished_training_knows_its_kind_and_its_data(
    make_job: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    with pytest.raises(Cancelled):
        train(make_job("m", epochs=4), Interrupter(listener, 1))
    with pytest.raises(ModelFolderError, match="train-maskrcnn"):
        resumption(tmp_path / "m", TrainUNet)
    job = resumption(tmp_path / "m", TrainMaskRCNN)
    seeded = job.replace(training=job.training.replace(seed=1))
    with pytest.raises(InputError, match=r"other options.*training"):
        train(seeded, listener)
    other = save("other", disks(seed=3)[0], "YX")
    with pytest.raises(InputError, match="not what the training"):
        train(job.replace(images=(other,)), listener)


@pytest.mark.usefixtures("short_epochs")
def test_stopping_keeps_the_best_so_far(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    listener.stop_at = "epoch"
    result = train(make_job("m", epochs=50), listener)
    assert result.stopped
    assert result.epochs == 2
    assert verify(tmp_path / "m").unfinished is None


def test_cancelling_leaves_nothing_before_the_first_epoch(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    listener.cancel_at = "plan"
    with pytest.raises(Cancelled):
        train(make_job("m"), listener)
    assert not (tmp_path / "m" / "model.json").exists()


def test_a_folder_that_is_there_is_left_alone(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mine.txt").touch()
    with pytest.raises(StorageError, match="exists already"):
        train(make_job("m"), listener)


@pytest.mark.usefixtures("short_epochs")
def test_a_loss_that_is_no_number_ends_it(
    make_job: Any, listener: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Steps this large blow up any weights.
    monkeypatch.setattr(descent, "learning_rate", lambda highest, progress: 1e30)
    with pytest.raises(InputError, match=r"no number any more after .* below 0.001"):
        train(make_job("m", epochs=30), listener)


TWO = (ClassInfo(id=3, name="round"), ClassInfo(id=7, name="long"))


@pytest.mark.usefixtures("short_epochs")
def test_other_classes_keep_what_both_know(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    classes = {i: 3 if i % 2 else 7 for i in range(1, 17)}
    train(make_job("a", classes=TWO, object_classes=(classes,)), listener)
    more = (*TWO[1:], ClassInfo(id=9, name="new"))
    result = train(
        make_job(
            "b",
            start_from=tmp_path / "a",
            classes=more,
            options={"learning_rate": 1e-12},
        ),
        listener,
    )
    assert [info.id for info in result.classes] == [7, 9]
    assert any("new" in event.message for event in listener.of("notice"))
    before, after = (weights.own(load(tmp_path / name)[1]) for name in "ab")
    head = "roi_heads.box_predictor.cls_score.weight"
    # Background and 7 are known; 9 is new.
    torch.testing.assert_close(after[head][:2], before[head][[0, 2]])
    assert not torch.allclose(after[head][2], before[head][1])
    stem = "backbone.body.stem.0.0.weight"
    torch.testing.assert_close(after[stem], before[stem])


@pytest.mark.usefixtures("short_epochs")
def test_a_start_must_fit(
    make_job: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    train(make_job("a"), listener)
    start = {"start_from": tmp_path / "a"}
    other = make_job("b", plan=MaskRCNNChoices(backbone="resnet18"), **start)
    with pytest.raises(InputError, match="backbone small, but resnet18"):
        train(other, listener)
    stains = save("stains", np.zeros((3, 64, 64), np.uint8), "CYX")
    with pytest.raises(InputError, match="1 channels, but the images have 3"):
        train(make_job("b", **start).replace(images=(stains,)), listener)
    colour = np.stack([disks()[0]] * 3, axis=-1)
    images = (save("colour", colour, "YXC"),)
    train(make_job("d", **start).replace(images=images), listener)
    (notice,) = listener.of("notice")
    assert "colours of colour.npy are averaged" in notice.message
    result = train(make_job("c", plan=MaskRCNNChoices(), **start), listener)
    # The start saw widths of 32 pixels as they came; these are 12 or 13.
    assert result.plan.scale == pytest.approx(32 / 12.5, rel=0.1)
    assert result.plan.anchor_sizes == (16, 32, 64, 128, 256)


def labelled(labels: NDArray[Any], save: Save, out: Path, **fields: Any) -> Any:
    image = np.zeros(labels.shape, np.uint8)
    return TrainMaskRCNN(
        images=(save("image", fields.pop("image", image), "ZYX"[-labels.ndim :]),),
        labels=(save("labels", labels, "ZYX"[-labels.ndim :]),),
        out=out,
        training=DetectorOptions(max_epochs=1, device="cpu"),
        **fields,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "no object to learn from"),
        ({(5, 5): -3}, "hold -3"),
        ({(5, 5): 2**31}, "hold 2147483648"),
    ],
)
def test_labels_that_cannot_be_learned(
    change: dict[Any, int], message: str, save: Save, listener: Any, tmp_path: Path
) -> None:
    labels = np.zeros((40, 40), np.int64)
    for place, value in change.items():
        labels[place] = value
    with pytest.raises(InputError, match=message):
        train(labelled(labels, save, tmp_path / "m"), listener)
    assert not (tmp_path / "m" / "model.json").exists()


def test_inputs_that_cannot_be_learned(
    save: Save, listener: Any, tmp_path: Path
) -> None:
    labels = np.zeros((40, 40), np.int64)
    labels[10:20, 10:20] = 1
    with pytest.raises(InputError, match="whole numbers"):
        train(labelled(labels + 0.5, save, tmp_path / "m"), listener)
    image = np.full((40, 40), np.nan, np.float32)
    with pytest.raises(InputError, match="not finite"):
        train(labelled(labels, save, tmp_path / "m", image=image), listener)
    short = labelled(labels, save, tmp_path / "m", image=image[:30])
    with pytest.raises(InputError, match="do not fit"):
        train(short, listener)
    outside = labelled(labels, save, tmp_path / "m", annotated=((((0, 41), (0, 9)),),))
    with pytest.raises(InputError, match="inside its labels"):
        train(outside, listener)
    stack = np.zeros((3, 20, 20), np.uint8)
    with pytest.raises(InputError, match="no object to learn from"):
        train(labelled(stack, save, tmp_path / "m"), listener)
    other = labelled(labels, save, tmp_path / "m", object_classes=({1: 4},))
    with pytest.raises(InputError, match="class 4, which is none of the classes 1"):
        train(other, listener)


@pytest.mark.usefixtures("short_epochs")
@pytest.mark.parametrize("kind", ["one", "whole", "pixels", "gaps", "bool", "slices"])
def test_odd_objects_are_learned_from(
    kind: str, save: Save, listener: Any, tmp_path: Path
) -> None:
    labels: NDArray[Any] = np.zeros((40, 48), np.int64)
    if kind == "whole":
        labels[:] = 1
    elif kind == "pixels":
        labels[::7, ::5] = np.arange(60).reshape(6, 10)
    elif kind == "gaps":
        labels[4:14, 4:14], labels[20:30, 20:30] = 2**31 - 1, 70_000
    else:
        labels[4:14, 4:14] = 1
    if kind == "bool":
        labels = labels.astype(np.bool_)
    if kind == "slices":
        labels = np.stack([labels * 0, labels, labels * 0])
    result = train(labelled(labels, save, tmp_path / "m"), listener)
    assert result.steps == 3
    verify(tmp_path / "m")
    assert read_card(tmp_path / "m").name == "m"
