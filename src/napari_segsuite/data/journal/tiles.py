"""An array as tiles: what a journal compares, compresses and keeps."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Box = tuple[tuple[int, int], ...]
"""Start and stop per axis, in pixels; may reach beyond the array."""

_EDGE: Final = 256
"""Along the last two axes: 64 thousand pixels are compared in a tenth of a ms."""


@dataclass(frozen=True)
class Tiling:
    """How an array of integers is cut into tiles of one plane, 256 pixels wide.

    Parameters
    ----------
    shape : tuple of int
        The array's shape; at least one axis.
    dtype : numpy.dtype
        Of integers or bool; little-endian, as tiles are kept.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def tile(self) -> tuple[int, ...]:
        """The shape of a tile that no border cuts."""
        ndim = len(self.shape)
        return (1,) * (ndim - 2) + (_EDGE,) * min(2, ndim)

    @property
    def grid(self) -> tuple[int, ...]:
        """Tiles along each axis."""
        return tuple(-(-n // t) for n, t in zip(self.shape, self.tile, strict=True))

    @property
    def count(self) -> int:
        """Number of tiles; 0 for an array without pixels."""
        return prod(self.grid)

    def window(self, index: int) -> tuple[slice, ...]:
        """Return where tile `index` lies in the array.

        Raises
        ------
        IndexError
            If there is no such tile.
        """
        if not 0 <= index < self.count:
            msg = f"tile {index} of {self.count}"
            raise IndexError(msg)
        place = np.unravel_index(index, self.grid)
        return tuple(
            slice(int(i) * t, min(n, (int(i) + 1) * t))
            for i, t, n in zip(place, self.tile, self.shape, strict=True)
        )

    def touched_count(self, box: Box) -> int:
        """Return how many tiles a box touches."""
        return prod(len(one) for one in self._ranges(box))

    def touched(self, box: Box) -> Iterator[int]:
        """Yield the tiles that a box touches, ascending."""
        steps = [prod(self.grid[axis + 1 :]) for axis in range(len(self.grid))]
        for place in product(*self._ranges(box)):
            yield sum(i * step for i, step in zip(place, steps, strict=True))

    def read(self, array: NDArray[Any], index: int) -> NDArray[Any]:
        """Return a copy of a tile of `array`, as it is kept."""
        # Always a copy: the array may be painted on meanwhile.
        return np.array(array[self.window(index)], self.dtype, order="C")

    def pack(self, tile: NDArray[Any]) -> bytes:
        """Return a tile from `read` in compressed form."""
        return zlib.compress(tile.tobytes(), 1)

    def unpack(self, index: int, packed: bytes) -> NDArray[Any]:
        """Return the pixels of tile `index` from its compressed form.

        Raises
        ------
        ValueError
            If there is no such tile, or the bytes are not its pixels.
        """
        try:
            shape = tuple(part.stop - part.start for part in self.window(index))
            size = prod(shape) * self.dtype.itemsize
            stream = zlib.decompressobj()
            # One byte more than there may be: whatever claims more is not read on.
            data = stream.decompress(packed, size + 1)
        except (IndexError, zlib.error) as error:
            msg = f"tile {index} is damaged: {error}"
            raise ValueError(msg) from error
        if len(data) != size or not stream.eof:
            msg = f"tile {index} has not the {size} bytes it should have"
            raise ValueError(msg)
        return np.frombuffer(data, self.dtype).reshape(shape)

    def _ranges(self, box: Box) -> list[range]:
        found = []
        for (start, stop), size, tile in zip(box, self.shape, self.tile, strict=True):
            first, last = max(0, start), min(size, stop)
            found.append(
                range(first // tile, -(-last // tile)) if first < last else range(0)
            )
        return found
