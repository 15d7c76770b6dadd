from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from napari_segsuite.engine import device
from napari_segsuite.engine.losses import LOSSES
from napari_segsuite.engine.objective import Objective
from napari_segsuite.engine.regions import Region
from napari_segsuite.engine.sampling import PatchSampler
from napari_segsuite.plan.unet import UNetPlan

PLAN = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(4, 4),
    strides=((1, 1), (2, 2), (2, 2)),
    features=(2, 2, 2),
    batch_size=3,
    normalisation="range",
)
CPU = dataclasses.replace(device.choose("cpu"), half=None)


class Even(nn.Module):
    """Says that both classes are as likely, everywhere."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(image), 2, *image.shape[2:])


class Echo(nn.Module):
    """Says class 1 by the pixel's intensity."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.zeros_like(image), 10 * image], dim=1)


def objective(target: torch.Tensor, **fields: Any) -> Objective:
    image = torch.zeros(1, *target.shape)
    image[0, :, 2:] = 1.0
    regions = [Region(image, target)]
    rng = np.random.default_rng(0)
    options = {"augment": False, **fields}
    return Objective(
        regions,
        options.pop("teachings", []),
        options.pop("prior", torch.zeros(2)),
        PatchSampler(regions, PLAN.patch_size, 2, rng),
        PLAN,
        loss=LOSSES["ce"],
        compute=CPU,
        rng=rng,
        **options,
    )


def sparse() -> torch.Tensor:
    target = torch.full((4, 4), -1)
    target[0, 0], target[0, 3] = 0, 1
    return target


def test_the_batch_is_shared_out_to_lanes() -> None:
    parts = objective(sparse()).draw(2)
    assert [len(part.patches) for part in parts] == [2, 1]
    assert len(objective(sparse()).draw(5)) == 3


def test_dense_labels_need_nothing_but_the_loss() -> None:
    one = objective(torch.tensor([[0, 0, 1, 1]] * 4))
    loss = one.loss(Even(), one.draw(1)[0])
    assert float(loss) == pytest.approx(np.log(2))


def test_the_prior_is_not_weighed_against_the_network() -> None:
    target = torch.tensor([[0, 0, 1, 1]] * 4)
    one = objective(target, prior=torch.tensor([0.0, math.log(3)]))
    # Even logits say that class 1 is three times rarer than it covers.
    loss = one.loss(Even(), one.draw(1)[0])
    assert float(loss) == pytest.approx((np.log(4 / 3) + np.log(4)) / 2)


def test_the_teacher_speaks_for_unpainted_pixels() -> None:
    teachings = [torch.tensor([0.25, 0.75]).view(2, 1, 1).expand(2, 4, 4).half()]
    one = objective(sparse(), teachings=teachings)
    taught = float(one.loss(Even(), one.draw(1)[0]))
    # Nothing disagrees; 14 of 16 pixels are unpainted, each -log 0.5.
    assert taught == pytest.approx(np.log(2) * (1 + 14 / 16))
    one.teaching = 0.0
    assert float(one.loss(Even(), one.draw(1)[0])) == pytest.approx(np.log(2))


def test_an_answer_that_follows_intensity_disagrees_little() -> None:
    one = objective(sparse())
    loss = float(one.loss(Echo(), one.draw(1)[0]))
    painted = (np.log(2) + np.log(1 + np.exp(-10))) / 2
    assert loss == pytest.approx(painted, abs=1e-3)


def test_augmented_patches_are_drawn_once_and_stay() -> None:
    one = objective(sparse(), augment=True)
    (part,) = one.draw(1)
    assert len(part.variations) == 3
    assert float(one.loss(Echo(), part)) == float(one.loss(Echo(), part))
