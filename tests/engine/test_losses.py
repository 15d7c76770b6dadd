from __future__ import annotations

from math import log

import pytest
import torch

from napari_segsuite.engine.losses import LOSSES, Loss

EVEN = torch.tensor([1.0, 1.0])


def logs(first: list[float]) -> torch.Tensor:
    """Log-probabilities of one row of pixels, given those of class 0."""
    p = torch.tensor(first)
    return torch.stack([p, 1 - p])[None, :, None].log()


def test_cross_entropy_is_the_mean_over_painted_pixels() -> None:
    target = torch.tensor([[[0, 1, -1]]])
    loss = LOSSES["ce"](logs([0.5, 0.75, 0.001]), target, EVEN)
    assert float(loss) == pytest.approx((log(2) + log(4)) / 2)


def test_class_weights_weigh_pixels() -> None:
    target = torch.tensor([[[0, 1]]])
    loss = LOSSES["ce"](logs([0.5, 0.75]), target, torch.tensor([3.0, 1.0]))
    assert float(loss) == pytest.approx((3 * log(2) + log(4)) / 4)


def test_focal_counts_what_is_known_less() -> None:
    target = torch.tensor([[[0, 0]]])
    loss = LOSSES["focal"](logs([0.5, 0.9]), target, EVEN)
    expected = (0.25 * log(2) - 0.01 * log(0.9)) / 2
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_dice_by_hand() -> None:
    # Class 0: tp .5, fp .25, fn .5; class 1: tp .75, fp .5, fn .25; smoothed by 1.
    target = torch.tensor([[[0, 1, -1]]])
    loss = LOSSES["dice"](logs([0.5, 0.25, 0.9]), target, EVEN)
    first = 1 - (0.5 + 1) / (0.5 + 0.375 + 1)
    second = 1 - (0.75 + 1) / (0.75 + 0.375 + 1)
    assert float(loss) == pytest.approx((first + second) / 2)


def test_dice_leaves_out_classes_without_paint() -> None:
    target = torch.tensor([[[0, 0]]])
    loss = LOSSES["dice"](logs([0.5, 0.5]), target, EVEN)
    assert float(loss) == pytest.approx(1 - 2 / 2.5)


def test_tversky_counts_misses_more() -> None:
    target = torch.tensor([[[0, 0]]])
    loss = LOSSES["tversky"](logs([0.5, 0.5]), target, EVEN)
    assert float(loss) == pytest.approx(1 - 2 / (1 + 0.7 + 1))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_unpainted_pixels_have_no_gradient(loss: Loss) -> None:
    values = torch.randn(1, 2, 1, 3, requires_grad=True)
    target = torch.tensor([[[0, -1, 1]]])
    loss(values.log_softmax(1), target, EVEN).backward()
    assert values.grad is not None
    assert values.grad[..., 1].abs().max() == 0
    assert values.grad[..., 0].abs().min() > 0


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_without_paint_the_loss_is_zero(loss: Loss) -> None:
    target = torch.full((1, 2, 2, 2), -1)
    assert float(loss(torch.zeros(1, 2, 2, 2, 2).log_softmax(1), target, EVEN)) == 0
