"""Tiles of a picture that is too large for one pass of the network."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from napari_segsuite.data.frames import Window


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture, and what must be read to classify it."""

    inner: Window
    """The pixels that are classified; tiles do not overlap in these."""
    outer: Window
    """The pixels that are read: `inner` and a halo, within the picture."""

    @property
    def inside(self) -> Window:
        """`inner`, counted from the start of `outer`."""
        return tuple(
            slice(i.start - o.start, i.stop - o.start)
            for i, o in zip(self.inner, self.outer, strict=True)
        )


def tiles(
    window: Window,
    shape: tuple[int, ...],
    *,
    size: tuple[int, ...],
    halo: tuple[int, ...],
    multiple: tuple[int, ...],
) -> Iterator[Tile]:
    """Cut a window of a picture into tiles whose outer parts begin on a common grid.

    Parameters
    ----------
    window : tuple of slice
        What is to be classified.
    shape : tuple of int
        Shape of the whole picture, per spatial axis.
    size : tuple of int
        Size of the inner parts, a multiple of `multiple`; less at the end.
    halo : tuple of int
        How far the network looks, a multiple of `multiple`.
    multiple : tuple of int
        The grid on which all outer parts begin: where the network strides, the
        answer depends on it.
    """
    spans = [
        list(_spans(part, edge, by))
        for part, edge, by in zip(window, size, multiple, strict=True)
    ]
    for inner in itertools.product(*spans):
        outer = tuple(
            slice(max(0, part.start // by * by - by_halo), min(n, part.stop + by_halo))
            for part, n, by_halo, by in zip(inner, shape, halo, multiple, strict=True)
        )
        yield Tile(tuple(inner), outer)


def _spans(part: slice, size: int, multiple: int) -> Iterator[slice]:
    start = part.start
    while start < part.stop:
        stop = min(part.stop, (start // multiple) * multiple + size)
        yield slice(start, stop)
        start = stop
