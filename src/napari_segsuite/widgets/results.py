"""What a worker wrote, read into memory: its files go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.segments import Segment, read_segments


def take(path: Path) -> NDArray[Any]:
    """Return the array of a ``.npy`` file, which goes."""
    array: NDArray[Any] = np.load(path, allow_pickle=False)
    path.unlink(missing_ok=True)
    return array


def take_labels(path: Path) -> NDArray[Any]:
    """Return the labels of a ``.npy`` file, which goes: int32 if that holds them."""
    labels = take(path)
    if labels.dtype != np.int32 and np.can_cast(labels.dtype, np.int32):
        labels = labels.astype(np.int32)
    return labels


def take_segments(path: Path) -> tuple[Segment, ...]:
    """Return the segments of a CSV table, ascending by id; the file goes.

    Raises
    ------
    InputError
        If it is no table of segments.
    """
    found = read_segments(path)
    path.unlink(missing_ok=True)
    return tuple(found[i] for i in sorted(found))
