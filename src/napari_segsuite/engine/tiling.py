"""Tiles of a picture that is too large for one pass of the network."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from napari_segsuite.data.frames import Window


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture, and what must be read to classify it."""

    inner: Window
    """The pixels that are classified."""
    outer: Window
    """The pixels that are read: `inner` and a halo, within the picture."""

    @classmethod
    def around(
        cls,
        inner: Window,
        shape: tuple[int, ...],
        halo: tuple[int, ...],
        multiple: tuple[int, ...],
    ) -> Self:
        """Return the tile that classifies `inner` as the whole picture would.

        Parameters
        ----------
        inner : tuple of slice
            The pixels to be classified.
        shape : tuple of int
            Shape of the picture, per spatial axis.
        halo : tuple of int
            How far the network looks; a multiple of `multiple`.
        multiple : tuple of int
            The grid on which all outer parts begin: where the network strides, its
            answer depends on it.
        """
        outer = tuple(
            slice(max(0, i.start // by * by - far), min(n, i.stop + far))
            for i, n, far, by in zip(inner, shape, halo, multiple, strict=True)
        )
        return cls(inner, outer)

    @property
    def inside(self) -> Window:
        """`inner`, counted from the start of `outer`."""
        return tuple(
            slice(i.start - o.start, i.stop - o.start)
            for i, o in zip(self.inner, self.outer, strict=True)
        )


def tiles(window: Window, size: tuple[int, ...]) -> Iterator[Window]:
    """Cut a window into parts of at most `size` that do not overlap, in order."""
    spans = [
        [
            slice(start, min(start + edge, part.stop))
            for start in range(part.start, part.stop, edge)
        ]
        for part, edge in zip(window, size, strict=True)
    ]
    yield from itertools.product(*spans)
