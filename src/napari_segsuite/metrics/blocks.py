"""Counting arrays that need not fit into memory, block by block."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.contingency import (
    ContingencyTable,
    empty_table,
    merged,
)
from napari_segsuite.metrics.label_arrays import check_alike
from napari_segsuite.metrics.tally import Tally, count

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
    tally = Tally()
    size = math.prod(shape)
    done = 0
    for window in windows(shape, block_shape(shape, y_true, y_pred)):
        true = np.asarray(y_true[window])
        tally.add(true, np.asarray(y_pred[window]))
        done += true.size
        if progress is not None:
            progress(done / size)
    return tally.table()


def count_slices(
    y_true: Any,
    y_pred: Any,
    *,
    axis: int,
    progress: Callable[[float], None] | None = None,
) -> tuple[ContingencyTable, list[ContingencyTable]]:
    """Count two label arrays slice by slice; every block is read once.

    Parameters
    ----------
    y_true, y_pred, progress
        As for `count_blocks`.
    axis : int
        The axis along which slices follow each other; negative ones count from the
        last.

    Returns
    -------
    whole : ContingencyTable
        That of all slices together.
    slices : list of ContingencyTable
        One per index along the axis.

    Raises
    ------
    InputError
        If there is no such axis, shapes differ or values are no ids.
    """
    check_alike(y_true, y_pred)
    shape = tuple(int(n) for n in y_true.shape)
    if not -len(shape) <= axis < len(shape):
        msg = (
            f"Slices follow each other along an axis from 0 to {len(shape) - 1} of "
            f"these arrays; got {axis}."
        )
        raise InputError(msg)
    axis %= len(shape)
    slices = [empty_table()] * shape[axis]
    done = 0
    for window in windows(shape, block_shape(shape, y_true, y_pred)):
        true, pred = np.asarray(y_true[window]), np.asarray(y_pred[window])
        for within, index in enumerate(range(shape[axis])[window[axis]]):
            part = count(true.take(within, axis), pred.take(within, axis))
            slices[index] = slices[index] + part
        done += true.size
        if progress is not None:
            progress(done / math.prod(shape))
    return merged([one.columns for one in slices]), slices


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
