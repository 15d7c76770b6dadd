"""Gradients of a batch, computed by several threads side by side."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

P = TypeVar("P")


class Lanes:
    """Copies of a network that share its weights, one per thread.

    Each lane computes the gradient of its part of the batch with operations that are
    not split further; the lanes meet once a step. Each keeps the statistics of its
    batch normalisation, which `merge_statistics` averages.

    Parameters
    ----------
    network : torch.nn.Module
        The network; its weights receive the gradients.
    count : int
        Threads.
    """

    def __init__(self, network: nn.Module, count: int) -> None:
        self.network = network
        """The network of the first lane."""
        self._copies = [network] + [_sharing(network) for _ in range(count - 1)]
        self._weights = [each for each in network.parameters() if each.requires_grad]
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="segsuite-lane")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    @property
    def count(self) -> int:
        """Number of lanes."""
        return len(self._copies)

    def backward(
        self, loss_of: Callable[[nn.Module, P], torch.Tensor], parts: Sequence[P]
    ) -> float:
        """Set the gradients of the network's weights; return the mean loss.

        Parameters
        ----------
        loss_of : callable
            The loss of a part, given the lane's network; runs in the lane's thread.
        parts : sequence
            At most `count` parts of the batch.
        """

        def one(network: nn.Module, part: P) -> tuple[float, tuple[Any, ...]]:
            loss = loss_of(network, part)
            return float(loss.detach()), torch.autograd.grad(loss, self._weights)

        done = list(self._pool.map(one, self._copies[: len(parts)], parts))
        # Added up in the order of lanes, so that a seed always gives one result.
        for i, weight in enumerate(self._weights):
            gradient = sum(gradients[i] for _, gradients in done)
            weight.grad = gradient / len(parts)
        return sum(loss for loss, _ in done) / len(parts)

    def merge_statistics(self) -> None:
        """Give every lane the mean of all lanes' batch statistics."""
        with torch.no_grad():
            every = [network.buffers() for network in self._copies]
            for buffers in zip(*every, strict=True):
                if buffers[0].is_floating_point():
                    mean = torch.stack(buffers).mean(0)
                    for buffer in buffers:
                        buffer.copy_(mean)

    def hold_statistics(self, source: nn.Module) -> None:
        """Normalise with the batch statistics of `source` from now on.

        Those of a few patches differ from patch to patch, so that a network learns to
        lean on what it will not have in prediction. Trained on with one set of
        statistics, it is the same in both.
        """
        with torch.no_grad():
            for network in self._copies:
                for mine, theirs in zip(
                    network.buffers(), source.buffers(), strict=True
                ):
                    mine.copy_(theirs)
                for module in network.modules():
                    if isinstance(module, _BatchNorm):
                        module.eval()


def _sharing(network: nn.Module) -> nn.Module:
    twin = copy.deepcopy(network)
    for module, original in zip(twin.modules(), network.modules(), strict=True):
        for name, weight in original.named_parameters(recurse=False):
            setattr(module, name, weight)
    return twin
