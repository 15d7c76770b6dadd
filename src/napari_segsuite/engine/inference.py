"""Probabilities from a network, for a whole window at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.networks import memory_format
from napari_segsuite.engine.objects.outputs import maps_of
from napari_segsuite.plan.choose import total_stride
from napari_segsuite.plan.unet import UNetPlan


class Classifier:
    """A trained network that gives probabilities.

    Parameters
    ----------
    network : torch.nn.Module
        The network, in evaluation mode, on the device of `compute`.
    plan : UNetPlan
        Its plan.
    compute : Compute
        Where to compute.
    """

    def __init__(self, network: nn.Module, plan: UNetPlan, compute: Compute) -> None:
        self._network = network
        self._compute = compute
        self._multiple = total_stride(plan.strides)
        self._format = memory_format(plan.ndim)

    def probabilities(self, image: torch.Tensor) -> torch.Tensor:
        """Classify every pixel.

        Parameters
        ----------
        image : float32 torch.Tensor, shape (channels, *spatial)
            Intensities on the common scale. Sizes that are no multiples of the total
            stride are continued by the rim.

        Returns
        -------
        float32 torch.Tensor, shape (classes, *spatial)
            Probabilities, on the CPU.
        """
        return self._said(image, lambda logits: logits.softmax(0))

    def maps(self, image: torch.Tensor) -> torch.Tensor:
        """Return the maps of a network that learned objects.

        Parameters
        ----------
        image : float32 torch.Tensor, shape (channels, *spatial)
            As in `probabilities`.

        Returns
        -------
        float32 torch.Tensor, shape (2, *spatial)
            Foreground and distance (`objects.outputs.maps_of`), on the CPU.
        """
        return self._said(image, maps_of)

    def _said(
        self, image: torch.Tensor, read: Callable[[torch.Tensor], torch.Tensor]
    ) -> torch.Tensor:
        shape = image.shape[1:]
        ends = [-n % by for n, by in zip(shape, self._multiple, strict=True)]
        pads = [pad for end in reversed(ends) for pad in (0, end)]
        batch = functional.pad(image[None], pads, mode="replicate")
        batch = batch.to(self._compute.device).contiguous(memory_format=self._format)
        with torch.inference_mode(), self._compute.precision():
            logits = self._network(batch)
            inside: torch.Tensor = logits[
                (0, slice(None), *(slice(0, n) for n in shape))
            ]
            return read(inside.float()).cpu()
