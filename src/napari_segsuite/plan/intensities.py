"""What intensities an image has, from a sample of its pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.frames import Frames
from napari_segsuite.data.image_checks import require_finite

_FRAMES = 16
_SIDE = 32


def sample_pixels(
    frames: Frames, name: str, pixels: int = 1 << 20
) -> NDArray[np.float32]:
    """Read a sample of pixels, spread evenly over the image.

    A small image is read whole. Of a large one, windows on a regular grid in at most
    16 frames are read, so that time and memory do not grow with the image.

    Parameters
    ----------
    frames : Frames
        The image.
    name : str
        What to call it in messages.
    pixels : int, optional
        About how many pixels to read, per channel.

    Returns
    -------
    ndarray of float32, shape (channels, n)
        The intensities.

    Raises
    ------
    InputError
        If pixels that were read are NaN or infinite.
    """
    count = min(frames.count, _FRAMES)
    chosen = np.linspace(0, frames.count - 1, count).round().astype(int)
    parts = []
    for index in chosen:
        for window in _windows(frames.spatial_shape, max(1, pixels // count)):
            values = frames.read(int(index), window)
            require_finite(values, name)
            parts.append(values.reshape(frames.channels, -1).astype(np.float32))
    return np.concatenate(parts, axis=1)


def _windows(shape: tuple[int, ...], pixels: int) -> list[tuple[slice, ...]]:
    """Return windows on a grid over `shape` with about `pixels` pixels together."""
    if np.prod(shape, dtype=np.int64) <= pixels:
        return [tuple(slice(0, size) for size in shape)]
    edges = [min(size, _SIDE) for size in shape]
    wanted = max(1.0, pixels / np.prod(edges, dtype=np.int64))
    share = (wanted / np.prod([n / e for n, e in zip(shape, edges, strict=True)])) ** (
        1 / len(shape)
    )
    starts = [
        np.linspace(0, size - edge, max(1, int(size / edge * share))).astype(int)
        for size, edge in zip(shape, edges, strict=True)
    ]
    grid = np.stack(np.meshgrid(*starts, indexing="ij"), axis=-1).reshape(
        -1, len(shape)
    )
    return [
        tuple(slice(int(a), int(a) + e) for a, e in zip(corner, edges, strict=True))
        for corner in grid
    ]
