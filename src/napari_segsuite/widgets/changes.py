"""Where a Labels layer may have changed, as napari's events tell it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Box = tuple[tuple[int, int], ...]
"""Start and stop per axis."""

# Beyond the end of every array.
_FAR = 2**62


def everywhere(ndim: int) -> Box:
    """Return the box that holds every pixel of a layer."""
    return ((0, _FAR),) * ndim


def joined(one: Box | None, other: Box | None) -> Box | None:
    """Return the smallest box around both; None stands for no pixel."""
    if one is None or other is None:
        return one if other is None else other
    return tuple(
        (min(a, c), max(b, d)) for (a, b), (c, d) in zip(one, other, strict=True)
    )


def moved(box: Box | None, offset: Sequence[int]) -> Box | None:
    """Return a box in pixels of a part that begins at `offset`."""
    if box is None:
        return None
    return tuple((a - n, b - n) for (a, b), n in zip(box, offset, strict=True))


def painted_box(edits: Iterable[Any], ndim: int) -> Box:
    """Return what the `paint` event of a layer says has changed.

    Parameters
    ----------
    edits : iterable
        The event's value. napari 0.9 lists edits by a mask, which have a `slice_key`
        with one slice per axis, and edits by indices, which are tuples whose first
        item holds one array of indices per axis.
    ndim : int
        The dimensions of the layer.

    Returns
    -------
    box
        Around all edits; everything if an edit is of a kind that is not known.
    """
    box: Box | None = None
    for edit in edits:
        found = _edit_box(edit, ndim)
        if found is None:
            return everywhere(ndim)
        box = joined(box, found)
    return everywhere(ndim) if box is None else box


def shown_box(
    shape: Sequence[int],
    offset: Sequence[int],
    displayed: Sequence[int],
    point: Sequence[float],
) -> Box:
    """Return what the `labels_update` event of a layer says was redrawn.

    Parameters
    ----------
    shape, offset : sequence of int
        Of the redrawn window, along the displayed axes in their order.
    displayed : sequence of int
        These axes, counted in the layer.
    point : sequence of float
        Pixel at the viewer's point, one index per axis of the layer.
    """
    box = [(int(i), int(i) + 1) for i in np.round(np.asarray(point, float))]
    for axis, start, size in zip(displayed, offset, shape, strict=True):
        box[axis] = (int(start), int(start) + int(size))
    return tuple(box)


def _edit_box(edit: Any, ndim: int) -> Box | None:
    key = getattr(edit, "slice_key", None)
    if key is not None:
        parts = list(key)
        plain = all(isinstance(p, slice) and p.step in (None, 1) for p in parts)
        if len(parts) != ndim or not plain:
            return None
        return tuple((int(p.start), int(p.stop)) for p in parts)
    if not isinstance(edit, tuple) or not isinstance(edit[0], tuple):
        return None
    indices = [np.asarray(one) for one in edit[0]]
    if len(indices) != ndim or any(i.dtype.kind not in "iu" for i in indices):
        return None
    if any(i.size == 0 or i.min() < 0 for i in indices):
        return None
    return tuple((int(i.min()), int(i.max()) + 1) for i in indices)
