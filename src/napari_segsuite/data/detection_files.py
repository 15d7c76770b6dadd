"""Files of detections: arrays in a zip file (.npz), read without trust."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any, Final, Literal
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from napari_segsuite._model import Model
from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.detections import Detections
from napari_segsuite.errors import InputError

_ARRAYS: Final[dict[str, Any]] = {
    "frames": np.int32,
    "boxes": np.float32,
    "scores": np.float32,
    "class_ids": np.int32,
    "starts": np.int32,
    "sizes": np.int32,
    "bounds": np.int64,
    "runs": np.int32,
}
_ABOUT: Final = "about"

# A million detections of some 60 runs each take 300 MB.
_MOST_BYTES: Final = 1 << 30
_MOST_HEADER: Final = 1 << 12


class _About(Model):
    """What is no array."""

    version: Literal[1] = 1
    """Version of this format."""
    axes: str
    """Axes of the labels."""
    shape: tuple[int, ...]
    """Shape of the labels."""
    classes: ClassTable
    """The classes."""


def write_detections(path: Path, detections: Detections) -> None:
    """Write detections to a file.

    Parameters
    ----------
    path : Path
        The ``.npz`` file to make.
    detections : Detections
        The detections.

    Raises
    ------
    StorageError
        If the file exists, or cannot be written.
    """
    about = _About(
        axes=detections.axes, shape=detections.shape, classes=detections.classes
    )
    arrays: dict[str, Any] = {name: getattr(detections, name) for name in _ARRAYS}
    arrays[_ABOUT] = np.frombuffer(about.model_dump_json().encode(), np.uint8)
    with atomic_file(path) as new, new.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_detections(path: Path) -> Detections:
    """Read what `write_detections` wrote.

    Raises
    ------
    InputError
        If the file is missing, damaged, or holds no detections; nothing larger than
        they can be is read into memory.
    """
    try:
        with ZipFile(path) as file:
            _check_sizes(file)
            text = _array(file, _ABOUT, np.uint8).tobytes()
            arrays = {n: _array(file, n, dtype) for n, dtype in _ARRAYS.items()}
        about = _About.model_validate(json.loads(text))
        return Detections(about.classes, about.axes, about.shape, **arrays)
    except FileNotFoundError as error:
        msg = f"There is no file {path}. Check its name and folder."
        raise InputError(msg) from error
    except MemoryError:
        raise
    except Exception as error:
        # Damaged zip files make Python's libraries raise whatever they like.
        msg = (
            f"{path} cannot be read as detections: it is damaged, cut off, or another "
            "kind of file. Detect again."
        )
        raise InputError(msg) from error


def _check_sizes(file: ZipFile) -> None:
    names = {f"{name}.npy" for name in (_ABOUT, *_ARRAYS)}
    infos = file.infolist()
    if {info.filename for info in infos} != names or len(infos) != len(names):
        msg = "other arrays than those of detections"
        raise ValueError(msg)
    if sum(info.file_size for info in infos) > _MOST_BYTES:
        msg = "more than detections can be"
        raise ValueError(msg)


def _array(file: ZipFile, name: str, dtype: Any) -> NDArray[Any]:
    info = file.getinfo(f"{name}.npy")
    with file.open(info) as part:
        version = np.lib.format.read_magic(part)
        if version != (1, 0):
            msg = f"version {version} of .npy"
            raise ValueError(msg)
        shape, by_columns, found = np.lib.format.read_array_header_1_0(
            part, max_header_size=_MOST_HEADER
        )
        size = prod(shape) * found.itemsize
        wrong = found != dtype or by_columns or len(shape) > 2 or size > info.file_size
        if wrong or min(shape, default=0) < 0:
            msg = f"{name} is no array of {np.dtype(dtype)}"
            raise ValueError(msg)
        values = part.read(size + 1)
    if len(values) != size:
        msg = f"{name} is not as long as it says"
        raise ValueError(msg)
    array: NDArray[Any] = np.frombuffer(values, dtype).reshape(shape)
    return array
