"""What a U-Net that knows nuclei sees in a crop, whatever is clicked in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

import torch
from torch import nn

from napari_segsuite.engine import networks
from napari_segsuite.engine.intensity import LIMITS, PERCENTILES


class Sight(nn.Module):
    """A U-Net whose last features are looked at, and which does not learn.

    Clicks are few; pixels of nuclei are many. A network that learned from all of them
    where nuclei are and where they touch need not be taught it again click by click.

    Parameters
    ----------
    described : mapping
        The U-Net as a model card describes it: 2D, one channel, percentiles.

    Raises
    ------
    ModelFolderError
        If there is no such network.
    ValueError
        If it is not 2D, or has more channels.
    """

    def __init__(self, described: Mapping[str, Any]) -> None:
        super().__init__()
        given = described["arguments"]
        if (given["spatial_dims"], given["in_channels"]) != (2, 1):
            msg = "the U-Net that looks at crops must be 2D and have one channel"
            raise ValueError(msg)
        self.unet = networks.build(dict(described)).eval().requires_grad_(False)
        self.channels = int(given["filters"][0])
        """Channels of what it tells."""

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """Return the features of crops.

        Parameters
        ----------
        crops : tensor, (batch, 3, Y, X)
            Crops, on any scale of intensities; sizes are multiples of the U-Net's.

        Returns
        -------
        tensor, (batch, `channels`, Y, X)
        """
        grey = crops.mean(1, keepdim=True)
        shares = torch.tensor(PERCENTILES, device=grey.device) / 100
        low, high = torch.quantile(grey.flatten(1), shares, dim=1)[
            ..., None, None, None
        ]
        spread = torch.where(high > low, high - low, torch.ones_like(low))
        scaled = ((grey - low) / spread).clamp(*LIMITS)
        features: torch.Tensor = cast(nn.Module, self.unet.skip_layers)(scaled)
        return features
