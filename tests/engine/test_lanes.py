from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_segsuite.engine.lanes import Lanes


def squared(network: nn.Module, part: torch.Tensor) -> torch.Tensor:
    loss: torch.Tensor = network(part).square().mean()
    return loss


def test_two_lanes_give_the_gradient_of_the_whole_batch() -> None:
    torch.manual_seed(0)
    network, batch = nn.Linear(3, 2), torch.rand(4, 3)
    squared(network, batch).backward()
    expected = [weight.grad.clone() for weight in network.parameters()]
    with Lanes(network, 2) as lanes:
        loss = lanes.backward(squared, batch.split(2))
    assert loss == pytest.approx(float(squared(network, batch)), rel=1e-5)
    for weight, gradient in zip(network.parameters(), expected, strict=True):
        assert torch.allclose(weight.grad, gradient)


def test_lanes_share_weights_but_not_statistics() -> None:
    network = nn.Sequential(nn.BatchNorm1d(1, momentum=1.0)).train()
    with Lanes(network, 2) as lanes:
        parts = [torch.tensor([[0.0], [2.0]]), torch.tensor([[4.0], [6.0]])]
        lanes.backward(squared, parts)
        assert network[0].running_mean.item() == 1.0
        lanes.merge_statistics()
    assert network[0].running_mean.item() == 3.0


def test_held_statistics_are_those_that_every_lane_normalises_with() -> None:
    network = nn.Sequential(nn.BatchNorm1d(1, momentum=1.0, eps=0.0)).train()
    source = nn.Sequential(nn.BatchNorm1d(1))
    source[0].running_mean.fill_(1.0)
    source[0].running_var.fill_(4.0)
    with Lanes(network, 2) as lanes:
        lanes.hold_statistics(source)
        parts = [torch.tensor([[1.0], [3.0]]), torch.tensor([[5.0], [7.0]])]
        loss = lanes.backward(squared, parts)
        lanes.merge_statistics()
    # (1 - 1) / 2, (3 - 1) / 2, (5 - 1) / 2, (7 - 1) / 2, squared: 0, 1, 4, 9.
    assert loss == pytest.approx(3.5)
    assert network[0].running_mean.item() == 1.0
    assert network[0].running_var.item() == 4.0


def test_an_error_in_a_lane_is_raised() -> None:
    def broken(network: nn.Module, part: torch.Tensor) -> torch.Tensor:
        raise ZeroDivisionError

    with Lanes(nn.Linear(1, 1), 2) as lanes, pytest.raises(ZeroDivisionError):
        lanes.backward(broken, [torch.zeros(1, 1)] * 2)
