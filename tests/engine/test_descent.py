"""Steps and epochs of any training: a line that is fitted to one number."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from napari_segsuite.data.classes import table_of
from napari_segsuite.engine.averaging import MovingAverage
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.descent import Descent, Trained
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.schedule import Budget
from napari_segsuite.engine.validation import HeldOutScores
from napari_segsuite.models.card import EpochRecord, ModelCard, WeightsFile
from napari_segsuite.models.unfinished import Position, Standing, Unfinished
from napari_segsuite.plan.unet import UNetPlan

CPU = Compute(torch.device("cpu"), None, 1)
ONE = torch.ones(1, 1)
NOTHING = HeldOutScores(float("nan"))


def plan(steps_per_epoch: int) -> UNetPlan:
    return UNetPlan(
        ndim=2,
        channels=1,
        patch_size=(8, 8),
        strides=((1, 1), (2, 2), (2, 2)),
        features=(2, 2, 2),
        batch_size=1,
        normalisation="range",
        steps_per_epoch=steps_per_epoch,
    )


def card_of(
    file: WeightsFile, history: Sequence[EpochRecord], best: EpochRecord
) -> ModelCard:
    return ModelCard(
        name="m",
        created=datetime.now(UTC),
        package_version="0",
        plan=plan(1),
        architecture={},
        classes=table_of((1, 2)),
        axes="YX",
        weights=file,
        history=tuple(history),
        scores={"epoch": float(best.epoch)},
    )


def unfinished_of(position: Position, standing: Standing) -> Unfinished:
    return Unfinished(job={}, data="0" * 64, position=position, standing=standing)


def distance(network: nn.Module, part: torch.Tensor) -> torch.Tensor:
    """Return how far the line is from 3, squared."""
    return ((network(part) - 3) ** 2).mean()


@pytest.fixture
def line() -> nn.Linear:
    made = nn.Linear(1, 1)
    nn.init.zeros_(made.weight)
    nn.init.zeros_(made.bias)
    return made


@pytest.fixture
def make(line: nn.Linear, listener: Any, tmp_path: Path) -> Callable[..., Descent]:
    def descent(
        steps: int,
        per_epoch: int = 1,
        rate: float = 0.1,
        network: nn.Module = line,
        *,
        hold: bool = False,
    ) -> Descent:
        return Descent(
            network,
            MovingAverage(network),
            Checkpoint(tmp_path / "m", card_of, unfinished_of),
            None,
            plan=plan(per_epoch),
            rate=rate,
            budget=Budget(3600, steps, time.monotonic()),
            hold=hold,
            compute=CPU,
            rng=np.random.default_rng(0),
            ctx=listener,
        )

    return descent


def test_it_goes_down_until_the_budget_is_spent(
    make: Callable[..., Descent], line: nn.Linear
) -> None:
    descent = make(60)
    losses = []
    with descent.lanes:
        while descent.goes_on:
            losses.append(descent.weigh(distance, [ONE]))
            descent.make_step()
    assert len(losses) == 60
    assert losses[0] == 9.0
    assert losses[-1] < 0.5
    assert distance(line, ONE) < 0.5
    assert descent.progress == 1
    assert descent.trained == Trained(0, 60, stopped=False)


def test_epochs_end_in_time_and_with_the_training(
    make: Callable[..., Descent], listener: Any
) -> None:
    descent = make(8, per_epoch=3, rate=1e-9)
    ends = []
    with descent.lanes:
        while descent.goes_on:
            descent.weigh(distance, [ONE * (descent.step % 3)])
            descent.make_step()
            if descent.epoch_is_over:
                ends.append(descent.step)
                descent.end_epoch(NOTHING)
    assert ends == [3, 6, 8]
    epochs = listener.of("epoch")
    assert [epoch.step for epoch in epochs] == ends
    # The line is 0 as long as it learns next to nothing, whatever it is given.
    assert [epoch.loss for epoch in epochs] == pytest.approx([9.0] * 3)
    told = listener.of("progress")
    assert [event.message for event in told] == ["Epoch 1", "Epoch 2", "Epoch 3"]
    assert [event.fraction for event in told] == [3 / 8, 6 / 8, 1]


def means_of(make: Callable[..., Descent], *, hold: bool) -> list[float]:
    """Return the mean of batch normalisation after each of four steps."""
    norm = nn.BatchNorm1d(1)
    descent = make(4, network=nn.Sequential(norm, nn.Linear(1, 1)), hold=hold)
    means = []
    with descent.lanes:
        while descent.goes_on:
            at = 10.0 * (descent.step + 1)
            descent.weigh(distance, [torch.tensor([[at - 1], [at + 1]])])
            descent.make_step()
            means.append(float(norm.running_mean))
    return means


def test_statistics_are_held_in_the_second_half(make: Callable[..., Descent]) -> None:
    means = means_of(make, hold=True)
    # A tenth of 10, then nine tenths of that and a tenth of 20.
    assert means[:2] == pytest.approx([1.0, 2.9])
    # From then on those of the moving average, which had 0 as its first value.
    assert 0 < means[2] < 2.9
    assert means[3] == means[2]


def test_statistics_of_images_that_are_alike_are_not_held(
    make: Callable[..., Descent],
) -> None:
    means = means_of(make, hold=False)
    assert means == pytest.approx([1.0, 2.9, 5.61, 9.049])


def test_who_asks_to_stop_ends_the_epoch(
    make: Callable[..., Descent], listener: Any
) -> None:
    descent = make(100, per_epoch=50)
    listener.stop_at = "progress"
    with descent.lanes:
        descent.weigh(distance, [ONE])
        descent.make_step()
        assert descent.goes_on
        assert not descent.epoch_is_over
        descent.tell("Epoch 1")
        descent.weigh(distance, [ONE])
        descent.make_step()
    assert not descent.goes_on
    assert descent.epoch_is_over
    assert descent.trained == Trained(0, 2, stopped=True)


def test_training_that_brings_nothing_any_more_is_cut_short(
    make: Callable[..., Descent],
) -> None:
    descent = make(1000)
    with descent.lanes:
        while descent.goes_on:
            descent.weigh(distance, [ONE])
            descent.make_step()
            descent.end_epoch(HeldOutScores(0.5))
    # After the first, 100 epochs brought nothing; a quarter of 101 is left to rest.
    assert 101 < descent.step <= 127
