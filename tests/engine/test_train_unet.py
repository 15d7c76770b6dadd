from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine.predict_unet import predict
from napari_segsuite.engine.train_unet import train
from napari_segsuite.errors import Cancelled, InputError, StorageError
from napari_segsuite.jobs.prediction import Predict
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.models.folder import read_card, verify
from napari_segsuite.plan.unet import PlanChoices

SMALL = PlanChoices(patch_size=32, features=4, batch_size=2)
Save = Callable[..., ArrayRef]


def job(image: ArrayRef, labels: ArrayRef, out: Path, **fields: Any) -> TrainUNet:
    options = {"plan": SMALL, "training": options_of(3), **fields}
    return TrainUNet(images=(image,), labels=(labels,), out=out, **options)


def options_of(epochs: int, **fields: Any) -> TrainingOptions:
    return TrainingOptions(max_seconds=600, max_epochs=epochs, device="cpu", **fields)


def dice(labels: Any, inside: Any, object_id: int = 2) -> float:
    found = np.asarray(labels) == object_id
    return float(2 * (found & (inside == 1)).sum() / (found.sum() + inside.sum()))


@pytest.mark.parametrize(
    ("shape", "axes", "ndim"),
    [((64, 72), "YX", 2), ((10, 40, 40), "ZYX", 3), ((3, 48, 48), "TYX", 2)],
    ids=["plane", "stack", "time"],
)
def test_paint_becomes_a_model_that_predicts(
    shape: tuple[int, ...],
    axes: str,
    ndim: int,
    disk: Any,
    save: Save,
    listener: Any,
    tmp_path: Path,
) -> None:
    made = disk(shape)
    image = save("image", made.image, axes)
    result = train(
        job(image, save("labels", made.labels, axes), tmp_path / "m"), listener
    )
    assert result.plan.ndim == ndim
    assert result.steps == 60
    assert result.epochs == 3
    found = predict(
        Predict(model=tmp_path / "m", image=image, out=tmp_path / "found.npy"), listener
    )
    assert dice(found.labels.open(), made.inside) > 0.9


def test_the_card_tells_what_was_done(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((48, 48))
    names = (ClassInfo(id=2, name="nucleus", color="#ff0000"),)
    train(
        job(
            save("image", made.image, "YX", (0.5, 0.5)),
            save("labels", made.labels, "YX"),
            tmp_path / "m",
            classes=names,
            name="my model",
            training=options_of(2, seed=7, loss="focal"),
        ),
        listener,
    )
    card = verify(tmp_path / "m")
    assert card.name == "my model"
    assert [(c.id, c.name) for c in card.classes] == [(1, "background"), (2, "nucleus")]
    assert card.spacing == (0.5, 0.5)
    assert [record.epoch for record in card.history] == [1, 2]
    assert card.history[0].loss > card.history[1].loss
    assert card.provenance["loss"] == "focal"
    assert card.provenance["seed"] == "7"
    assert {path.name for path in (tmp_path / "m").iterdir()} == {
        "model.json",
        "weights.safetensors",
    }


def test_events_tell_the_plan_then_a_preview_then_epochs(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((96, 96))
    labels = save("labels", made.labels, "YX")
    train(job(save("image", made.image, "YX"), labels, tmp_path / "m"), listener)
    kinds = [event.type for event in listener.events]
    assert kinds.index("plan") < kinds.index("preview") < kinds.index("epoch")
    first = listener.of("preview")[0]
    assert first.source == "instant"
    assert (first.example, first.frame) == (0, ())
    shown = listener.shown[0]
    assert shown.shape == (96, 96)
    assert dice(shown, made.inside) > 0.9
    epochs = listener.of("epoch")
    assert [e.step for e in epochs] == [20, 40, 60]
    assert not math.isnan(epochs[-1].dice)


def test_the_preview_follows_the_user(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((4, 32, 32))
    labels = made.labels.copy()
    labels[2:] = 0
    listener.controls["preview"] = {"example": 0, "frame": [3]}
    train(
        job(
            save("image", made.image, "TYX"),
            save("labels", labels, "TYX"),
            tmp_path / "m",
            training=options_of(1),
        ),
        listener,
    )
    assert {event.frame for event in listener.of("preview")} == {(3,)}


def test_one_seed_gives_one_model(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((48, 48))
    image = save("image", made.image, "YX")
    labels = save("labels", made.labels, "YX")
    cards = []
    for name in ("a", "b"):
        train(job(image, labels, tmp_path / name, training=options_of(1)), listener)
        cards.append(read_card(tmp_path / name))
    assert cards[0].weights.sha256 == cards[1].weights.sha256


def test_unpainted_may_be_background(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((48, 48))
    image = save("image", made.image, "YX")
    result = train(
        job(
            image,
            save("labels", 5 * made.inside, "YX"),
            tmp_path / "m",
            unpainted_is_background=True,
        ),
        listener,
    )
    assert [c.id for c in result.classes] == [1, 5]
    found = predict(
        Predict(model=tmp_path / "m", image=image, out=tmp_path / "f.npy"), listener
    )
    assert dice(found.labels.open(), made.inside, 5) > 0.9


def test_fine_tuning_adds_a_class_and_keeps_the_rest(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((64, 64))
    image = save("image", made.image, "YX")
    train(job(image, save("a", made.labels, "YX"), tmp_path / "a"), listener)
    labels = made.labels.copy()
    corner = made.image.copy()
    corner[:12, :12] = 255
    labels[2:10:2, 1:11] = 9
    second = train(
        job(
            save("corner", corner, "YX"),
            save("b", labels, "YX"),
            tmp_path / "b",
            start_from=tmp_path / "a",
            training=options_of(10),
        ),
        listener,
    )
    assert [c.id for c in second.classes] == [1, 2, 9]
    found = predict(
        Predict(
            model=tmp_path / "b",
            image=image.replace(path=tmp_path / "corner.npy"),
            out=tmp_path / "f.npy",
        ),
        listener,
    ).labels.open()
    assert (np.asarray(found)[2:10, 2:10] == 9).mean() > 0.9
    assert dice(found, made.inside) > 0.85
    provenance = read_card(tmp_path / "b").provenance
    assert provenance["started from"] == "a"
    assert provenance["learning rate"] == "0.003"
    assert read_card(tmp_path / "a").provenance["learning rate"] == "0.01"


def test_what_the_start_knows_already_changes_half_as_much(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((48, 48))
    image, labels = save("image", made.image, "YX"), save("labels", made.labels, "YX")
    train(job(image, labels, tmp_path / "a", training=options_of(6)), listener)

    fine = job(
        image,
        labels,
        tmp_path / "b",
        start_from=tmp_path / "a",
        training=options_of(1),
    )
    tuned = train(fine, listener)

    card = read_card(tmp_path / "b")
    assert card.provenance["weights"] == "50% of the way from those started from"
    assert "weights" not in read_card(tmp_path / "a").provenance
    assert card.scores["dice"] == pytest.approx(tuned.dice, nan_ok=True)
    found = predict(
        Predict(model=tmp_path / "b", image=image, out=tmp_path / "f.npy"), listener
    )
    assert dice(found.labels.open(), made.inside) > 0.9


def test_stop_keeps_the_best_so_far(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((48, 48))
    listener.stop_at = "epoch"
    result = train(
        job(
            save("image", made.image, "YX"),
            save("labels", made.labels, "YX"),
            tmp_path / "m",
            training=options_of(100),
        ),
        listener,
    )
    assert result.stopped
    assert result.epochs == 2
    verify(tmp_path / "m")


def test_cancel_leaves_what_was_published_whole(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((48, 48))
    listener.cancel_at = "epoch"
    with pytest.raises(Cancelled):
        train(
            job(
                save("image", made.image, "YX"),
                save("labels", made.labels, "YX"),
                tmp_path / "m",
            ),
            listener,
        )
    assert len(verify(tmp_path / "m").history) == 1


def test_the_time_is_kept(disk: Any, save: Save, listener: Any, tmp_path: Path) -> None:
    made = disk((48, 48))
    options = TrainingOptions(max_seconds=0.01, device="cpu")
    result = train(
        job(
            save("image", made.image, "YX"),
            save("labels", made.labels, "YX"),
            tmp_path / "m",
            training=options,
        ),
        listener,
    )
    assert result.steps == 1
    verify(tmp_path / "m")


def test_an_existing_folder_is_refused_before_anything_else(
    save: Save, listener: Any, tmp_path: Path
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "precious.txt").touch()
    nothing = save("nothing", np.zeros((4, 4), np.uint8), "YX")
    with pytest.raises(StorageError, match="exists already"):
        train(job(nothing, nothing, tmp_path / "m"), listener)


@pytest.mark.parametrize(
    ("image", "labels", "message"),
    [
        (np.zeros((8, 8)), np.zeros((8, 8), int), "Nothing is painted"),
        (np.zeros((8, 8)), np.eye(8, dtype=int), "Only one class is painted"),
        (np.zeros((8, 8)), np.ones((8, 9), int), "do not fit"),
        (np.full((8, 8), np.nan), np.eye(8, dtype=int) + 1, "not finite"),
        (np.zeros((8, 8)), np.eye(8, dtype=int) - 1, "negative ids"),
        (np.zeros((8, 8)), np.eye(8) + 1, "must be whole numbers"),
        (np.zeros((8, 8), complex), np.eye(8, dtype=int) + 1, "plain numbers"),
    ],
    ids=["nothing", "one class", "shape", "nan", "negative", "float ids", "complex"],
)
def test_bad_input_is_refused_in_words(
    image: Any, labels: Any, message: str, save: Save, listener: Any, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        train(
            job(save("i", image, "YX"), save("l", labels, "YX"), tmp_path / "m"),
            listener,
        )
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("dtype", [bool, np.uint64, ">i2", np.int32])
def test_odd_dtypes_of_labels_are_fine(
    dtype: Any, disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((16, 18))
    labels = made.labels
    if dtype is bool:
        labels = labels == 2
    result = train(
        job(
            save("image", made.image.astype(">u2"), "YX"),
            save("labels", labels.astype(dtype), "YX"),
            tmp_path / "m",
            unpainted_is_background=dtype is bool,
            training=options_of(1),
        ),
        listener,
    )
    assert len(result.classes) == 2


def test_fine_tuning_on_other_channels_is_refused(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((32, 32))
    labels = save("labels", made.labels, "YX")
    first = job(
        save("grey", made.image, "YX"), labels, tmp_path / "a", training=options_of(1)
    )
    train(first, listener)
    stains = save("stains", np.stack([made.image] * 3), "CYX")
    sentence = r"works on 1 channels, but stains\.npy has 3"
    with pytest.raises(InputError, match=sentence):
        train(job(stains, labels, tmp_path / "b", start_from=tmp_path / "a"), listener)
    rgb = save("rgb", np.stack([made.image] * 3, axis=-1), "YXC")
    fine = job(
        rgb,
        labels,
        tmp_path / "b",
        start_from=tmp_path / "a",
        training=options_of(1),
    )
    assert train(fine, listener).plan.channels == 1
    (notice,) = listener.of("notice")
    assert "colours of rgb.npy are averaged" in notice.message


def test_a_short_training_has_short_epochs_whatever_it_starts_from(
    disk: Any, save: Save, listener: Any, tmp_path: Path
) -> None:
    made = disk((32, 32))
    image, labels = save("image", made.image, "YX"), save("labels", made.labels, "YX")
    train(job(image, labels, tmp_path / "a", training=options_of(1)), listener)
    card = verify(tmp_path / "a")
    plan = card.plan.replace(steps_per_epoch=100)
    text = card.replace(plan=plan).model_dump_json()
    (tmp_path / "a" / "model.json").write_text(text)

    options = TrainingOptions(max_epochs=1, max_seconds=500, device="cpu")
    fine = job(
        image, labels, tmp_path / "b", start_from=tmp_path / "a", training=options
    )

    assert train(fine, listener).steps == 20
