"""safetensors files written without torch, tensor by tensor."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from napari_segsuite.models.foreign.outline import Shape
from napari_segsuite.models.weights import ITEM_BYTES, read_entries

_CHUNK = 1 << 22


def write_tensors(
    file: BinaryIO,
    tensors: Mapping[str, Shape],
    content: Callable[[str], Iterable[bytes | memoryview]],
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write a safetensors file, holding little of it in memory.

    Parameters
    ----------
    file : binary file
        Where to write; it is empty.
    tensors : mapping of str to Shape
        What it will hold, by name.
    content : callable
        Given a name, returns the numbers of that tensor in C order, little endian, in
        pieces.
    check : callable, optional
        Called for each piece; raises to cancel.

    Raises
    ------
    ValueError
        If a tensor has more or fewer bytes than its shape says.
    OSError
        If the file cannot be written.
    """
    # Large numbers first, so that each tensor lies at a multiple of its item's size.
    order = sorted(tensors, key=lambda name: -ITEM_BYTES[tensors[name].dtype])
    position, fields = 0, {}
    for name in order:
        shape = tensors[name]
        stop = position + shape.nbytes
        fields[name] = {
            "dtype": shape.dtype,
            "shape": list(shape.sizes),
            "data_offsets": [position, stop],
        }
        position = stop
    header = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % 8)
    file.write(len(header).to_bytes(8, "little") + header)
    for name in order:
        start = file.tell()
        for piece in content(name):
            check()
            file.write(piece)
        if file.tell() - start != tensors[name].nbytes:
            msg = f"the tensor {name!r} has another size than its shape says"
            raise ValueError(msg)


def copy_tensors(
    source: Path,
    target: Path,
    names: Mapping[str, str],
    check: Callable[[], None] = lambda: None,
) -> None:
    """Copy tensors of a safetensors file into a new one, under other names.

    Parameters
    ----------
    source : Path
        A sound safetensors file.
    target : Path
        The file to make.
    names : mapping of str to str
        By the name in the new file, the name in the old one.
    check : callable, optional
        Called often; raises to cancel.

    Raises
    ------
    ModelFolderError
        If the old file is not sound.
    KeyError
        If it lacks a tensor.
    OSError
        If a file cannot be read or written.
    """
    entries = {entry.name: entry for entry in read_entries(source)}

    def content(name: str) -> Iterator[bytes]:
        entry = entries[names[name]]
        with source.open("rb") as file:
            file.seek(entry.start)
            left = entry.stop - entry.start
            while left and (piece := file.read(min(left, _CHUNK))):
                yield piece
                left -= len(piece)

    shapes = {
        new: Shape(entries[old].dtype, entries[old].shape) for new, old in names.items()
    }
    with target.open("wb") as file:
        write_tensors(file, shapes, content, check)
