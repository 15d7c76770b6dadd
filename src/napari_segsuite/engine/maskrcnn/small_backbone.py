"""A compact residual network for processors and small objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock
from torchvision.ops import Conv2dNormActivation

_STEM = (24, 32)


class SmallBackbone(nn.Module):
    """Four stages of strides 4, 8, 16 and 32.

    Batch normalisation, once trained, is the same for every tile of a picture; group
    normalisation is not.

    Parameters
    ----------
    channels : int
        Channels of the image.
    norm : callable
        Makes a normalisation layer, given its channels.
    """

    features: ClassVar[tuple[int, ...]] = (48, 96, 160, 224)
    """Channels of each stage."""
    blocks: ClassVar[tuple[int, ...]] = (1, 2, 2, 1)
    """Residual blocks of each stage."""

    def __init__(self, channels: int, norm: Callable[..., nn.Module]) -> None:
        super().__init__()
        first, width = _STEM
        self.stem = nn.Sequential(
            Conv2dNormActivation(channels, first, 3, stride=2, norm_layer=norm),
            Conv2dNormActivation(first, width, 3, norm_layer=norm),
        )
        stages = []
        for features, blocks in zip(self.features, self.blocks, strict=True):
            stages.append(_stage(width, features, blocks, norm))
            width = features
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the last stage of float images (batch, channels, y, x)."""
        stages = (self.layer1, self.layer2, self.layer3, self.layer4)
        values: torch.Tensor = self.stem(image)
        for stage in stages:
            values = stage(values)
        return values


def _stage(
    width: int, features: int, blocks: int, norm: Callable[..., nn.Module]
) -> nn.Sequential:
    shortcut = nn.Sequential(
        nn.Conv2d(width, features, 1, stride=2, bias=False), norm(features)
    )
    first = BasicBlock(width, features, 2, shortcut, norm_layer=norm)
    others = [
        BasicBlock(features, features, norm_layer=norm) for _ in range(blocks - 1)
    ]
    return nn.Sequential(first, *others)
