"""Parts of arrays that are read only where they are sliced."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Window = tuple[slice, ...]
Polygon = tuple[tuple[float, float], ...]

# What a truth holds outside the region that is scored; no labels reach down to it.
OUTSIDE = -(2**40)


class ArrayPart:
    """A window of an array that is read only when it is sliced.

    Parameters
    ----------
    array : array
        Numpy, zarr, Dask: anything with `shape`, `dtype` and slicing.
    window : tuple of slice
        One slice with start and stop per axis.
    """

    def __init__(self, array: Any, window: Window) -> None:
        self.array = array
        self.window = window
        self.dtype = np.dtype(array.dtype)
        self.shape = tuple(part.stop - part.start for part in window)

    @property
    def chunks(self) -> Any:
        """The chunks of the whole array, if it has any: what is read at once."""
        return getattr(self.array, "chunks", None)

    def __getitem__(self, inner: Window) -> npt.NDArray[Any]:
        """Return the pixels of `inner`, whose slices have start and stop."""
        outer = tuple(
            slice(part.start + cut.start, part.start + cut.stop)
            for part, cut in zip(self.window, inner, strict=True)
        )
        return np.asarray(self.array[outer])

    def with_outside(self, label: int) -> ArrayPart:
        """Return the same part with `label` beyond its region, if it has one."""
        del label
        return self

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is type(self)
            and isinstance(other, ArrayPart)
            and other.array is self.array
            and other.window == self.window
        )

    def __hash__(self) -> int:
        return hash((id(self.array), str(self.window)))


class RegionPart(ArrayPart):
    """A window of an array that holds another label beyond some polygons.

    Parameters
    ----------
    array, window
        As for `ArrayPart`.
    axes : (int, int)
        The axes in which the polygons lie; along others they go through everything.
    polygons : sequence of polygons
        Corners in pixels of the array, along `axes`.
    outside : int
        The label beyond them.
    """

    def __init__(
        self,
        array: Any,
        window: Window,
        axes: tuple[int, int],
        polygons: Sequence[Polygon],
        outside: int = OUTSIDE,
    ) -> None:
        super().__init__(array, window)
        self.dtype = np.dtype(np.int64)
        self._axes = axes
        self._polygons = tuple(polygons)
        self._outside = outside

    def with_outside(self, label: int) -> RegionPart:
        """Return the same part with `label` beyond the polygons."""
        return RegionPart(self.array, self.window, self._axes, self._polygons, label)

    def __getitem__(self, inner: Window) -> npt.NDArray[Any]:
        """Return the pixels of `inner` as int64, those beyond the polygons replaced."""
        pixels = super().__getitem__(inner).astype(np.int64)
        inside = self._inside[inner[self._axes[0]], inner[self._axes[1]]]
        shape = [1] * pixels.ndim
        for axis, size in zip(self._axes, inside.shape, strict=True):
            shape[axis] = size
        return np.where(inside.reshape(shape), pixels, self._outside)

    def __eq__(self, other: object) -> bool:
        return (
            super().__eq__(other)
            and isinstance(other, RegionPart)
            and other._key == self._key
        )

    def __hash__(self) -> int:
        return hash((super().__hash__(), self._key))

    @property
    def _key(self) -> tuple[object, ...]:
        return self._axes, self._polygons, self._outside

    @cached_property
    def _inside(self) -> npt.NDArray[np.bool_]:
        # scikit-image takes a while to load: not with the dock.
        from skimage.draw import polygon2mask

        parts = [self.window[axis] for axis in self._axes]
        start = np.array([part.start for part in parts], float)
        shape = tuple(part.stop - part.start for part in parts)
        inside = np.zeros(shape, np.bool_)
        for polygon in self._polygons:
            corners = np.asarray(polygon, float) - start
            inside |= polygon2mask(shape, corners)  # type: ignore[no-untyped-call]
        return inside
