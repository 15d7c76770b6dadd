"""Labels as OME-TIFF: compressed without loss, tiled, with spacing, ids untouched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_segsuite.data.axes import Spacing, check_label_order, spatial
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.label_notes import NAMESPACE, LabelNotes
from napari_segsuite.errors import InputError

_TILE = 512
# OME-TIFF knows whole numbers of up to 32 bits.
_DTYPES = ("u1", "u2", "u4", "i1", "i2", "i4")


def write(
    path: Path, frames: Frames, spacing: Spacing | None, notes: LabelNotes
) -> None:
    """Write labels to `path`, piece by piece, so that memory stays bounded.

    Parameters
    ----------
    path : Path
        The file.
    frames : Frames
        Labels of any integer dtype or bool, without channels.
    spacing : tuple of float or None
        Micrometre per pixel of each spatial axis.
    notes : LabelNotes
        What to keep beside the pixels.

    Raises
    ------
    InputError
        If the axes are out of order, or ids need more than 32 bits.
    """
    axes = check_label_order(frames.axes)
    metadata: dict[str, Any] = {"axes": axes}
    for letter, step in zip(spatial(axes), spacing or (), strict=False):
        metadata[f"PhysicalSize{letter}"] = step
        metadata[f"PhysicalSize{letter}Unit"] = "µm"
    if notes != LabelNotes():
        metadata["CommentAnnotation"] = {
            "Namespace": NAMESPACE,
            "Value": notes.to_json(),
        }
    height, width = frames.spatial_shape
    dtype = _dtype(frames)
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


def _dtype(frames: Frames) -> np.dtype[Any]:
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
    for name in _DTYPES:
        limits = np.iinfo(name)
        if limits.min <= lowest and highest <= limits.max:
            return np.dtype(name)
    msg = (
        f"The labels hold ids from {lowest} to {highest}, which do not fit in the 32 "
        "bits of a TIFF file. Save them as .npy, or give them smaller ids."
    )
    raise InputError(msg)
