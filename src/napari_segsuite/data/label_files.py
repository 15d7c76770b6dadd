"""Writing labels so that a reload gives back every id, and the spacing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import DTypeLike, NDArray

from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.data.axes import SPATIAL, Spacing, check_axes, spatial
from napari_segsuite.data.formats import open_array
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError, StorageError

_TILE = 512
# OME-TIFF knows whole numbers of up to 32 bits.
_OME_DTYPES = ("u1", "u2", "u4", "i1", "i2", "i4")


def write_labels(
    path: Path, array: Any, axes: str, spacing: Spacing | None = None
) -> ArrayRef:
    """Write labels to a file of its own, and read it back before saying so.

    Parameters
    ----------
    path : Path
        The file to make, which must not exist: ``.tif`` or ``.tiff`` for an OME-TIFF
        (compressed without loss, with spacing), ``.npy`` for plain numbers.
    array : array
        Labels of any integer dtype or bool; may be lazy, is read piece by piece.
    axes : str
        One letter of ``TZYX`` per dimension, slowest first.
    spacing : tuple of float, optional
        Micrometre per pixel of each spatial axis.

    Returns
    -------
    ArrayRef
        The file. OME-TIFF stores bool and 64-bit ids in the smallest of its dtypes
        that holds them; others keep their dtype.

    Raises
    ------
    InputError
        If the labels are not whole numbers, are empty, do not fit `axes`, or hold
        ids that the format cannot.
    StorageError
        If the file exists or cannot be written.
    """
    frames = Frames(array, axes, 2)
    ref = ArrayRef(path=path, axes=axes, spacing=spacing)
    if frames.dtype.kind not in "biu":
        msg = (
            f"Labels must be whole numbers, but these are {frames.dtype}. Round them "
            "to integers first."
        )
        raise InputError(msg)
    name = path.name.lower()
    if not name.endswith((".tif", ".tiff", ".npy")):
        msg = f"Labels are written as .tif or .npy, not as {path.name}. Rename the file."
        raise InputError(msg)
    with atomic_file(path) as temporary:
        if name.endswith(".npy"):
            np.save(temporary, np.asarray(array), allow_pickle=False)
        else:
            _write_ome(temporary, frames, spacing)
        _compare(frames, ref.replace(path=temporary))
    return ref


def _write_ome(path: Path, frames: Frames, spacing: Spacing | None) -> None:
    axes = check_axes(frames.axes, len(frames.axes))
    if axes != "".join(letter for letter in "TZYX" if letter in axes):
        msg = (
            f"A TIFF file has its axes in the order T, Z, Y, X without channels, not "
            f"{axes}. Save the labels as .npy."
        )
        raise InputError(msg)
    metadata: dict[str, Any] = {"axes": axes}
    for letter, step in zip(spatial(axes), spacing or (), strict=False):
        metadata[f"PhysicalSize{letter}"] = step
        metadata[f"PhysicalSize{letter}Unit"] = "µm"
    height, width = frames.spatial_shape
    dtype = _ome_dtype(frames)
    # Small planes are one strip, large ones tiles that can be read alone.
    tile = (_TILE, _TILE) if max(height, width) > 2 * _TILE else None
    tifffile.imwrite(
        path,
        _pieces(frames, dtype, tile),
        shape=(*frames.leading_shape, height, width),
        dtype=dtype,
        ome=True,
        bigtiff=frames.count * height * width * dtype.itemsize > 2**31,
        compression="zlib",
        predictor=False,
        photometric="minisblack",
        tile=tile,
        rowsperstrip=None if tile else height,
        metadata=metadata,
    )


def _pieces(
    frames: Frames, dtype: np.dtype[Any], tile: tuple[int, int] | None
) -> Iterator[NDArray[Any]]:
    height, width = frames.spatial_shape
    rows, columns = tile or (height, width)
    for index in range(frames.count):
        for top in range(0, height, rows):
            for left in range(0, width, columns):
                window = (
                    slice(top, min(top + rows, height)),
                    slice(left, min(left + columns, width)),
                )
                yield frames.read_labels(index, window).astype(dtype)


def _ome_dtype(frames: Frames) -> np.dtype[Any]:
    """Return a dtype of OME-TIFF that holds every id; no id ever wraps."""
    dtype = frames.dtype
    if dtype == np.bool_:
        return np.dtype(np.uint8)
    if dtype.itemsize <= 4:
        return dtype
    lowest, highest = 0, 0
    for index in range(frames.count):
        for window in frames.blocks(index):
            block = frames.read_labels(index, window)
            lowest = min(lowest, int(block.min()))
            highest = max(highest, int(block.max()))
    for name in _OME_DTYPES:
        limits = np.iinfo(name)
        if limits.min <= lowest and highest <= limits.max:
            return np.dtype(name)
    msg = (
        f"The labels hold ids from {lowest} to {highest}, which do not fit in the 32 "
        "bits of a TIFF file. Save them as .npy, or give them smaller ids."
    )
    raise InputError(msg)


def _compare(frames: Frames, ref: ArrayRef) -> None:
    written = Frames(open_array(ref), ref.axes, 2)
    same = written.spatial_shape == frames.spatial_shape and all(
        np.array_equal(
            written.read_labels(index, window), frames.read_labels(index, window)
        )
        for index in range(frames.count)
        for window in frames.blocks(index)
    )
    if not same:
        msg = (
            f"{ref.path} reads back different from what was written. The disk may be "
            "at fault: save to another one."
        )
        raise StorageError(msg)
