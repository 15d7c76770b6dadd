"""Where objects meet: the pixels that decide whether two are told apart."""

from __future__ import annotations

from typing import Final

import torch
from torch.nn import functional

REACH: Final = 2
"""Pixels from which an object can be seen."""


def meeting_of(labels: torch.Tensor) -> torch.Tensor:
    """Return from which pixels at least two objects can be seen.

    Such pixels are few, and a network that is wrong in them alone joins objects: U-Net
    counts them for more (Ronneberger et al. 2015).

    Parameters
    ----------
    labels : integer torch.Tensor, shape (*spatial), 2D or 3D
        Which object, below 2**24; 0 for none.

    Returns
    -------
    bool torch.Tensor, same shape
        Whether two objects or more lie in the square or cube of `REACH` pixels around
        a pixel.
    """
    ids = labels.float()[None, None]
    pool = functional.max_pool2d if labels.ndim == 2 else functional.max_pool3d
    edge = 2 * REACH + 1
    highest = pool(ids, edge, 1, REACH)
    # Background must not count as the lowest.
    lowest = -pool(torch.where(ids > 0, -ids, -torch.inf), edge, 1, REACH)
    return ((highest > 0) & (highest > lowest))[0, 0]
