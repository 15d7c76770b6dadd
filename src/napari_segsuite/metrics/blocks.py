"""Counting arrays that need not fit into memory, block by block."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from napari_segsuite.metrics.contingency import (
    ContingencyTable,
    check_alike,
    count,
    empty_table,
)

# Pixels per block: what is aimed at, and what is never passed however large chunks
# are (two blocks of int64 are 1 GB then).
_AIM = 1 << 22
_MOST = 1 << 26


def count_blocks(
    y_true: Any,
    y_pred: Any,
    *,
    progress: Callable[[float], None] | None = None,
) -> ContingencyTable:
    """Count two label arrays, lazy or not, with flat memory.

    Parameters
    ----------
    y_true, y_pred : array
        Numpy arrays, memory maps, zarr or Dask arrays of one shape: anything with
        `shape`, `dtype` and slicing. Values as for `count`.
    progress : callable, optional
        Called with the part that is done, in 0 … 1, after every block. What it raises
        ends the counting.

    Returns
    -------
    ContingencyTable
        The same as `count` of the whole.

    Raises
    ------
    InputError
        If shapes differ or values are no ids.
    """
    check_alike(y_true, y_pred)
    shape = tuple(int(n) for n in y_true.shape)
    if not shape:
        return count(np.asarray(y_true), np.asarray(y_pred))
    table = empty_table()
    size = math.prod(shape)
    done = 0
    for window in windows(shape, block_shape(shape, y_true, y_pred)):
        part = count(np.asarray(y_true[window]), np.asarray(y_pred[window]))
        table = table + part
        done += part.total
        if progress is not None:
            progress(done / size)
    return table


def block_shape(shape: Sequence[int], *arrays: Any) -> tuple[int, ...]:
    """Return the shape of blocks in which arrays of `shape` are read.

    Blocks hold whole chunks of chunked arrays, so that no chunk is unpacked twice,
    and otherwise grow from the last axis to about four million pixels.
    """
    chunks = [_chunk_shape(array, len(shape)) for array in arrays]
    block = [max(1, min(n, max(c))) for n, *c in zip(shape, *chunks, strict=True)]
    while math.prod(block) > _MOST:
        largest = block.index(max(block))
        block[largest] = -(-block[largest] // 2)
    for axis in reversed(range(len(block))):
        times = max(1, _AIM // math.prod(block))
        block[axis] = min(max(1, shape[axis]), block[axis] * times)
        if block[axis] < shape[axis]:
            break
    return tuple(block)


def windows(shape: Sequence[int], block: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """Yield the slices that tile an array of `shape` into blocks, in C order."""
    axes = [
        [slice(start, min(start + step, n)) for start in range(0, n, step)]
        for n, step in zip(shape, block, strict=True)
    ]
    return product(*axes)


def _chunk_shape(array: Any, ndim: int) -> tuple[int, ...]:
    """Return the chunk shape of a zarr or Dask array; ones for arrays without."""
    chunks = getattr(array, "chunks", None)
    if chunks is None:
        return (1,) * ndim
    # Dask lists the length of every chunk along each axis.
    return tuple(max(c, default=1) if isinstance(c, tuple) else int(c) for c in chunks)
