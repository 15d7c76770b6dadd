"""An array seen as the frames that a network works on.

A network with two spatial dimensions sees one plane at a time: time and depth are
then just more pictures. A network with three sees volumes, and time is more volumes.
`Frames` gives both the same face, and reads no more than is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.axes import check_axes
from napari_segsuite.errors import InputError

Window = tuple[slice, ...]

# Bounds the memory of passes over whole arrays, small enough for any machine.
_BLOCK_PIXELS = 1 << 22


class Frames:
    """A lazy array, seen as `count` frames of shape ``(channels, *spatial_shape)``.

    Parameters
    ----------
    array : array
        Anything with ``shape``, ``dtype`` and basic indexing: a numpy array, a
        memory map, a zarr array.
    axes : str
        One letter of ``TCZYX`` per dimension, slowest first.
    ndim : {2, 3}
        Spatial dimensions that the network sees. With 2, T and Z count frames;
        with 3, T does, and Z must be there.

    Raises
    ------
    InputError
        If the axes do not fit the array or `ndim`, the array is empty, or its
        values are not plain numbers.
    """

    def __init__(self, array: Any, axes: str, ndim: Literal[2, 3]) -> None:
        check_axes(axes, len(array.shape))
        inner = "YX" if ndim == 2 else "ZYX"
        if ndim == 3 and "Z" not in axes:
            msg = (
                f"A 3D network needs a stack with a Z axis, but the axes are {axes}. "
                "Use a 2D network, or say which axis is Z."
            )
            raise InputError(msg)
        if array.dtype.kind not in "biuf":
            msg = (
                f"Pixels must be plain numbers, but this array holds {array.dtype}. "
                "Convert it to integers or floats first."
            )
            raise InputError(msg)
        if not all(array.shape):
            msg = f"The array is empty: its shape is {tuple(array.shape)} ({axes})."
            raise InputError(msg)
        self.array = array
        """The array."""
        self.axes = axes
        """The array's axes."""
        self.ndim: Literal[2, 3] = ndim
        """Spatial dimensions of a frame."""
        self._inner = tuple(i for i, letter in enumerate(axes) if letter in inner)
        self._outer = tuple(
            i for i, letter in enumerate(axes) if letter in "TZ" and letter not in inner
        )
        self._channel = axes.find("C")

    @property
    def dtype(self) -> np.dtype[Any]:
        """The native-endian dtype of what is read."""
        native: np.dtype[Any] = np.dtype(self.array.dtype).newbyteorder("=")
        return native

    @property
    def channels(self) -> int:
        """Number of channels; 1 without a channel axis."""
        return 1 if self._channel < 0 else int(self.array.shape[self._channel])

    @property
    def spatial_shape(self) -> tuple[int, ...]:
        """Shape of a frame, without channels, in the array's order of axes."""
        return tuple(int(self.array.shape[i]) for i in self._inner)

    @property
    def leading_shape(self) -> tuple[int, ...]:
        """Shape along the axes that count frames (T, Z); empty if there are none."""
        return tuple(int(self.array.shape[i]) for i in self._outer)

    @property
    def leading_axes(self) -> str:
        """The letters of the axes that count frames, as ``"TZ"``."""
        return "".join(self.axes[i] for i in self._outer)

    @property
    def count(self) -> int:
        """Number of frames."""
        return prod(self.leading_shape)

    def leading(self, index: int) -> tuple[int, ...]:
        """Return where frame `index` lies along the leading axes.

        Raises
        ------
        IndexError
            If there is no such frame.
        """
        if not 0 <= index < self.count:
            msg = f"frame {index} of {self.count}"
            raise IndexError(msg)
        return tuple(int(i) for i in np.unravel_index(index, self.leading_shape))

    def read(self, index: int, window: Window | None = None) -> NDArray[Any]:
        """Read one frame, or a window of it.

        Parameters
        ----------
        index : int
            The frame.
        window : tuple of slice, optional
            One slice with a start and a stop, inside the frame, per spatial axis;
            None reads all.

        Returns
        -------
        ndarray, shape (channels, *window)
            A native-endian, C-contiguous copy.

        Raises
        ------
        InputError
            If the file behind the array is damaged there.
        IndexError
            If the frame or the window lies outside.
        """
        values = self._read(index, window)
        if self._channel < 0:
            values = values[np.newaxis]
        else:
            # Leading axes are gone; count how many kept ones precede the channel.
            kept = sorted((*self._inner, self._channel))
            values = np.moveaxis(values, kept.index(self._channel), 0)
        return np.array(values, dtype=self.dtype, order="C", copy=True)

    def read_labels(self, index: int, window: Window | None = None) -> NDArray[Any]:
        """Read one frame of labels, without a channel axis.

        Parameters
        ----------
        index, window
            As in `read`.

        Returns
        -------
        ndarray, shape of the window
            A native-endian, C-contiguous copy.

        Raises
        ------
        InputError
            If the array has a channel axis, or the file is damaged there.
        IndexError
            If the frame or the window lies outside.
        """
        if self._channel >= 0:
            msg = (
                f"Labels have one number per pixel, but the axes {self.axes} name "
                "channels. Choose a labels image without channels."
            )
            raise InputError(msg)
        values = self._read(index, window)
        return np.array(values, dtype=self.dtype, order="C", copy=True)

    def blocks(self, index: int, pixels: int = _BLOCK_PIXELS) -> Iterator[Window]:
        """Yield windows of at most about `pixels` pixels that tile frame `index`.

        Windows span whole rows where they can, in the array's order, so that a pass
        over a large file is sequential and its memory bounded.
        """
        self.leading(index)
        yield from _split(self.spatial_shape, max(1, pixels // self.channels))

    def _read(self, index: int, window: Window | None) -> NDArray[Any]:
        where: list[int | slice] = [slice(None)] * len(self.axes)
        for axis, position in zip(self._outer, self.leading(index), strict=True):
            where[axis] = position
        if window is not None:
            _check_window(window, self.spatial_shape)
            for axis, part in zip(self._inner, window, strict=True):
                where[axis] = part
        try:
            return np.asarray(self.array[tuple(where)])
        except MemoryError:
            raise
        except Exception as error:
            # Decoders of damaged files raise whatever their libraries like.
            frame = ", ".join(
                f"{letter}={position}"
                for letter, position in zip(
                    self.leading_axes, self.leading(index), strict=True
                )
            )
            msg = (
                f"The pixels{f' at {frame}' if frame else ''} cannot be read; the file "
                f"seems to be damaged or incomplete ({error}). Get a fresh copy of it."
            )
            raise InputError(msg) from error


def _check_window(window: Window, shape: Sequence[int]) -> None:
    fits = len(window) == len(shape) and all(
        part.step in (None, 1)
        and part.start is not None
        and part.stop is not None
        and 0 <= part.start < part.stop <= size
        for part, size in zip(window, shape, strict=False)
    )
    if not fits:
        msg = f"the window {window} does not lie inside a frame of {tuple(shape)}"
        raise IndexError(msg)


def _split(shape: Sequence[int], pixels: int) -> Iterator[Window]:
    first, *rest = shape
    inner = prod(rest)
    if inner > pixels and rest:
        for i in range(first):
            for window in _split(rest, pixels):
                yield (slice(i, i + 1), *window)
        return
    step = max(1, pixels // inner)
    whole = tuple(slice(0, size) for size in rest)
    for start in range(0, first, step):
        yield (slice(start, min(start + step, first)), *whole)
