"""The moving average of a network's weights, which is steadier than the weights."""

from __future__ import annotations

import copy

import torch
from torch import nn

_DECAY = 0.97


class MovingAverage:
    """An exponential moving average of weights and batch statistics.

    Parameters
    ----------
    network : torch.nn.Module
        The network that is trained.
    decay : float, optional
        How much of the average is left after a step; long trainings bear more.
    """

    def __init__(self, network: nn.Module, decay: float = _DECAY) -> None:
        self.network = copy.deepcopy(network).eval()
        """A network with the averaged weights, for prediction."""
        self._decay = decay
        self._steps = 0
        # Not by state_dict, where shared parts stand twice.
        mine = [*self.network.parameters(), *self.network.buffers()]
        theirs = [*network.parameters(), *network.buffers()]
        self._pairs = [
            pair
            for pair in zip(mine, theirs, strict=True)
            if pair[0].is_floating_point()
        ]

    def resume(self, steps: int) -> None:
        """Go on, with the weights that `network` was given, after so many updates."""
        self._steps = steps

    def update(self) -> None:
        """Take in the weights as they are now; early ones are soon forgotten."""
        self._steps += 1
        decay = min(self._decay, self._steps / (self._steps + 9))
        with torch.no_grad():
            for mine, theirs in self._pairs:
                mine.lerp_(theirs, 1 - decay)
