"""Copies of what layers show, for a job that reads them while people paint on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Image, Labels
from numpy.typing import NDArray

from napari_segsuite.data.axes import Spacing, without_channels
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.layers import (
    check_image,
    full_resolution,
    label_shape,
    spacing,
)

# A large image that lies in a readable file is not copied but read from there.
_WORTH_NO_COPY = 1 << 26


@dataclass(frozen=True)
class Source:
    """What is to be copied: taken in the GUI thread, read in another."""

    arrays: tuple[Any, ...]
    """One array; several are channels and are put along a first axis C."""
    axes: str
    """The axes of the copy."""
    spacing: Spacing | None
    """Micrometre per pixel of its spatial axes."""
    name: str
    """The layer's name, for messages."""
    path: Path | None = None
    """The file that the layer was opened from, if it was."""


def image_source(layers: Sequence[Image], axes: str) -> Source:
    """Return the source of one image, or of several as channels of one.

    Parameters
    ----------
    layers : sequence of Image
        At least one. Several must have the same shape and no channels of their own.
    axes : str
        The axes of each of them.

    Raises
    ------
    InputError
        If an image cannot be used, or they do not fit together.
    """
    first = layers[0]
    for layer in layers:
        check_image(layer, axes)
    if len(layers) == 1:
        path = first.source.path
        return Source(
            (full_resolution(first),),
            axes,
            spacing(first, axes),
            first.name,
            Path(path) if path else None,
        )
    if "C" in axes:
        msg = (
            f"{first.name!r} has channels of its own ({axes}), so no other layers can "
            "be added as channels. Untick them."
        )
        raise InputError(msg)
    shapes = {layer.name: label_shape(layer, axes) for layer in layers}
    if len(set(shapes.values())) > 1:
        msg = f"Channels must have one shape, but these have {shapes}."
        raise InputError(msg)
    return Source(
        tuple(full_resolution(layer) for layer in layers),
        "C" + axes,
        spacing(first, axes),
        first.name,
    )


def channel_count(layers: Sequence[Image], axes: str) -> int:
    """Return the channels of the image that the layers make together.

    Raises
    ------
    InputError
        If an image cannot be used, or they do not fit together.
    """
    source = image_source(layers, axes)
    if len(source.arrays) > 1:
        return len(source.arrays)
    return int(source.arrays[0].shape[axes.index("C")]) if "C" in axes else 1


def labels_source(layer: Labels, axes: str) -> Source:
    """Return the source of a painting on an image with `axes`."""
    axes = without_channels(axes)
    return Source((full_resolution(layer),), axes, spacing(layer, axes), layer.name)


def refer(source: Source, scratch: Scratch, *, check: Callable[[], None]) -> ArrayRef:
    """Return a reference to the source: its own file if that will do, else a copy.

    Parameters
    ----------
    source : Source
        What is referred to.
    scratch : Scratch
        Where the copy goes.
    check : callable
        Called before each block of a copy; whatever it raises ends the copying.

    Raises
    ------
    InputError
        If the layer's data cannot be read.
    StorageError
        If the copy cannot be written.
    """
    return _own_file(source) or copy(source, scratch, check=check)


def copy(source: Source, scratch: Scratch, *, check: Callable[[], None]) -> ArrayRef:
    """Copy a source into the scratch folder, block by block; see `refer`."""
    return scratch.save(_Blocks(source, check), source.axes, source.spacing)


class _Blocks:
    """The arrays of a source as one, read a block of the first axis at a time."""

    def __init__(self, source: Source, check: Callable[[], None]) -> None:
        first, *others = source.arrays
        self._source = source
        self._check = check
        self.shape = (1 + len(others), *first.shape) if others else tuple(first.shape)
        self.dtype = np.result_type(*(array.dtype for array in source.arrays))

    def __getitem__(self, block: slice) -> NDArray[Any]:
        self._check()
        arrays = self._source.arrays
        try:
            if len(arrays) == 1:
                return np.asarray(arrays[0][block])
            return np.stack([np.asarray(array) for array in arrays[block]])
        except MemoryError:
            raise
        except Exception as error:
            # Lazy arrays compute here: anything can come out of other people's code.
            msg = (
                f"The data of {self._source.name!r} cannot be read from index "
                f"{block.start} on: {error}. Open the image again, or use another one."
            )
            raise InputError(msg) from error


def _own_file(source: Source) -> ArrayRef | None:
    if source.path is None or len(source.arrays) > 1:
        return None
    array = source.arrays[0]
    size = int(np.prod(array.shape, dtype=np.int64)) * np.dtype(array.dtype).itemsize
    if size < _WORTH_NO_COPY or not source.path.exists():
        return None
    ref = ArrayRef(path=source.path, axes=source.axes, spacing=source.spacing)
    try:
        stored = ref.open()
    except SegsuiteError:
        return None
    same = stored.shape == array.shape and stored.dtype == array.dtype
    if not same or (isinstance(stored, np.ndarray) and not _mapped(stored)):
        return None
    return ref if _agree(stored, array) else None


def _mapped(array: NDArray[Any]) -> bool:
    """Whether reading a part of the array reads only that part of its file."""
    return isinstance(array, np.memmap) or isinstance(array.base, np.memmap)


def _agree(stored: Any, shown: Any) -> bool:
    """Whether rows spread over both arrays are equal: another order would show."""
    rng = np.random.default_rng(0)
    for _ in range(8):
        row = tuple(int(rng.integers(size)) for size in shown.shape[:-1])
        if not np.array_equal(np.asarray(stored[row]), np.asarray(shown[row])):
            return False
    return True
