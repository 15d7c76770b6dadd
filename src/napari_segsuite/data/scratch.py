"""A private folder for temporary arrays, deleted by its owner.

A folder whose owner died is deleted by the next `Scratch` in the same place.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.atomic import storage_errors
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.ownership import is_ownerless, own
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError, SegsuiteError

_PREFIX: Final = "napari-segsuite-"
_BLOCK_BYTES: Final = 64 * 2**20


class Scratch:
    """A private folder (mode 0700) for temporary arrays; a context manager.

    Parameters
    ----------
    parent : Path, optional
        Where to make the folder; the system's place for temporary files if not given.

    Raises
    ------
    StorageError
        If the folder cannot be made.
    """

    def __init__(self, parent: Path | None = None) -> None:
        place = Path(tempfile.gettempdir()) if parent is None else parent
        with storage_errors(place):
            place.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place)).absolute()
            lock = own(self.folder)
        # Deletes the folder also if the owner forgets to: at the end of Python.
        self._delete = weakref.finalize(self, _delete, self.folder, lock)
        threading.Thread(
            target=reap, args=(place,), name="segsuite-reap", daemon=True
        ).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def path(self, suffix: str = "") -> Path:
        """Return the path of a new file or folder, which is not made yet."""
        return self.folder / f"{uuid4().hex}{suffix}"

    def save(self, array: Any, axes: str, spacing: Spacing | None = None) -> ArrayRef:
        """Write an array to a new ``.npy`` file.

        Parameters
        ----------
        array : array
            A numpy array, or anything with `shape`, `dtype` and slicing (dask,
            zarr): it is read some 64 MB at a time, so that a large one never lies in
            memory as a whole.
        axes : str
            One letter of TCZYX per dimension, slowest first.
        spacing : tuple of float, optional
            Micrometre per pixel for each spatial axis.

        Returns
        -------
        ArrayRef
            The file; dtype, byte order and values are those of `array`.

        Raises
        ------
        InputError
            If the array holds Python objects or cannot be read, or `axes` and
            `spacing` do not fit.
        StorageError
            If the file cannot be written; nothing is left of it.
        """
        dtype = np.dtype(array.dtype)
        if dtype.hasobject:
            msg = "The array holds Python objects; numbers are needed."
            raise InputError(msg)
        path = self.path(".npy")
        try:
            ref = ArrayRef(path=path, axes=axes, spacing=spacing)
            if len(axes) != len(array.shape):
                msg = f"axes {axes} do not fit an array of shape {tuple(array.shape)}"
                raise ValueError(msg)
        except ValueError as error:
            msg = f"The array cannot be kept: {error}"
            raise InputError(msg) from error
        try:
            _write_npy(path, array, dtype)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return ref

    def close(self) -> None:
        """Delete the folder and everything in it; may be called twice."""
        self._delete()


def reap(place: Path) -> tuple[Path, ...]:
    """Delete the scratch folders in `place` whose owners have died.

    Parameters
    ----------
    place : Path
        Where scratch folders were made.

    Returns
    -------
    tuple of Path
        What was deleted. Folders of other users, symbolic links, and folders whose
        owners live are left alone.
    """
    dead = [path for path in place.glob(f"{_PREFIX}*") if is_ownerless(path)]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return tuple(dead)


def _write_npy(path: Path, array: Any, dtype: np.dtype[Any]) -> None:
    shape = tuple(int(length) for length in array.shape)
    header = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    entry_bytes = dtype.itemsize * int(np.prod(shape[1:], dtype=np.int64))
    step = max(1, _BLOCK_BYTES // max(1, entry_bytes))
    with storage_errors(path), path.open("xb") as file:
        np.lib.format.write_array_header_2_0(file, header)
        for start in range(0, shape[0], step):
            file.write(_read(array, start, start + step, dtype).tobytes())


def _read(array: Any, start: int, stop: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        return np.ascontiguousarray(array[start:stop], dtype=dtype)
    except SegsuiteError:
        raise
    except Exception as error:
        # A lazy array may compute or read a file, with errors of any kind.
        msg = (
            f"The array could not be read (entries {start} to {stop} of its first "
            f"axis): {type(error).__name__}: {error}"
        )
        raise InputError(msg) from error


def _delete(folder: Path, lock: IO[bytes]) -> None:
    lock.close()
    shutil.rmtree(folder, ignore_errors=True)
