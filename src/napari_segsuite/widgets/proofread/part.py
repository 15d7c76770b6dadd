"""The part of a Labels layer that a correction is about: all of it, or a slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_segsuite.data.proofreading.change import Change
from napari_segsuite.errors import InputError

Scope = Literal["shown slice", "whole layer"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a layer, and the plane of it that is shown.

    Parameters
    ----------
    ndim : int
        Axes of the layer.
    displayed : tuple of int
        The axes of the layer that are shown, ascending.
    index : tuple of int
        The pixel at the viewer's point, per axis of the layer.
    whole : bool
        Whether it is all of the layer, not only the slice shown.
    """

    ndim: int
    displayed: tuple[int, ...]
    index: tuple[int, ...]
    whole: bool

    @property
    def fixed(self) -> dict[int, int]:
        """The axes that the part lacks, and where it lies on them."""
        if self.whole:
            return {}
        return self._hidden

    @property
    def _hidden(self) -> dict[int, int]:
        return {a: self.index[a] for a in range(self.ndim) if a not in self.displayed}

    def of(self, data: NDArray[Any]) -> NDArray[Any]:
        """Return the part as a view of the layer's array."""
        return _at(data, self.fixed)

    def plane(self, data: NDArray[Any]) -> NDArray[Any]:
        """Return the plane that is shown in 2D, as a view of the layer's array."""
        return _at(data, self._hidden)

    def spread(self, plane: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a mask of the plane so that it can be broadcast to the part."""
        if not self.whole:
            return plane
        return np.expand_dims(plane, tuple(self._hidden))

    def placed(self, change: Change) -> Change:
        """Return a change of the part as a change of the layer."""
        return change.placed(self.fixed, self.ndim)

    def on_plane(self, pixel: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a place in the layer, in pixels, as (row, column) of the plane.

        Raises
        ------
        InputError
            If a volume is shown, in which a place of the screen is none of the layer.
        """
        if len(self.displayed) != 2:
            msg = "Lines are drawn on a plane. Choose the 2D view (Ctrl+Y)."
            raise InputError(msg)
        return np.asarray(pixel, float)[list(self.displayed)]


def part_of(viewer: Any, layer: Labels, scope: Scope) -> Part:
    """Return the part of a layer that `scope` means now.

    Raises
    ------
    InputError
        If a slice is meant, but the viewer shows a volume.
    """
    if viewer.dims.ndisplay != 2 and scope == "shown slice":
        msg = "A volume is shown. Choose “whole layer”, or the 2D view (Ctrl+Y)."
        raise InputError(msg)
    surplus = viewer.dims.ndim - layer.ndim
    displayed = tuple(sorted(axis - surplus for axis in viewer.dims.displayed))
    if displayed[0] < 0:
        msg = f"{layer.name!r} lacks an axis that is shown. Show two that it has."
        raise InputError(msg)
    point = np.rint(layer.world_to_data(viewer.dims.point)).astype(int)
    index = np.clip(point, 0, np.subtract(layer.data.shape, 1))
    return Part(layer.ndim, displayed, tuple(index.tolist()), scope == "whole layer")


def _at(data: NDArray[Any], fixed: dict[int, int]) -> NDArray[Any]:
    return data[tuple(fixed.get(axis, slice(None)) for axis in range(data.ndim))]
