"""The file format of a journal: a header, then records that each prove themselves.

A file begins with ``SEGJRNL1``, then the length and the CRC-32 of a JSON header, each
four bytes, then the header: the array's shape and dtype. Records follow: ``SGRC``, a
sequence number (8 bytes), the length of the payload and the CRC-32 of number and
payload (4 bytes each), then the payload. All numbers are little-endian. A payload is
``F`` and the layer's facts as JSON, or ``T`` and tiles: for each its index (8 bytes),
its length (4 bytes) and its pixels, compressed by zlib.

A record that a kill or a power cut left unfinished fails its check and is passed over.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import ValidationError

from napari_segsuite.data.journal.facts import LayerFacts
from napari_segsuite.data.journal.tiles import Tiling
from napari_segsuite.errors import InputError

SUFFIX: Final = ".journal"
"""How the names of journals end."""

_MAGIC: Final = b"SEGJRNL1"
_RECORD: Final = b"SGRC"
_HEADER: Final = struct.Struct("<8sII")
_FRAME: Final = struct.Struct("<4sQII")
_TILE: Final = struct.Struct("<QI")
_FACTS, _TILES = b"F", b"T"
_DTYPES: Final = ("|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8")


def header(tiling: Tiling) -> bytes:
    """Return the first bytes of a journal."""
    facts = {"shape": list(tiling.shape), "dtype": tiling.dtype.str}
    data = json.dumps(facts).encode()
    return _HEADER.pack(_MAGIC, len(data), zlib.crc32(data)) + data


def record(sequence: int, payload: bytes) -> bytes:
    """Return a payload as a record with its check."""
    return _FRAME.pack(_RECORD, sequence, len(payload), _check(sequence, payload)) + (
        payload
    )


def facts_payload(facts: LayerFacts) -> bytes:
    """Return the payload that tells the facts of the layer."""
    return _FACTS + facts.model_dump_json().encode()


def tiles_payload(tiles: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the payload that sets tiles, given their indices and packed pixels."""
    parts = [_TILES]
    for index, packed in tiles:
        parts += (_TILE.pack(index, len(packed)), packed)
    return b"".join(parts)


@dataclass
class Content:
    """What journals of one layer tell, taken together."""

    tiling: Tiling
    """The array; tiles that were never set are zero."""
    facts: LayerFacts | None = None
    """The last facts; None if none can be read."""
    tiles: dict[int, bytes] = field(default_factory=dict)
    """The last packed pixels of each tile that was set."""
    damaged: bool = False
    """Whether bytes in the middle of a file had to be passed over."""


def read(paths: Sequence[Path]) -> Content:
    """Read journals of one layer, each continuing the one before.

    Parameters
    ----------
    paths : sequence of Path
        At least one file, oldest first.

    Returns
    -------
    Content
        What all whole records say. A file whose header is damaged is passed over.

    Raises
    ------
    InputError
        If no file can be read, or they are of different arrays.
    """
    content: Content | None = None
    reasons = []
    for path in paths:
        try:
            data = path.read_bytes()
            tiling, start = _read_header(data)
        except (OSError, ValueError) as error:
            reasons.append(f"{path}: {error}")
            continue
        if content is None:
            content = Content(tiling, damaged=bool(reasons))
        if content.tiling != tiling:
            msg = f"{path} is of another layer than the files before it. Move it away."
            raise InputError(msg)
        _replay(data, start, content)
    if content is None:
        msg = f"The journal cannot be read ({'; '.join(reasons)}); it is left as it is."
        raise InputError(msg)
    return content


def _check(sequence: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(sequence.to_bytes(8, "little")))


def _read_header(data: bytes) -> tuple[Tiling, int]:
    """Return the array that a journal is of, and where its records begin."""
    if len(data) < _HEADER.size:
        msg = "it is cut off"
        raise ValueError(msg)
    magic, length, check = _HEADER.unpack_from(data)
    end = _HEADER.size + length
    text = data[_HEADER.size : end]
    if magic != _MAGIC or len(text) != length or zlib.crc32(text) != check:
        msg = "its header is damaged or of another version"
        raise ValueError(msg)
    try:
        facts = json.loads(text)
        shape = tuple(int(size) for size in facts["shape"])
        name = str(facts["dtype"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        msg = f"its header is not understood: {error}"
        raise ValueError(msg) from error
    if name not in _DTYPES or not shape or min(shape) < 0:
        msg = f"its header names an array of shape {shape} and type {name}"
        raise ValueError(msg)
    return Tiling(shape, np.dtype(name)), end


def _replay(data: bytes, start: int, content: Content) -> None:
    for payload, gap in _payloads(data, start):
        content.damaged |= gap
        if payload[:1] == _FACTS:
            try:
                content.facts = LayerFacts.model_validate_json(payload[1:])
            except ValidationError:
                content.damaged = True
        elif payload[:1] == _TILES:
            content.tiles.update(_read_tiles(payload))


def _payloads(data: bytes, start: int) -> Iterator[tuple[bytes, bool]]:
    """Yield each whole payload, and whether bytes before it were passed over."""
    position, gap, last = start, False, 0
    while position + _FRAME.size <= len(data):
        magic, sequence, length, check = _FRAME.unpack_from(data, position)
        begin = position + _FRAME.size
        payload = data[begin : begin + length]
        whole = len(payload) == length and check == _check(sequence, payload)
        if magic == _RECORD and whole and sequence > last:
            yield payload, gap
            position, gap, last = begin + length, False, sequence
            continue
        # Every record stands for itself: those after a damaged one are still good.
        position, gap = data.find(_RECORD, position + 1), True
        if position < 0:
            return


def _read_tiles(payload: bytes) -> Mapping[int, bytes]:
    found, position = {}, 1
    while position + _TILE.size <= len(payload):
        index, length = _TILE.unpack_from(payload, position)
        position += _TILE.size
        found[index] = payload[position : position + length]
        position += length
    return found
