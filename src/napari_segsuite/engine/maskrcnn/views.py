"""Overlapping views of a large image, and which of them has which object."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.frames import Window
from napari_segsuite.engine.tiling import Tile
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

Boxes = NDArray[np.float32]
"""(y0, x0, y1, x1) in pixels that the network sees, shape (n, 4)."""

# What is seen around a view's core, in widths of a typical object.
_MARGIN = 2.0
# A million pixels: about a gigabyte of activations of the largest network.
_EDGE = 1024
# The stride of the coarsest level: what a network answers depends on where its strides
# begin. With views on this grid it answers as for the whole image.
_GRID = 64
# A box that ends so near to where a view ends may go on behind it.
_NEAR = 2.0


@dataclass(frozen=True, slots=True)
class View:
    """A part of the image that the network sees at once."""

    core: Window
    """The cores of all views cover what is wanted, without overlap."""
    outer: Window
    """The pixels that are seen."""
    slack: float
    """How far from its core the view has objects too: two views that see one object
    differ about its middle, and one of them must have it."""
    open_sides: tuple[tuple[bool, bool], ...]
    """Per axis, whether no other view comes before, or after, this one."""
    ends: tuple[tuple[bool, bool], ...]
    """Per axis, whether the image goes on before, or after, what is seen."""

    def has(self, boxes: Boxes) -> NDArray[np.bool_]:
        """Return which objects are this view's: those with their middle in its core."""
        has = np.ones(len(boxes), np.bool_)
        for axis, (core, (first, last)) in enumerate(
            zip(self.core, self.open_sides, strict=True)
        ):
            middles = (boxes[:, axis] + boxes[:, axis + 2]) / 2
            has &= first | (middles >= core.start - self.slack)
            has &= last | (middles < core.stop + self.slack)
        return has

    def cuts(self, boxes: Boxes) -> NDArray[np.bool_]:
        """Return which objects may go on where this view ends."""
        cuts = np.zeros(len(boxes), np.bool_)
        for axis, (outer, (before, after)) in enumerate(
            zip(self.outer, self.ends, strict=True)
        ):
            cuts |= before & (boxes[:, axis] < outer.start + _NEAR)
            cuts |= after & (boxes[:, axis + 2] > outer.stop - _NEAR)
        return cuts


def views(
    window: Window, shape: tuple[int, ...], plan: MaskRCNNPlan, edge: int = 0
) -> list[View]:
    """Return the views of a part of an image, in pixels that the network sees.

    Parameters
    ----------
    window : (slice, slice)
        The part that is wanted. Views reach over its rim into the image.
    shape : (int, int)
        Rows and columns of the image.
    plan : MaskRCNNPlan
        Says how large objects are: views overlap by four times their width.
    edge : int, optional
        Rows and columns of a view; 0 chooses by memory. There is at least as much core
        as margin.
    """
    margin = margin_of(plan)
    core = max((edge or _EDGE) - 2 * margin, 2 * margin)
    spans = [_cores(part, core, edge or _EDGE) for part in window]
    return [
        _view((rows, columns), window, shape, margin)
        for rows, columns in itertools.product(*spans)
    ]


def margin_of(plan: MaskRCNNPlan) -> int:
    """Return how far views reach over their core, in pixels that the network sees."""
    return ceil(_MARGIN * plan.object_size * plan.scale / _GRID) * _GRID


def _cores(part: slice, core: int, edge: int) -> list[slice]:
    """Cut a side into cores of one size, or leave it whole if it fits into a view."""
    size = part.stop - part.start
    count = 1 if size <= edge else ceil(size / core)
    cuts = [part.start + size * i // count for i in range(count + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(cuts)]


def _view(
    core: tuple[slice, slice], window: Window, shape: tuple[int, ...], margin: int
) -> View:
    tile = Tile.around(core, shape, (margin, margin), (_GRID, _GRID))
    return View(
        core,
        tile.outer,
        margin / 4,
        tuple(
            (a.start == b.start, a.stop == b.stop)
            for a, b in zip(core, window, strict=True)
        ),
        tuple(
            (a.start > 0, a.stop < n) for a, n in zip(tile.outer, shape, strict=True)
        ),
    )
