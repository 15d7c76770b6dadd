"""Prompts as maps that the network sees beside the crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from napari_segsuite.engine.prompting.click.network import EDGE

Spot = tuple[float, float, bool]
"""(y, x) of a click in the crop, and whether it is positive."""

# A narrow and a wide bell around each click, standard deviation in pixels of the crop:
# one says where exactly, the other reaches the coarse levels of the network.
_WIDTHS = (2.0, 10.0)


@dataclass(frozen=True, slots=True, eq=False)
class Hints:
    """A prompt in the coordinates of a crop."""

    clicks: tuple[Spot, ...] = ()
    """The clicks."""
    box: tuple[float, float, float, float] | None = None
    """(y0, x0, y1, x1)."""
    mask: torch.Tensor | None = None
    """Probabilities (`EDGE`, `EDGE`) that pixels belong to the object: a rough mask or
    the answer before."""


def inputs(crop: torch.Tensor, hints: Hints) -> torch.Tensor:
    """Return what the network sees.

    Parameters
    ----------
    crop : tensor of float32, (3, `EDGE`, `EDGE`)
        The crop.
    hints : Hints
        The prompt.

    Returns
    -------
    tensor of float32, (`network.CHANNELS`, `EDGE`, `EDGE`)
        The crop; bells around positive and around negative clicks, 0 to 1; the box, 1
        inside, -1 outside, 0 without one; the mask, from -1 to 1, 0 without one.
    """
    ahead = [click for click in hints.clicks if click[2]]
    away = [click for click in hints.clicks if not click[2]]
    none = torch.zeros(1, EDGE, EDGE)
    box = none if hints.box is None else _box(hints.box)[None]
    mask = none if hints.mask is None else 2 * hints.mask[None] - 1
    return torch.cat([crop, _bells(ahead), _bells(away), box, mask])


def _bells(clicks: Sequence[Spot]) -> torch.Tensor:
    if not clicks:
        return torch.zeros(len(_WIDTHS), EDGE, EDGE)
    places = torch.tensor([click[:2] for click in clicks], dtype=torch.float32)
    grid = torch.arange(EDGE, dtype=torch.float32)
    rows = (grid - places[:, :1]) ** 2
    columns = (grid - places[:, 1:]) ** 2
    nearest = (rows[:, :, None] + columns[:, None, :]).amin(0)
    return torch.stack([torch.exp(nearest / (-2 * width**2)) for width in _WIDTHS])


def _box(box: tuple[float, float, float, float]) -> torch.Tensor:
    grid = torch.arange(EDGE, dtype=torch.float32)
    rows = (grid >= box[0]) & (grid <= box[2])
    columns = (grid >= box[1]) & (grid <= box[3])
    return (rows[:, None] & columns).float() * 2 - 1
