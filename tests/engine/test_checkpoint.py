from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from napari_segsuite.data.classes import table_of
from napari_segsuite.engine import networks, weights
from napari_segsuite.engine.checkpoint import Checkpoint
from napari_segsuite.engine.resuming import Resumed
from napari_segsuite.models.card import EpochRecord, ModelCard, WeightsFile
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.unfinished import (
    Position,
    Spent,
    Standing,
    Unfinished,
    read_training,
)
from napari_segsuite.plan.unet import UNetPlan

PLAN = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(8, 8),
    strides=((1, 1), (2, 2), (2, 2)),
    features=(2, 2, 2),
    batch_size=1,
    normalisation="range",
)


def card_of(
    file: WeightsFile, history: Sequence[EpochRecord], best: EpochRecord
) -> ModelCard:
    return ModelCard(
        name="m",
        created=datetime.now(UTC),
        package_version="0",
        plan=PLAN,
        architecture=networks.architecture(PLAN, 2),
        classes=table_of((1, 2)),
        axes="YX",
        weights=file,
        history=tuple(history),
        scores={"epoch": float(best.epoch)},
    )


def unfinished_of(position: Position, standing: Standing) -> Unfinished:
    return Unfinished(job={}, data="0" * 64, position=position, standing=standing)


def network(bias: float) -> nn.Module:
    made = networks.build(networks.architecture(PLAN, 2))
    nn.init.constant_(
        dict(made.named_parameters())["output_block.conv.conv.bias"], bias
    )
    return made


def record(epoch: int, dice: float) -> EpochRecord:
    return EpochRecord(epoch=epoch, step=epoch, seconds=epoch, loss=1.0, dice=dice)


def final(checkpoint: Checkpoint, folder: Path) -> tuple[float, ModelCard]:
    card = checkpoint.finish()
    _, loaded = weights.load(folder)
    bias = dict(loaded.named_parameters())["output_block.conv.conv.bias"]
    return float(bias[0].detach()), card


def test_a_clearly_worse_network_does_not_replace_the_best(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    assert checkpoint.take(record(1, 0.9), network(1.0))
    assert not checkpoint.take(record(2, 0.8), network(2.0))
    kept, card = final(checkpoint, tmp_path / "m")
    assert kept == 1.0
    assert card.scores["epoch"] == 1
    assert len(card.history) == 2


def test_a_later_network_wins_a_draw(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    checkpoint.take(record(1, 0.9), network(1.0))
    assert checkpoint.take(record(2, 0.895), network(2.0))
    assert final(checkpoint, tmp_path / "m")[0] == 2.0


def test_draws_do_not_add_up_to_a_loss(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    taken = [
        checkpoint.take(record(epoch, dice), network(float(epoch)))
        for epoch, dice in enumerate((0.9, 0.895, 0.888), start=1)
    ]
    assert taken == [True, True, False]


def test_without_held_out_paint_the_last_network_is_kept(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    checkpoint.take(record(1, math.nan), network(1.0))
    checkpoint.take(record(2, math.nan), network(2.0))
    assert final(checkpoint, tmp_path / "m")[0] == 2.0


def test_epochs_without_gain_are_counted_from_the_highest_score(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    assert checkpoint.epochs_without_gain == 0
    for epoch, dice in enumerate((0.5, 0.9, 0.895, 0.2), start=1):
        checkpoint.take(record(epoch, dice), network(1.0))
    assert checkpoint.epochs_without_gain == 2
    checkpoint.take(record(5, math.nan), network(1.0))
    assert checkpoint.epochs_without_gain == 0


def test_the_first_network_is_published_at_once(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    assert checkpoint.best is None
    checkpoint.take(record(1, 0.5), network(1.0))
    assert read_card(tmp_path / "m").scores["epoch"] == 1


def test_what_is_kept_does_not_change_with_the_network(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    made = network(1.0)
    checkpoint.take(record(1, 0.9), made)
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(1.0)
    assert final(checkpoint, tmp_path / "m")[0] == 1.0


def position(epoch: int) -> Position:
    spent = Spent(seconds=1.0, ready=0.0, cut_short=None)
    return Position(epoch=epoch, step=epoch, progress=0.1, spent=spent, chance={})


class Clock:
    """A clock that goes when it is told to."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_all_is_remembered_every_half_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("napari_segsuite.engine.checkpoint.time", clock)
    kept = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    remembered = []
    for epoch in range(1, 8):
        clock.now += 12
        kept.take(record(epoch, 0.9), network(epoch))
        kept.remember_if_due(partial(position, epoch), lambda: {"a": torch.ones(2)})
        if read_card(tmp_path / "m").unfinished is not None:
            found = read_training(tmp_path / "m")
            remembered.append(found.facts.position.epoch)
    assert remembered == [3, 3, 3, 6, 6]


def test_what_was_kept_is_kept_on(tmp_path: Path) -> None:
    first = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    first.take(record(1, 0.9), network(1.0))
    first.take(record(2, 0.8), network(2.0))
    standing = Standing(highest=0.9, highest_epoch=1, best=record(1, 0.9))
    facts = unfinished_of(position(2), standing)
    card = first.finish().replace(history=(record(1, 0.9), record(2, 0.8)))
    ahead = card.replace(history=(*card.history, record(3, 0.99)))
    best = weights.snapshot(network(1.0))
    second = Checkpoint(tmp_path / "m", card_of, unfinished_of)
    second.resume(Resumed(tmp_path / "m", ahead, facts, {}, best))
    assert second.epochs_without_gain == 1
    assert not second.take(record(3, 0.8), network(3.0))
    kept, card = final(second, tmp_path / "m")
    assert kept == 1.0
    assert [r.dice for r in card.history] == [0.9, 0.8, 0.8]


def test_nothing_can_be_published_before_the_first_epoch(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="before the first epoch"):
        Checkpoint(tmp_path / "m", card_of, unfinished_of).finish()
