"""NumPy's .npy files: read mapped into memory, written so that errors are told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from napari_segsuite.data.source import Source

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


def source(path: Path) -> Source:
    """Return what the .npy file at `path` says about itself; it names no axes."""
    array = _load(path)
    return Source(tuple(array.shape), array.dtype, None, {}, lambda: _load(path))


def write(path: Path, array: Any) -> None:
    """Write an array, entry by entry of its first axis.

    Parameters
    ----------
    path : Path
        The file.
    array : array
        Of any dtype but object, at least one axis; may be lazy.

    Raises
    ------
    OSError
        If it cannot be written; NumPy's own writer does not tell that a disk is full.
    """
    dtype = np.dtype(array.dtype)
    header = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": tuple(int(size) for size in array.shape),
    }
    with os.fdopen(os.open(path, _NEW), "wb") as file:
        np.lib.format.write_array_header_2_0(file, header)
        for index in range(array.shape[0]):
            file.write(np.ascontiguousarray(array[index], dtype).tobytes())


def _load(path: Path) -> Any:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        # Empty arrays cannot be mapped; a damaged file fails here again.
        return np.load(path, allow_pickle=False)
