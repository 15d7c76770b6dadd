"""Paint that is held out of training, to see how good the network is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.regions import Region

_SHARE = 0.1
_FEWEST_PIECES = 6
_FEWEST_PIXELS = 200
# A stroke that is more than this part of its class is cut into blocks.
_LARGEST_PIECE = 0.05
_BLOCK = 16


def hold_out(regions: Sequence[Region], rng: np.random.Generator) -> list[torch.Tensor]:
    """Choose whole strokes, or blocks of large ones, to be held out.

    Neighbouring pixels tell much the same, so single pixels would flatter. Nothing is
    held out unless every class that is painted has paint to spare.

    Parameters
    ----------
    regions : sequence of Region
        What is painted.
    rng : numpy.random.Generator
        The randomness.

    Returns
    -------
    list of bool torch.Tensor, the shapes of the regions' targets
        Where paint is held out: about a tenth of every class, or none at all.
    """
    targets = [region.target.numpy() for region in regions]
    masks = [np.zeros(target.shape, dtype=np.bool_) for target in targets]
    present = sorted(
        {int(i) for target in targets for i in np.unique(target)} - {IGNORED}
    )
    for index in present:
        where = [target == index for target in targets]
        total = sum(int(w.sum()) for w in where)
        pieces = [
            (number, piece)
            for number, mask in enumerate(where)
            for piece in _pieces(mask, _LARGEST_PIECE * total)
        ]
        if len(pieces) < _FEWEST_PIECES or total < _FEWEST_PIXELS:
            return [torch.zeros(mask.shape, dtype=torch.bool) for mask in masks]
        left = _SHARE * total
        for k in rng.permutation(len(pieces)):
            number, piece = pieces[k]
            if len(piece) > 1.5 * left:
                continue
            masks[number].flat[piece] = True
            left -= len(piece)
    return [torch.from_numpy(mask) for mask in masks]


def _pieces(mask: NDArray[np.bool_], largest: float) -> list[NDArray[np.int64]]:
    """Return the flat indices of each stroke in `mask`, or of the blocks of it."""
    found, count = ndimage.label(mask, np.ones((3,) * mask.ndim))
    if not count:
        return []
    flat = np.flatnonzero(found)
    owner = found.ravel()[flat].astype(np.int64)
    too_large = np.bincount(owner, minlength=count + 1) > largest
    places = np.unravel_index(flat, mask.shape)
    blocks = np.zeros(len(flat), dtype=np.int64)
    for place, size in zip(places, mask.shape, strict=True):
        blocks = blocks * (size // _BLOCK + 1) + place // _BLOCK
    blocks[~too_large[owner]] = 0
    _, piece = np.unique(np.stack([owner, blocks]), axis=1, return_inverse=True)
    order = np.argsort(piece, kind="stable")
    bounds = np.flatnonzero(np.diff(piece[order])) + 1
    return [np.asarray(part) for part in np.split(flat[order], bounds)]
