"""Images and labels as the network sees them: scaled, at its spacing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.frames import Frames, Window
from napari_segsuite.data.image_checks import require_finite
from napari_segsuite.engine.intensity import Scale


@dataclass(frozen=True, slots=True)
class Zoom:
    """How a frame's pixels lie under the network's.

    Pixel `i` of the network is centred at ``(i + 0.5) * step - 0.5`` in the frame.
    """

    steps: tuple[float, ...]
    """Pixels of the frame per pixel of the network, per spatial axis."""

    @property
    def is_identity(self) -> bool:
        """Whether the network sees pixels as they come."""
        return all(step == 1.0 for step in self.steps)

    def shape(self, frame: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a frame in pixels of the network."""
        return tuple(
            max(1, round(size / step))
            for size, step in zip(frame, self.steps, strict=True)
        )

    def covering(self, window: Window, shape: tuple[int, ...]) -> Window:
        """Return the network's pixels, within `shape`, that cover a frame's window."""
        if self.is_identity:
            return window
        return tuple(
            slice(
                min(max(0, int(w.start / step) - 1), size - 1),
                max(1, min(size, int(np.ceil(w.stop / step)) + 1)),
            )
            for w, step, size in zip(window, self.steps, shape, strict=True)
        )

    def back(self, values: torch.Tensor, inner: Window, window: Window) -> torch.Tensor:
        """Bring values on the network's pixels back to a frame's.

        Parameters
        ----------
        values : float32 torch.Tensor, shape (channels, *inner)
            Values on the network's pixels `inner`, which cover `window`.
        inner, window : tuple of slice
            Pixels of the network and of the frame.

        Returns
        -------
        float32 torch.Tensor, shape (channels, *window)
            Interpolated linearly where spacings differ.
        """
        if self.is_identity:
            return values
        places = [
            (np.arange(w.start, w.stop) + 0.5) / step - 0.5 - i.start
            for w, i, step in zip(window, inner, self.steps, strict=True)
        ]
        channels = [interpolate(channel, places, order=1) for channel in values.numpy()]
        return torch.from_numpy(np.stack(channels))


def zoom(spacing: Spacing | None, wanted: Spacing | None, ndim: int) -> Zoom:
    """Return how an image is brought to the spacing of a plan.

    Parameters
    ----------
    spacing : tuple of float or None
        Micrometre per pixel of each of the image's spatial axes; None: unknown, the
        pixels are taken as they come.
    wanted : tuple of float or None
        Micrometre per pixel for the network, per axis; None: as they come.
    ndim : int
        Spatial dimensions of the network: the last ones of the image.
    """
    if wanted is None or spacing is None:
        return Zoom((1.0,) * ndim)
    return Zoom(tuple(w / s for w, s in zip(wanted, spacing[-ndim:], strict=True)))


@dataclass(frozen=True, slots=True)
class ImageReader:
    """Reads windows of an image as the network sees it."""

    frames: Frames
    scale: Scale
    zoom: Zoom
    name: str
    """What to call the image in messages."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a frame in pixels of the network."""
        return self.zoom.shape(self.frames.spatial_shape)

    def read(self, index: int, window: Window | None = None) -> NDArray[np.float32]:
        """Read a window of frame `index`, given in pixels of the network.

        Returns
        -------
        ndarray of float32, shape (channels, *window)
            Scaled intensities; interpolated linearly where spacings differ.

        Raises
        ------
        InputError
            If pixels are NaN or infinite, or cannot be read.
        """
        if self.zoom.is_identity:
            values = self.frames.read(index, window)
            require_finite(values, self.name)
            return self.scale.apply(values)
        window = window or tuple(slice(0, n) for n in self.shape)
        source, places = _source(window, self.zoom, self.frames.spatial_shape)
        values = self.frames.read(index, source)
        require_finite(values, self.name)
        scaled = self.scale.apply(values)
        return np.stack([interpolate(channel, places, order=1) for channel in scaled])


@dataclass(frozen=True, slots=True)
class LabelReader:
    """Reads windows of painted labels on the network's pixels."""

    frames: Frames
    zoom: Zoom

    def read(self, index: int, window: Window) -> NDArray[Any]:
        """Read a window of frame `index`: the nearest label of each pixel."""
        if self.zoom.is_identity:
            return self.frames.read_labels(index, window)
        source, places = _source(window, self.zoom, self.frames.spatial_shape)
        return interpolate(self.frames.read_labels(index, source), places, order=0)


def interpolate(
    values: NDArray[Any], places: list[NDArray[Any]], order: Literal[0, 1]
) -> NDArray[Any]:
    """Return `values` at a grid of places, given per axis; clamped at the rim."""
    if order == 0:
        rounded = [np.rint(p).astype(int) for p in places]
        nearest = [
            np.clip(r, 0, n - 1) for r, n in zip(rounded, values.shape, strict=True)
        ]
        return values[np.ix_(*nearest)]
    grid = np.stack(np.meshgrid(*places, indexing="ij"))
    result: NDArray[Any] = ndimage.map_coordinates(
        values, grid, order=order, mode="nearest"
    )
    return result


def _source(
    window: Window, zoom: Zoom, shape: tuple[int, ...]
) -> tuple[Window, list[NDArray[Any]]]:
    """Return the frame's window under the network's, and the places inside it."""
    source, places = [], []
    for part, step, size in zip(window, zoom.steps, shape, strict=True):
        centres = (np.arange(part.start, part.stop) + 0.5) * step - 0.5
        start = min(max(0, int(np.floor(centres[0]))), size - 1)
        stop = min(size, max(start + 1, int(np.ceil(centres[-1])) + 1))
        source.append(slice(start, stop))
        places.append(centres - start)
    return tuple(source), places
