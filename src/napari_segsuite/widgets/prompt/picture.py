"""The image that is prompted: which plane of it is shown, and where a place lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_segsuite.data.axes import without_channels
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import check_image, full_resolution, label_dims
from napari_segsuite.widgets.regions import current_index

Index = tuple[int, ...]
"""Where a plane lies along the axes other than Y, X and C, in their order."""

# What the window can draw and the worker can hold as one plane.
_MOST_PIXELS: Final = 1 << 28

Place = Sequence[float] | NDArray[np.float64]
"""A place in the world, along the axes of the viewer."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One image layer, or several as channels, under known axes."""

    images: tuple[Image, ...]
    """The layers; several are channels of one image."""
    axes: str
    """The axes of each of them."""

    def __post_init__(self) -> None:
        for image in self.images:
            check_image(image, self.axes)
        if without_channels(self.axes)[-2:] != "YX":
            msg = (
                f"The last axes of {self.image.name!r} are {self.axes[-2:]}; they must "
                "be Y and X to be prompted. Transpose the image first."
            )
            raise InputError(msg)
        rows, columns = self.plane_shape
        if rows * columns > _MOST_PIXELS:
            msg = (
                f"A plane of {self.image.name!r} has {rows} × {columns} pixels, too "
                "many to be prompted at once. Crop the image, or open a coarser level."
            )
            raise InputError(msg)

    @property
    def image(self) -> Image:
        """The first layer, whose place in the world counts."""
        return self.images[0]

    @property
    def leading(self) -> str:
        """The axes other than Y, X and C: those along which planes are counted."""
        return without_channels(self.axes)[:-2]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that labels for the image have."""
        shape = full_resolution(self.image).shape
        return tuple(int(shape[dim]) for dim in label_dims(self.axes))

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Rows and columns of a plane."""
        rows, columns = self.shape[-2:]
        return rows, columns

    @property
    def channels(self) -> int:
        """How many channels a plane has."""
        if len(self.images) > 1:
            return len(self.images)
        if "C" not in self.axes:
            return 1
        return int(full_resolution(self.image).shape[self.axes.index("C")])

    def index_shown(self, viewer: Any) -> Index:
        """Return the plane that the viewer shows.

        Raises
        ------
        InputError
            If the viewer shows a volume, or other axes than Y and X.
        """
        if viewer.dims.ndisplay != 2:
            msg = "Prompts need the 2D view: press the square at the lower left."
            raise InputError(msg)
        dims = label_dims(self.axes)
        surplus = viewer.dims.ndim - self.image.ndim
        shown = {dim - surplus for dim in viewer.dims.displayed}
        if shown != set(dims[-2:]):
            msg = (
                "The view shows other axes than Y and X of the image: roll the axes "
                "back (Ctrl+E), then click."
            )
            raise InputError(msg)
        index = current_index(viewer, self.image)
        return tuple(index[dim] for dim in dims[:-2])

    def pixel(self, position: Place) -> tuple[float, float]:
        """Return (y, x), in pixels, of a place in the world.

        Raises
        ------
        InputError
            If it lies outside the image.
        """
        y, x = self._place(position)
        rows, columns = self.plane_shape
        if not (-0.5 <= y < rows - 0.5 and -0.5 <= x < columns - 0.5):
            msg = f"That place lies outside {self.image.name!r}; click inside it."
            raise InputError(msg)
        return y, x

    def pixel_clamped(self, position: Place) -> tuple[float, float]:
        """Return (y, x), in pixels, moved to the rim if it lies outside."""
        y, x = self._place(position)
        rows, columns = self.plane_shape
        inside = np.clip((y, x), -0.5, (rows - 0.5, columns - 0.5))
        return float(inside[0]), float(inside[1])

    def _place(self, position: Place) -> tuple[float, float]:
        place = np.asarray(self.image.world_to_data(position), float)
        y, x = place[label_dims(self.axes)[-2:]]
        return float(y), float(x)

    def world(self, index: Index, pixel: Sequence[float]) -> NDArray[np.float64]:
        """Return the place in the world of (y, x) on a plane."""
        place = np.zeros(self.image.ndim)
        place[label_dims(self.axes)] = (*index, *pixel)
        return np.asarray(self.image.data_to_world(place), float)

    def lead_to(self, viewer: Any, index: Index, pixel: Sequence[float]) -> None:
        """Let the viewer show a plane, and (y, x) on it if that is out of view."""
        world = self.world(index, pixel)
        surplus = viewer.dims.ndim - self.image.ndim
        dims = label_dims(self.axes)
        for dim in dims[:-2]:
            viewer.dims.set_point(surplus + dim, float(world[dim]))
        low, high = np.asarray(self.image.corner_pixels, float)[:, dims[-2:]]
        if self.image.multiscale:
            factors = np.asarray(self.image.downsample_factors)[self.image.data_level]
            low, high = low * factors[dims[-2:]], high * factors[dims[-2:]]
        if np.any(np.asarray(pixel) < low) or np.any(np.asarray(pixel) > high):
            viewer.scene.camera.center = (0.0, *(float(world[d]) for d in dims[-2:]))

    def plane_reader(self, index: Index) -> Callable[[], NDArray[Any]]:
        """Return a function that reads a plane, to be called in a thread.

        The array has the axes `plane_axes`.
        """
        arrays = [full_resolution(image) for image in self.images]
        axes, name = self.axes, self.image.name

        def read() -> NDArray[Any]:
            places = iter(index)
            where = tuple(
                slice(None) if letter in "YXC" else next(places) for letter in axes
            )
            try:
                planes = [np.asarray(array[where]) for array in arrays]
            except MemoryError:
                raise
            except Exception as error:
                # Lazy arrays compute here: anything can come out of others' code.
                msg = (
                    f"The data of {name!r} cannot be read: {error}. Open the image "
                    "again, or use another one."
                )
                raise InputError(msg) from error
            return planes[0] if len(planes) == 1 else np.stack(planes)

        return read

    @property
    def plane_axes(self) -> str:
        """The axes of a plane: YX, CYX or YXC."""
        own = "".join(letter for letter in self.axes if letter in "YXC")
        return own if len(self.images) == 1 else f"C{own}"


def same_picture(one: Picture | None, other: Picture | None) -> bool:
    """Whether both are the same layers under the same axes."""
    if one is None or other is None:
        return one is other
    layers = [id(layer) for layer in one.images]
    return one.axes == other.axes and layers == [id(layer) for layer in other.images]


def neighbours(index: Index, sizes: Sequence[int], most: int) -> list[Index]:
    """Return the planes beside one along its last axis, the nearest first.

    Parameters
    ----------
    index : tuple of int
        The plane.
    sizes : sequence of int
        How many planes there are along each axis of `index`.
    most : int
        How far to go.
    """
    if not index:
        return []
    *first, last = index
    beside = [last + sign * way for way in range(1, most + 1) for sign in (1, -1)]
    return [(*first, n) for n in beside if 0 <= n < sizes[len(index) - 1]]
