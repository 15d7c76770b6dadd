"""The network, small."""

from __future__ import annotations

import torch

from napari_segsuite.engine.prompting.click.network import (
    CHANNELS,
    EDGE,
    MASKS,
    ClickNet,
)


def test_a_tiny_network_answers_and_learns() -> None:
    torch.manual_seed(0)
    network = ClickNet((4, 6, 8), (1, 1))
    seen = torch.randn(2, CHANNELS, EDGE, EDGE)
    optimiser = torch.optim.Adam(network.parameters(), 0.02)

    losses = []
    for _ in range(6):
        masks, scores = network(seen)
        loss = (masks.sigmoid() - 1).square().mean() + (scores.sigmoid() - 1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss))

    assert masks.shape == (2, MASKS, EDGE, EDGE)
    assert scores.shape == (2, MASKS)
    assert losses[-1] < losses[0]


def test_scores_do_not_shape_masks() -> None:
    network = ClickNet((4, 6, 8), (1, 1))
    masks, scores = network(torch.randn(1, CHANNELS, EDGE, EDGE))

    gradient = torch.autograd.grad(scores.sum(), [masks], allow_unused=True)[0]

    assert gradient is None


def test_the_network_that_ships_is_small() -> None:
    count = sum(weight.numel() for weight in ClickNet().parameters())

    assert count < 2_000_000
