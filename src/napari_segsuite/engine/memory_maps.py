"""Arrays in files, for what does not fit into memory."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.atomic import storage_errors


def memory_map(
    path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> np.memmap[Any, Any]:
    """Make a .npy file of zeros and map it.

    Raises
    ------
    StorageError
        If it cannot be written, or the disk has no room for it.
    """
    with storage_errors(path):
        array: np.memmap[Any, Any] = np.lib.format.open_memmap(
            path, mode="w+", dtype=dtype, shape=shape
        )
        _reserve(path)
    return array


class ScratchArray:
    """An array in a file that takes memory only while a part is read or written.

    A file that stays mapped counts as memory of the process, the more of it is used.

    Parameters
    ----------
    path : Path
        The .npy file to make, full of zeros.
    dtype : numpy.dtype
        Its type.
    shape : tuple of int
        Its shape.

    Raises
    ------
    StorageError
        If it cannot be written, or the disk has no room for it.
    """

    def __init__(
        self, path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> None:
        memory_map(path, dtype, shape)
        self.path = path
        """The file."""
        self.shape = shape
        """Shape of the array."""

    def open(self) -> NDArray[Any]:
        """Return the whole array, mapped for reading."""
        values: NDArray[Any] = np.lib.format.open_memmap(self.path, mode="r")
        return values

    def read(self, where: tuple[int | slice, ...]) -> NDArray[Any]:
        """Return a copy of a part."""
        values: NDArray[Any] = np.array(
            np.lib.format.open_memmap(self.path, "r")[where]
        )
        return values

    def write(self, where: tuple[int | slice, ...], values: NDArray[Any]) -> None:
        """Overwrite a part."""
        np.lib.format.open_memmap(self.path, mode="r+")[where] = values


def _reserve(path: Path) -> None:
    """Have room for a sparse file: writing to its map on a full disk is a crash."""
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise  # others: this file system cannot say
