from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.losses import dice_ce
from napari_segsuite.engine.objects.objective import ObjectObjective, distance_loss
from napari_segsuite.engine.objects.sampling import ObjectSampler
from napari_segsuite.plan.unet import UNetPlan

PLAN = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(8, 8),
    strides=((1, 1),) * 3,
    features=(2, 2, 2),
    batch_size=4,
    normalisation="range",
)


class Says(nn.Module):
    """Says what the image says: logits of a bright object on a dark background."""

    def __init__(self, certainty: float) -> None:
        super().__init__()
        self.certainty = nn.Parameter(torch.tensor(certainty))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        said = self.certainty * (2 * image - 1)
        return torch.cat([-said, said, said], 1)


def objective(region: Any, *, augment: bool = False, seed: int = 0) -> ObjectObjective:
    labels = np.zeros((20, 20), np.int32)
    labels[4:7, 4:7], labels[10:13, 9:12] = 1, 2
    rng = np.random.default_rng(seed)
    return ObjectObjective(
        ObjectSampler([region(labels)], (8, 8), rng),
        PLAN,
        loss=dice_ce,
        augment=augment,
        compute=Compute(torch.device("cpu"), None, 1),
        rng=rng,
    )


def nowhere(like: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(like, dtype=torch.bool)


def test_who_says_the_truth_loses_less(region: Any) -> None:
    goal = objective(region)
    (draw,) = goal.draw(1)
    right, unsure, wrong = (
        float(goal.loss(Says(certainty), draw).detach())
        for certainty in (3.0, 0.0, -3.0)
    )
    assert right < unsure < wrong


def test_a_batch_is_split_among_lanes(region: Any) -> None:
    draws = objective(region).draw(3)
    assert [len(draw.patches) for draw in draws] == [2, 1, 1]
    assert all(draw.variations == () for draw in draws)
    assert len(objective(region, augment=True).draw(1)[0].variations) == 4


def test_one_seed_gives_one_loss(region: Any) -> None:
    losses = []
    for _ in range(2):
        goal = objective(region, augment=True, seed=5)
        losses.append(float(goal.loss(Says(1.0), goal.draw(1)[0]).detach()))
    assert losses[0] == losses[1]


def test_the_distance_loss_is_nothing_where_it_is_right() -> None:
    distance = torch.tensor([[0.0, 0.25, 0.5, 1.0]])
    right = torch.logit(distance, eps=1e-6)
    assert float(distance_loss(right, distance, nowhere(distance))) == pytest.approx(
        0.0, abs=1e-4
    )
    assert float(distance_loss(right + 1, distance, nowhere(distance))) > 0.01


def test_unknown_distances_do_not_count() -> None:
    distance = torch.tensor([[0.5, -1.0, -1.0]])
    logits = torch.tensor([[0.0, 50.0, -50.0]], requires_grad=True)
    loss = distance_loss(logits, distance, nowhere(distance))
    assert float(loss.detach()) == pytest.approx(0.0)
    (slope,) = torch.autograd.grad(loss, logits)
    assert slope.abs().max() == 0
    nothing = distance_loss(logits, torch.full((1, 3), -1.0), nowhere(logits))
    assert float(nothing.detach()) == 0.0


def test_a_mistake_where_objects_meet_counts_five_times() -> None:
    distance = torch.full((1, 4), 0.5)
    logits = torch.tensor([[2.0, 0.0, 0.0, 0.0]])
    meeting = torch.tensor([[True, False, False, False]])
    elsewhere = float(distance_loss(logits, distance, nowhere(logits)))
    # Of the four pixels, one is wrong: 1 of 4, or 5 of 8.
    assert float(distance_loss(logits, distance, meeting)) == pytest.approx(
        elsewhere * 4 * 5 / 8
    )
