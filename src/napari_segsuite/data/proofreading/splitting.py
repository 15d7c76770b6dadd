"""An object cut in two by a line, or by the plane that a line sweeps."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.object_boxes import object_boxes
from napari_segsuite.data.prompts.placing import check_id
from napari_segsuite.data.proofreading.change import Change, change_to, joined
from napari_segsuite.errors import InputError

Mask = NDArray[np.bool_]


def split(
    labels: NDArray[Any], ids: Collection[int], cut: Mask, *, next_id: int
) -> Change:
    """Give the parts that a cut leaves of objects ids of their own.

    The largest part keeps the id. Pixels on the cut go to the part that is nearest.
    Pieces of an object that the cut does not divide stay what they are.

    Parameters
    ----------
    labels : integer array
        The labels, 2D or 3D.
    ids : collection of int
        The objects to cut.
    cut : array of bool
        The pixels of the cut, of the same shape or one that can be broadcast to it:
        a line in a plane, such as `stroke_pixels` returns, goes through a stack.
    next_id : int
        The first new id; it and those above must be free.

    Raises
    ------
    InputError
        If no object is divided, or the labels' dtype does not hold the new ids.
    """
    line = np.broadcast_to(cut, labels.shape)
    boxes = object_boxes(np.where(np.isin(labels, list(ids)), labels, 0))
    changes = []
    for id_, box in boxes.items():
        window = tuple(
            slice(start, start + size)
            for start, size in zip(box.start, box.mask.shape, strict=True)
        )
        new = labels[window].copy()
        for part in _new_parts(box.mask, line[window]):
            check_id(next_id, labels.dtype)
            new[part] = next_id
            next_id += 1
        if (new[box.mask] != id_).any():
            changes.append(change_to(labels, new, box.start))
    if not changes:
        msg = (
            "The line divides no object. Draw it all the way through one, from outside "
            "to outside."
        )
        raise InputError(msg)
    return joined(changes, labels)


def _new_parts(mask: Mask, cut: Mask) -> list[Mask]:
    """Return the parts of an object that need an id of their own."""
    touching = np.ones((3,) * mask.ndim, bool)
    pieces, count = ndimage.label(mask, structure=touching)
    beside = ndimage.binary_dilation(cut, structure=touching)
    found: list[Mask] = []
    for number in range(1, count + 1):
        piece = pieces == number
        if not (piece & cut).any():
            continue
        parts, many = ndimage.label(piece & ~cut, structure=touching)
        whole = _without_slivers(parts, many, beside)
        if len(whole) < 2:
            continue
        solid = np.where(np.isin(parts, whole), parts, 0)
        nearest = ndimage.distance_transform_edt(
            solid == 0, return_distances=False, return_indices=True
        )
        owner = solid[tuple(nearest)]
        sizes = np.bincount(owner[piece], minlength=many + 1)
        largest = max(whole, key=lambda part: int(sizes[part]))
        found += [piece & (owner == part) for part in whole if part != largest]
    return found


def _without_slivers(parts: NDArray[Any], many: int, beside: Mask) -> list[int]:
    """Return the parts but for those that are nothing but the rim of the cut.

    A line along the border of an object leaves such crumbs.
    """
    deep = np.unique(parts[~beside])
    whole = [int(part) for part in deep if part]
    return whole if len(whole) > 1 else list(range(1, many + 1))
