"""The safetensors file of a model, checked without torch.

safetensors files cannot run code, but a damaged or hostile one can still waste
memory or load as other weights than were meant; a network with a single NaN
predicts background everywhere, silently.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from napari_segsuite.data.strict_json import without_duplicates
from napari_segsuite.errors import ModelFolderError

_LARGEST_HEADER = 8 << 20
_MOST_TENSORS = 20_000
ITEM_BYTES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "U16": 2,
    "I16": 2,
    "F16": 2,
    "BF16": 2,
    "U32": 4,
    "I32": 4,
    "F32": 4,
    "U64": 8,
    "I64": 8,
    "F64": 8,
}
"""Bytes per number, by the type's name in safetensors files."""

# Of each float: an unsigned integer of its size, and the bits of its exponent. All
# of them set means infinity or NaN.
_EXPONENTS = {
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
    "F32": ("<u4", 0x7F80_0000),
    "F64": ("<u8", 0x7FF0_0000_0000_0000),
}


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor, as the header describes it."""

    name: str
    dtype: str
    """Its type, as ``"F32"``."""
    shape: tuple[int, ...]
    start: int
    """First byte in the file."""
    stop: int
    """One past its last byte."""


def check_weights(path: Path) -> tuple[TensorEntry, ...]:
    """Check a safetensors file: its header, its coverage, its numbers.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tuple of TensorEntry
        What it holds, in the order of the file.

    Raises
    ------
    ModelFolderError
        If the header is damaged, tensors overlap or leave holes, the file is longer
        or shorter than they are, or a number is NaN or infinite.
    """
    entries = read_entries(path)
    for entry in entries:
        kind = _EXPONENTS.get(entry.dtype)
        if kind is None:
            continue
        dtype = np.dtype(kind[0])
        count = (entry.stop - entry.start) // dtype.itemsize
        bits = np.fromfile(path, dtype=dtype, count=count, offset=entry.start)
        if np.any((bits & dtype.type(kind[1])) == kind[1]):
            msg = (
                f"The weights {path.name} hold numbers that are not finite (in "
                f"{entry.name!r}), so they cannot predict. Train the model again."
            )
            raise ModelFolderError(msg)
    return entries


def read_entries(path: Path) -> tuple[TensorEntry, ...]:
    """Read the header of a safetensors file, believing nothing.

    Raises
    ------
    ModelFolderError
        If it is not sound, or does not cover the file exactly.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, _LARGEST_HEADER):
            raise _unsound(path, "its header does not fit in the file")
        header = file.read(length)
    try:
        values = json.loads(header, object_pairs_hook=without_duplicates)
        values.pop("__metadata__", None)
        if len(values) > _MOST_TENSORS:
            raise _unsound(path, f"it has more than {_MOST_TENSORS} tensors")
        entries = sorted(_entries(values, 8 + length), key=lambda e: e.start)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, ModelFolderError):
            raise
        raise _unsound(path, f"its header cannot be read ({error!r})") from error
    position = 8 + length
    for entry in entries:
        if entry.start != position:
            raise _unsound(path, "its tensors overlap or leave holes")
        position = entry.stop
    if position != size:
        raise _unsound(path, f"it has {size} bytes where {position} were expected")
    return tuple(entries)


def _entries(values: dict[str, Any], base: int) -> Iterator[TensorEntry]:
    for name, fields in values.items():
        dtype, shape = fields["dtype"], tuple(fields["shape"])
        start, stop = fields["data_offsets"]
        counts = (*shape, start, stop)
        if not all(type(n) is int and n >= 0 for n in counts):
            msg = f"the numbers of {name!r} are no counts"
            raise ValueError(msg)
        if stop - start != prod(shape) * ITEM_BYTES[dtype]:
            msg = f"the size of {name!r} does not fit its shape"
            raise ValueError(msg)
        yield TensorEntry(name, dtype, shape, base + start, base + stop)


def _unsound(path: Path, reason: str) -> ModelFolderError:
    return ModelFolderError(
        f"The weights {path.name} are damaged: {reason}. Get a fresh copy of the "
        "model, or train it again."
    )
