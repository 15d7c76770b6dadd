"""A training that was killed goes on as if nothing had happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save_file

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.engine import checkpoint, device, schedule, train_unet
from napari_segsuite.engine.train_unet import train
from napari_segsuite.errors import (
    Cancelled,
    InputError,
    ModelFolderError,
    StorageError,
)
from napari_segsuite.jobs.training import TrainingOptions, TrainUNet
from napari_segsuite.jobs.unfinished import resumption
from napari_segsuite.models.folder import read_card, verify
from napari_segsuite.models.publishing import publish
from napari_segsuite.models.training_lock import LOCK, sole_training
from napari_segsuite.models.unfinished import read_training
from napari_segsuite.plan.unet import PlanChoices

SMALL = PlanChoices(patch_size=32, features=4, batch_size=2)


class Clock:
    """A clock that goes when it is told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the end of every epoch be remembered."""
    monkeypatch.setattr(checkpoint, "_SECONDS_BETWEEN_ALL", 0.0)


@pytest.fixture
def make_job(disk: Any, save: Callable[..., ArrayRef], tmp_path: Path) -> Any:
    """Return what makes a job that trains a tiny network in a folder of that name."""
    made = disk((48, 48))
    image = save("image", made.image, "YX")
    labels = save("labels", made.labels, "YX")

    def make(name: str, count: int = 1, **options: Any) -> TrainUNet:
        chosen = {"max_seconds": 600, "max_epochs": 6, "device": "cpu", **options}
        return TrainUNet(
            images=(image,) * count,
            labels=(labels,) * count,
            out=tmp_path / name,
            name="model",
            plan=SMALL,
            training=TrainingOptions.model_validate(chosen),
        )

    return make


class Interrupter:
    """A context that gives up a few steps after so many epochs.

    If it has a clock, a step takes half a second of it.
    """

    def __init__(self, listener: Any, epochs: int, clock: Clock | None = None) -> None:
        self._listener = listener
        self._clock = clock
        self._epochs, self._steps = epochs, 7

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)

    def check_cancelled(self) -> None:
        if self._clock is not None:
            self._clock.now += 0.5
        if len(self._listener.of("epoch")) >= self._epochs:
            self._steps -= 1
            if self._steps < 0:
                raise Cancelled("The job was cancelled.")


def interrupted(job: TrainUNet, listener: Any, epochs: int) -> None:
    with pytest.raises(Cancelled):
        train(job, Interrupter(listener, epochs))
    listener.events.clear()


@pytest.fixture(params=[1, 2])
def lanes(request: pytest.FixtureRequest) -> Iterator[int]:
    """Let so many threads work side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.usefixtures("every_epoch")
def test_a_resumed_training_ends_with_the_same_weights(
    lanes: int, make_job: Any, listener: Any, tmp_path: Path
) -> None:
    assert device.choose("cpu").lanes == lanes
    unbroken = train(make_job("a"), listener)
    listener.events.clear()
    interrupted(make_job("b"), listener, 3)
    resumed = train(resumption(tmp_path / "b"), listener)
    assert resumed.steps == unbroken.steps == 120
    a, b = verify(tmp_path / "a"), verify(tmp_path / "b")
    assert b.weights.sha256 == a.weights.sha256
    assert [(r.step, r.loss, r.dice) for r in b.history] == [
        (r.step, r.loss, r.dice) for r in a.history
    ]
    assert b.scores == a.scores
    assert [event.epoch for event in listener.of("epoch")] == [1, 2, 3, 4, 5, 6]


@pytest.mark.usefixtures("every_epoch")
# Statistics of several images are held in the second half.
@pytest.mark.parametrize("count", [1, 2])
def test_it_may_be_interrupted_again_and_again(
    count: int, make_job: Any, listener: Any, tmp_path: Path
) -> None:
    train(make_job("a", count), listener)
    listener.events.clear()
    interrupted(make_job("b", count), listener, 1)
    for epochs in (2, 2, 4, 5):  # A second kill in the same epoch gains nothing.
        interrupted(resumption(tmp_path / "b"), listener, epochs)
    train(resumption(tmp_path / "b"), listener)
    assert digest(tmp_path / "b") == digest(tmp_path / "a")


@pytest.mark.usefixtures("every_epoch")
def test_a_schedule_of_seconds_goes_on_too(
    make_job: Any, listener: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    for module in (schedule, train_unet):
        monkeypatch.setattr(module, "time", clock)
    options = {"max_seconds": 40.0, "max_epochs": 0}
    unbroken = train(make_job("a", **options), Interrupter(listener, 99, clock=clock))
    listener.events.clear()
    with pytest.raises(Cancelled):
        train(make_job("b", **options), Interrupter(listener, 2, clock=clock))
    listener.events.clear()
    clock.now += 1000  # The machine was off.
    resumed = train(resumption(tmp_path / "b"), Interrupter(listener, 99, clock=clock))
    assert resumed.steps == unbroken.steps > 60
    assert digest(tmp_path / "b") == digest(tmp_path / "a")


@pytest.mark.usefixtures("every_epoch")
def test_fine_tuning_is_resumed(make_job: Any, listener: Any, tmp_path: Path) -> None:
    train(make_job("start", max_epochs=1), listener)
    listener.events.clear()
    tuned = {"start_from": tmp_path / "start"}
    train(make_job("a", max_epochs=3).replace(**tuned), listener)
    listener.events.clear()
    interrupted(make_job("b", max_epochs=3).replace(**tuned), listener, 1)
    train(resumption(tmp_path / "b"), listener)
    assert digest(tmp_path / "b") == digest(tmp_path / "a")


@pytest.mark.usefixtures("every_epoch")
def test_a_training_that_ends_leaves_nothing_to_resume(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    interrupted(make_job("m"), listener, 1)
    card = read_card(tmp_path / "m")
    assert card.unfinished is not None
    assert names(tmp_path / "m") == {
        "model.json",
        card.weights.file,
        card.unfinished.file,
    }
    listener.stop_at = "epoch"
    assert train(resumption(tmp_path / "m"), listener).stopped
    assert names(tmp_path / "m") == {"model.json", "weights.safetensors"}
    with pytest.raises(ModelFolderError, match="no unfinished training"):
        resumption(tmp_path / "m")


def test_little_is_written_before_half_a_minute(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    interrupted(make_job("m"), listener, 2)
    assert read_card(tmp_path / "m").unfinished is None


@pytest.mark.usefixtures("every_epoch")
def test_arrays_may_have_moved(make_job: Any, listener: Any, tmp_path: Path) -> None:
    interrupted(make_job("m", max_epochs=2), listener, 1)
    job = resumption(tmp_path / "m")
    moved = job.images[0].path.rename(tmp_path / "moved.npy")
    train(job.replace(images=(job.images[0].replace(path=moved),)), listener)
    verify(tmp_path / "m")


@pytest.mark.usefixtures("every_epoch")
def test_other_paint_or_pixels_cannot_be_resumed(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    interrupted(make_job("m"), listener, 1)
    before = names(tmp_path / "m")
    job = resumption(tmp_path / "m")
    for path in (job.labels[0].path, job.images[0].path):
        values = np.load(path)
        changed = values.copy()
        changed[0, 0] ^= 1
        np.save(path, changed)
        with pytest.raises(InputError, match="is not what the training in"):
            train(job, listener)
        np.save(path, values)
    assert names(tmp_path / "m") == before
    train(job, listener)


@pytest.mark.usefixtures("every_epoch")
def test_other_options_cannot_be_resumed(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    interrupted(make_job("m"), listener, 1)
    job = make_job("m", seed=1).replace(resume=True)
    with pytest.raises(InputError, match=r"other options \(training\)"):
        train(job, listener)


@pytest.mark.usefixtures("every_epoch")
def test_paths_hold_in_another_folder(
    make_job: Any, listener: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    job = make_job("m")
    relative = tuple(ref.replace(path=Path(ref.path.name)) for ref in job.images)
    interrupted(job.replace(images=relative), listener, 1)
    assert resumption(tmp_path / "m").images == job.images


def test_a_model_without_a_card_is_not_resumed(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    with pytest.raises(ModelFolderError, match="There is no model in"):
        train(make_job("m").replace(resume=True), listener)
    assert not (tmp_path / "m").exists()


@pytest.mark.usefixtures("every_epoch")
def test_tensors_of_another_network_are_refused(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    interrupted(make_job("m"), listener, 1)
    stored = read_training(tmp_path / "m")
    tensors = load(stored.tensors)
    name = next(name for name in tensors if name.startswith("exp_avg."))
    for broken in (
        {k: v for k, v in tensors.items() if k != name},
        {**tensors, name: tensors[name][None].clone()},
        {**tensors, "more": tensors[name].clone()},
    ):
        rewrite(tmp_path / "m", broken, stored.facts.header())
        with pytest.raises(ModelFolderError, match="1 tensors differ"):
            train(resumption(tmp_path / "m"), listener)


@pytest.mark.usefixtures("every_epoch")
def test_odd_randomness_is_refused(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    interrupted(make_job("m"), listener, 1)
    stored = read_training(tmp_path / "m")
    for chance in ({}, {"bit_generator": "MT19937"}, {"bit_generator": "PCG64"}):
        position = stored.facts.position.replace(chance=chance)
        header = stored.facts.replace(position=position).header()
        rewrite(tmp_path / "m", load(stored.tensors), header)
        with pytest.raises(ModelFolderError, match="does not fit"):
            train(resumption(tmp_path / "m"), listener)


class Nosy:
    """A context that tries at the first epoch to resume what is being trained."""

    def __init__(self, listener: Any, folder: Path) -> None:
        self._listener, self._folder = listener, folder
        self.told = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)

    def check_cancelled(self) -> None:
        if self._listener.of("epoch") and not self.told:
            with pytest.raises(StorageError) as refused:
                train(resumption(self._folder), self._listener)
            self.told = str(refused.value)


@pytest.mark.usefixtures("every_epoch")
def test_a_model_is_trained_by_one_job_at_a_time(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    nosy = Nosy(listener, tmp_path / "m")
    train(make_job("m", max_epochs=3), nosy)
    assert "is being trained by another job" in nosy.told
    listener.events.clear()
    interrupted(make_job("b", max_epochs=3), listener, 1)
    with sole_training(tmp_path / "b"):
        before = names(tmp_path / "b")
        with pytest.raises(StorageError, match="is being trained"):
            train(resumption(tmp_path / "b"), listener)
        assert names(tmp_path / "b") == before
    train(resumption(tmp_path / "b"), listener)
    assert digest(tmp_path / "b") == digest(tmp_path / "m")


def test_the_lock_of_a_killed_training_holds_nothing(
    make_job: Any, listener: Any, tmp_path: Path
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / LOCK).touch()
    train(make_job("m", max_epochs=1), listener)
    assert names(tmp_path / "m") == {"model.json", "weights.safetensors"}


@pytest.mark.skipif(os.name == "nt", reason="forks and kills as POSIX does")
@pytest.mark.parametrize("lanes_of_killed", ["1", "2"])
def test_a_training_killed_at_random_moments_ends_with_the_same_weights(
    tmp_path: Path, lanes_of_killed: str
) -> None:
    kills = os.environ.get("SEGSUITE_KILLS", "3")
    seed = os.environ.get("SEGSUITE_SEED", "7")
    program = Path(__file__).with_name("killed_training.py")
    done = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", program),
            *(tmp_path, kills, seed, lanes_of_killed),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["killed"] == int(kills)
    assert told["resumed"] > 0
    assert told["different"] == 0


def digest(folder: Path) -> str:
    return verify(folder).weights.sha256


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def rewrite(folder: Path, tensors: Any, header: dict[str, str]) -> None:
    """Write another unfinished training into a model folder."""
    card = read_card(folder)
    content = (folder / card.weights.file).read_bytes()
    publish(
        folder,
        lambda file: card.replace(weights=file),
        lambda path: Path.write_bytes(path, content),
        final=False,
        write_unfinished=lambda path: save_file(tensors, path, metadata=header),
    )
