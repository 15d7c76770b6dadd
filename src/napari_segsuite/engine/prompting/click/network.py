"""The network: a crop and maps of the prompt in; three masks and their scores out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from napari_segsuite.engine.prompting.click.sight import Sight

EDGE = 128
"""Rows and columns of the crop that the network sees."""

MASKS = 3
"""Masks that the network offers."""

CHANNELS = 9
"""Channels of the input: the crop as red, green and blue, then the prompt's maps."""

WIDTHS, DEPTHS = (24, 48, 80, 112, 144), (1, 2, 2, 1)
"""Channels at the full resolution and at each halving; residual blocks at each."""

_HIDDEN = 64


class ClickNet(nn.Module):
    """A residual U-Net that segments the object a prompt means.

    Most of the work is done at half of the crop's resolution and below; the full
    resolution is touched by three thin convolutions only. A score is regressed for
    each mask from what the network knows inside of that mask and of the whole crop.

    Parameters
    ----------
    widths : sequence of int, optional
        Channels at the full resolution and at each halving.
    depths : sequence of int, optional
        Residual blocks on the way down, at each halving.
    sight : mapping, optional
        A U-Net, as a model card describes it, whose features of the crop are seen
        beside the crop; it does not learn. None: the crop alone.
    """

    def __init__(
        self,
        widths: Sequence[int] = WIDTHS,
        depths: Sequence[int] = DEPTHS,
        sight: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.sight = None if sight is None else Sight(sight)
        known = 0 if self.sight is None else self.sight.channels
        self.stem = _convolution(CHANNELS + known, widths[0])
        self.down = nn.ModuleList(
            nn.Sequential(
                _convolution(coarse, fine, stride=2),
                *[_Block(fine) for _ in range(depth)],
            )
            for (coarse, fine), depth in zip(pairwise(widths), depths, strict=True)
        )
        self.context = nn.Sequential(
            nn.Linear(widths[-1], _HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(_HIDDEN, widths[-1]),
        )
        inner = list(widths[1:])[::-1]
        self.lift = nn.ModuleList(
            nn.Conv2d(low, high, 1) for low, high in pairwise(inner)
        )
        self.up = nn.ModuleList(_Block(width) for width in inner[1:])
        self.last_lift = nn.Conv2d(widths[1], widths[0], 1)
        self.last = _convolution(widths[0], widths[0])
        self.masks = nn.Conv2d(widths[0], MASKS, 3, padding=1)
        nn.init.constant_(self.masks.bias, -2.0)  # type: ignore[arg-type]
        facts = widths[1] + widths[-1] + MASKS + 3
        self.scores = nn.Sequential(
            nn.Linear(facts, _HIDDEN), nn.ReLU(inplace=True), nn.Linear(_HIDDEN, 1)
        )

    def look(self, crops: torch.Tensor) -> torch.Tensor:
        """Return what the U-Net sees in crops, whatever the prompt will be.

        Parameters
        ----------
        crops : tensor, (batch, 3, `EDGE`, `EDGE`)
            The crops, which go on beyond the plane: the U-Net knows no rims.

        Returns
        -------
        tensor, (batch, channels, `EDGE`, `EDGE`)
            Without a U-Net there are no channels.
        """
        if self.sight is None:
            return crops[:, :0]
        features: torch.Tensor = self.sight(crops)
        return features

    def forward(
        self, seen: torch.Tensor, sights: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits of the masks and of their scores.

        Parameters
        ----------
        seen : tensor, (batch, `CHANNELS`, `EDGE`, `EDGE`)
            The crop, 0 outside of the plane, and the maps, as `maps.inputs` makes them.
        sights : tensor, (batch, channels, `EDGE`, `EDGE`)
            What `look` returns for the crop: it is the same for all prompts.

        Returns
        -------
        masks : tensor, (batch, `MASKS`, `EDGE`, `EDGE`)
            Logits; above 0 is inside.
        scores : tensor, (batch, `MASKS`)
            Logits of the IoU that each mask is expected to have.
        """
        full = self.stem(torch.cat([seen, sights], 1))
        kept = []
        features = full
        for stage in self.down:
            features = stage(features)
            kept.append(features)
        around = features.mean((2, 3))
        features = features + self.context(around)[..., None, None]
        for lift, block, skip in zip(self.lift, self.up, kept[-2::-1], strict=True):
            raised = functional.interpolate(lift(features), scale_factor=2.0)
            features = block(raised + skip)
        raised = functional.interpolate(self.last_lift(features), scale_factor=2.0)
        masks = self.masks(self.last(raised + full))
        return masks, self._scores(masks, features, around)

    def _scores(
        self, masks: torch.Tensor, features: torch.Tensor, around: torch.Tensor
    ) -> torch.Tensor:
        with torch.autocast(masks.device.type, enabled=False):
            # Scores judge the masks, they do not shape them.
            inside = functional.avg_pool2d(masks.detach().float().sigmoid(), 2)
            inside = inside.flatten(2)
            area = inside.sum(2) + 1e-3
            mean = inside @ features.float().flatten(2).transpose(1, 2)
            doubt = (inside * (1 - inside)).sum(2)
            facts = torch.stack(
                [area.log(), (inside**2).sum(2) / area, doubt / area], dim=2
            )
            known = [
                mean / area[..., None],
                around.float()[:, None].expand(-1, MASKS, -1),
                torch.eye(MASKS, device=masks.device).expand(len(masks), -1, -1),
                facts,
            ]
            scores: torch.Tensor = self.scores(torch.cat(known, 2))[..., 0]
        return scores


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return functional.relu(features + self.second(self.first(features)))


def _convolution(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )
