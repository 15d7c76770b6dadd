"""``segsuite train``, in this process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_segsuite.cli.main import main
from napari_segsuite.cli.train import TrainUNetCommand
from napari_segsuite.engine import checkpoint
from napari_segsuite.engine.train_unet import train
from napari_segsuite.errors import Cancelled
from napari_segsuite.jobs.events import EpochEnd, Event
from napari_segsuite.jobs.messages import Cancel
from napari_segsuite.jobs.training import TrainingOptions
from napari_segsuite.models.folder import read_card
from napari_segsuite.plan.unet import PlanChoices
from napari_segsuite.runners.context import Cache, RunContext


@pytest.fixture
def command(tmp_path: Path) -> TrainUNetCommand:
    """Return a command that trains on a noisy square."""
    square = np.zeros((40, 40), np.uint8)
    square[10:30, 10:30] = 1
    noise = np.random.default_rng(0).normal(0, 10, square.shape)
    np.save(tmp_path / "image.npy", 100 * square + noise)
    np.save(tmp_path / "painted.npy", square + 1)
    return TrainUNetCommand(
        image=(tmp_path / "image.npy",),
        labels=(tmp_path / "painted.npy",),
        out=tmp_path / "model",
        training=TrainingOptions(max_epochs=3, device="cpu"),
        plan=PlanChoices(levels=3, features=4, patch_size=32, batch_size=2),
    )


def test_a_killed_training_is_resumed(
    command: TrainUNetCommand,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(checkpoint, "_SECONDS_BETWEEN_ALL", 0.0)

    def cancel_at_the_second(event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 2:
            context.obey(Cancel(run="0" * 32))

    context = RunContext(tmp_path, cancel_at_the_second, Cache())
    with pytest.raises(Cancelled):
        train(command.job(), context)
    assert main(["train", "resume", str(command.out)]) == 0
    assert capsys.readouterr().out == f"{command.out}\n"
    assert [r.epoch for r in read_card(command.out).history] == [1, 2, 3]
    assert main(["train", "resume", str(command.out)]) == 1
    assert "no unfinished training" in capsys.readouterr().err


def test_ids_may_be_objects(command: TrainUNetCommand) -> None:
    assert command.job().learn == "classes"
    assert replace(command, learn="objects").job().learn == "objects"
