"""The network, small."""

from __future__ import annotations

from typing import Any

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
    sights = network.look(seen[:, :3])
    optimiser = torch.optim.Adam(network.parameters(), 0.02)

    losses = []
    for _ in range(6):
        masks, scores = network(seen, sights)
        loss = (masks.sigmoid() - 1).square().mean() + (scores.sigmoid() - 1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss))

    assert masks.shape == (2, MASKS, EDGE, EDGE)
    assert scores.shape == (2, MASKS)
    assert losses[-1] < losses[0]
    assert sights.shape == (2, 0, EDGE, EDGE)


def test_what_a_unet_sees_changes_masks(unet: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = ClickNet((4, 6, 8), (1, 1), unet).eval()
    seen = torch.randn(1, CHANNELS, EDGE, EDGE)
    sights = network.look(seen[:, :3])

    with_it, _ = network(seen, sights)
    without, _ = network(seen, torch.zeros_like(sights))

    assert sights.shape == (1, 4, EDGE, EDGE)
    assert not torch.allclose(with_it, without)


def test_scores_do_not_shape_masks() -> None:
    network = ClickNet((4, 6, 8), (1, 1))
    seen = torch.randn(1, CHANNELS, EDGE, EDGE)
    masks, scores = network(seen, network.look(seen[:, :3]))

    gradient = torch.autograd.grad(scores.sum(), [masks], allow_unused=True)[0]

    assert gradient is None


def test_the_network_that_ships_is_small() -> None:
    count = sum(weight.numel() for weight in ClickNet().parameters())

    assert count < 2_000_000
