"""Zarr arrays and OME-Zarr images (0.4 and 0.5), opened without running codecs' code.

Metadata is read as plain JSON first, and only arrays made of a few well-known codecs
are opened: some old codecs unpickle what they find.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import prod
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from napari_segsuite.data.axes import KNOWN, SPATIAL
from napari_segsuite.data.source import Source, micrometres, positive
from napari_segsuite.errors import InputError

METADATA = ("zarr.json", ".zarray", ".zgroup", ".zattrs")
"""Files that make a folder a zarr folder."""

_LARGEST_METADATA = 16 << 20
_LARGEST_CHUNK_BYTES = 4 << 30
_CODECS = frozenset(
    {
        "blosc",
        "bytes",
        "bz2",
        "crc32",
        "crc32c",
        "delta",
        "fixedscaleoffset",
        "gzip",
        "lz4",
        "lzma",
        "sharding_indexed",
        "shuffle",
        "transpose",
        "zlib",
        "zstd",
    }
)


def is_zarr(path: Path) -> bool:
    """Return whether `path` is the folder of a zarr array or group."""
    return path.is_dir() and any((path / name).is_file() for name in METADATA)


def source(path: Path) -> Source:
    """Return what the zarr array, or OME-Zarr image, at `path` says about itself.

    Of an OME-Zarr image, the full resolution is taken.

    Raises
    ------
    InputError
        If the folder holds no array, or one that cannot be opened safely.
    """
    axes, array_path = None, path
    spacing: dict[str, float] = {}
    if not _is_array(path):
        multiscale = _multiscale(path)
        array_path = path / _inner_path(path, multiscale["datasets"][0]["path"])
        axes, spacing = _axes(multiscale), _spacing(multiscale)
        if not _is_array(array_path):
            msg = f"{path} lacks its full resolution, {array_path.name}. Copy it anew."
            raise InputError(msg)
    _check_codecs(array_path)
    array = _open(array_path)
    _check_chunk(array_path, array)
    shape = tuple(int(n) for n in array.shape)
    if axes is not None and len(axes) != len(shape):
        axes = None
    return Source(shape, np.dtype(array.dtype), axes, spacing, lambda: array)


def missing_chunks(array: Any) -> int:
    """Return how many chunks of a zarr array are not on disk; 0 for other arrays.

    Such chunks read as the fill value, whether they were never written or got lost.
    """
    if not hasattr(array, "nchunks_initialized"):
        return 0
    return int(array.nchunks) - int(array.nchunks_initialized)


def attributes(path: Path) -> dict[str, Any]:
    """Return the attributes of a zarr group or array of version 3, or its `.zattrs`.

    Raises
    ------
    InputError
        If they are too large.
    ValueError
        If they are no JSON.
    """
    found = _json(path / "zarr.json").get("attributes") or _json(path / ".zattrs")
    return found if isinstance(found, dict) else {}


def _open(path: Path) -> Any:
    import zarr

    return zarr.open_array(path, mode="r")


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    if path.stat().st_size > _LARGEST_METADATA:
        msg = f"{path} is too large to be metadata. Get a fresh copy of the folder."
        raise InputError(msg)
    values = json.loads(path.read_bytes())
    return values if isinstance(values, dict) else {}


def _is_array(path: Path) -> bool:
    if (path / ".zarray").is_file():
        return True
    return _json(path / "zarr.json").get("node_type") == "array"


def _multiscale(path: Path) -> dict[str, Any]:
    attributes = _json(path / "zarr.json").get("attributes", {})
    found = attributes.get("ome", attributes).get("multiscales")
    found = found or _json(path / ".zattrs").get("multiscales")
    if not found:
        inside = [p.name for p in sorted(path.iterdir()) if is_zarr(p)]
        has = f"; it has {', '.join(inside[:5])}" if inside else ""
        msg = (
            f"{path} is a zarr group without an OME-Zarr image{has}. Give the folder "
            "of one array or image."
        )
        raise InputError(msg)
    return dict(found[0])


def _inner_path(path: Path, name: str) -> str:
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or ":" in name:
        msg = f"{path} points outside itself, to {name!r}, and is not opened."
        raise InputError(msg)
    return name


def _axes(multiscale: dict[str, Any]) -> str | None:
    axes = multiscale.get("axes") or ()
    names = [axis.get("name", "?") if isinstance(axis, dict) else axis for axis in axes]
    letters = "".join(str(name).upper()[:1] for name in names)
    known = set(letters) <= set(KNOWN) and len(set(letters)) == len(letters)
    return letters if letters and known else None


def _spacing(multiscale: dict[str, Any]) -> dict[str, float]:
    axes = multiscale.get("axes") or ()
    steps = [
        *multiscale["datasets"][0].get("coordinateTransformations", ()),
        *multiscale.get("coordinateTransformations", ()),
    ]
    scales = [step["scale"] for step in steps if step.get("type") == "scale"]
    if not scales or not all(isinstance(axis, dict) for axis in axes):
        return {}
    values: dict[str, float | None] = {}
    for axis, *factors in zip(axes, *scales, strict=True):
        letter = str(axis.get("name", "?")).upper()[:1]
        if letter in SPATIAL:
            unit = micrometres(str(axis.get("unit", "")))
            values[letter] = None if unit is None else prod(map(float, factors)) * unit
    return positive(values)


def _check_codecs(path: Path) -> None:
    old = _json(path / ".zarray")
    if old:
        if not isinstance(old.get("dtype"), str) or "O" in old["dtype"]:
            raise _refused(path, str(old.get("dtype")))
        used = [old.get("compressor"), *(old.get("filters") or ())]
        names: Iterable[str] = [str(codec.get("id")) for codec in used if codec]
    else:
        names = _codec_names(_json(path / "zarr.json").get("codecs", ()))
    for name in names:
        if name.removeprefix("numcodecs.") not in _CODECS:
            raise _refused(path, name)


def _codec_names(codecs: Iterable[dict[str, Any]]) -> Iterable[str]:
    for codec in codecs:
        yield str(codec.get("name"))
        configuration = codec.get("configuration") or {}
        for key in ("codecs", "index_codecs"):
            yield from _codec_names(configuration.get(key, ()))


def _check_chunk(path: Path, array: Any) -> None:
    nbytes = prod(array.chunks) * array.dtype.itemsize
    # A chunk larger than the array is harmless only if it is small.
    if nbytes > _LARGEST_CHUNK_BYTES:
        msg = (
            f"{path} has chunks of {nbytes / 2**30:.0f} GiB, which are too large to "
            "decode. Save it with smaller chunks."
        )
        raise InputError(msg)


def _refused(path: Path, codec: str) -> InputError:
    return InputError(
        f"{path} is stored with {codec!r}, which is not opened, since it may run code "
        "or is unknown. Save it with zstd, blosc or gzip."
    )
