"""TIFF files: OME, ImageJ and plain, read lazily and checked for completeness."""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile

from napari_segsuite.data.axes import KNOWN, SPATIAL
from napari_segsuite.data.source import Source, micrometres, positive
from napari_segsuite.errors import InputError

# Below this, decoding all at once is faster than asking for pieces.
_SMALL_BYTES = 64 << 20
# A strip or tile must be decoded in one go.
_LARGEST_PIECE_BYTES = 4 << 30


def source(path: Path) -> Source:
    """Return what the TIFF file at `path` says about itself.

    Raises
    ------
    InputError
        If the file is cut off, holds fewer planes than it says, several images, or
        a compression that cannot be decoded.
    """
    pages_on_disk = _count_directories(path)
    with _open(path) as file:
        if len(file.pages) != pages_on_disk:
            raise _incomplete(path, pages_on_disk, len(file.pages))
        series = _only_series(path, file)
        _check_planes(path, file, series)
        _check_pieces(path, series)
        axes, rgb = _axes(path, series.axes, series.shape)
        dtype = np.dtype(file.byteorder + series.dtype.char)
        spacing = _spacing(file)
        shape = tuple(int(n) for n in series.shape)
    return Source(shape, dtype, axes, spacing, lambda: _load(path), rgb)


def _load(path: Path) -> Any:
    with _open(path) as file:
        series = file.series[0]
        if series.dataoffset is not None and series.keyframe.is_memmappable:
            return np.memmap(
                path,
                dtype=np.dtype(file.byteorder + series.dtype.char),
                mode="r",
                offset=series.dataoffset,
                shape=series.shape,
            )
        if series.nbytes <= _SMALL_BYTES:
            return series.asarray()
    import zarr

    return zarr.open_array(_open(path).series[0].aszarr(level=0), mode="r")


def _open(path: Path) -> tifffile.TiffFile:
    file = tifffile.TiffFile(path)
    planes = {(series.axes, series.shape) for series in file.series}
    if file.is_shaped and len(file.series) > len(planes) == 1:
        ((axes, _),) = planes
        if axes in ("YX", "YXS"):
            # Planes that were written one by one are a stack, though tifffile lets
            # each of them say that it is an image of its own.
            file.close()
            return tifffile.TiffFile(path, is_shaped=False)
    return file


def _count_directories(path: Path) -> int:
    """Return the number of pages that the chain of directories names.

    tifffile follows the chain as far as it can and is silent about the rest, so a
    stack that was cut off would just look shorter.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        order = {b"II": "<", b"MM": ">"}.get(file.read(2))
        version = file.read(2)
        if order is None or len(version) < 2:
            msg = f"{path} is not a TIFF file, whatever its name says."
            raise InputError(msg)
        if struct.unpack(f"{order}H", version)[0] == 43:
            return _walk(path, file, size, 8, f"{order}Q", f"{order}Q", 20)
        return _walk(path, file, size, 4, f"{order}H", f"{order}I", 12)


def _walk(
    path: Path,
    file: BinaryIO,
    size: int,
    start: int,
    count_format: str,
    offset_format: str,
    entry_bytes: int,
) -> int:
    seen: set[int] = set()
    offset = _number(path, file, start, offset_format)
    while offset:
        if offset in seen or offset >= size:
            raise _cut_off(path)
        seen.add(offset)
        entries = _number(path, file, offset, count_format)
        after = offset + struct.calcsize(count_format) + entries * entry_bytes
        offset = _number(path, file, after, offset_format)
    if not seen:
        raise _cut_off(path)
    return len(seen)


def _number(path: Path, file: BinaryIO, offset: int, number_format: str) -> int:
    file.seek(offset)
    data = file.read(struct.calcsize(number_format))
    if len(data) < struct.calcsize(number_format):
        raise _cut_off(path)
    return int(struct.unpack(number_format, data)[0])


def _only_series(path: Path, file: tifffile.TiffFile) -> tifffile.TiffPageSeries:
    first, *others = file.series
    # Thumbnails and lower resolutions are much smaller than the image itself.
    if any(other.size * 2 > first.size for other in others):
        msg = (
            f"{path} holds {len(file.series)} different images, but one per file is "
            "understood. Save them as separate files."
        )
        raise InputError(msg)
    return first


def _check_planes(
    path: Path, file: tifffile.TiffFile, series: tifffile.TiffPageSeries
) -> None:
    here = int(series.size)
    said = here
    if file.is_ome:
        pixels = _ome_pixels(file)
        said = prod(int(pixels.get(f"Size{axis}", 1)) for axis in "XYZCT")
    elif file.is_imagej:
        plane = prod(series.keyframe.shape)
        said = plane * int((file.imagej_metadata or {}).get("images", here // plane))
    elif file.shaped_metadata:
        said = prod(file.shaped_metadata[0].get("shape", (here,)))
    if said > here:
        raise _incomplete(path, said, here, "pixels")
    found = sum(page is not None for page in series.pages)
    if found < len(series.pages):
        raise _incomplete(path, len(series.pages), found)


def _check_pieces(path: Path, series: tifffile.TiffPageSeries) -> None:
    piece = prod(series.keyframe.chunks) * series.dtype.itemsize
    if series.keyframe.compression != 1 and piece > _LARGEST_PIECE_BYTES:
        msg = (
            f"{path} is compressed in one piece of {piece / 2**30:.0f} GiB, which is "
            "too large to decode. Save it with tiles."
        )
        raise InputError(msg)
    try:
        tifffile.TIFF.DECOMPRESSORS[series.keyframe.compression]
    except (KeyError, ImportError) as error:
        raise _undecodable(path, series) from error
    if series.dataoffset is not None:
        handle = series.keyframe.parent.filehandle
        if series.dataoffset + series.nbytes > handle.size:
            raise _cut_off(path)
        return
    for page in series.pages:
        if page is None:
            continue
        size = page.parent.filehandle.size
        pieces = zip(page.dataoffsets, page.databytecounts, strict=True)
        if any(offset + length > size for offset, length in pieces):
            raise _cut_off(path)


def _axes(path: Path, axes: str, shape: tuple[int, ...]) -> tuple[str | None, bool]:
    """Translate tifffile's letters; None where it only counts dimensions."""
    rgb = axes.endswith("S")
    named = axes[:-1] + "C" if rgb else axes
    if set(named) <= set(KNOWN):
        if len(set(named)) == len(named):
            return named, rgb
        msg = (
            f"{path} has channels and colours besides (axes {axes}, shape {shape}). "
            "Save its channels along one axis."
        )
        raise InputError(msg)
    return None, rgb


def _spacing(file: tifffile.TiffFile) -> dict[str, float]:
    if file.is_ome:
        pixels = _ome_pixels(file)
        return positive({letter: _ome_spacing(pixels, letter) for letter in SPATIAL})
    if file.is_imagej:
        return positive({letter: _imagej_spacing(file, letter) for letter in SPATIAL})
    # Resolution tags of plain files are printing resolutions more often than not.
    return {}


def _ome_pixels(file: tifffile.TiffFile) -> dict[str, Any]:
    image = tifffile.xml2dict(file.ome_metadata or "")["OME"]["Image"]
    pixels: dict[str, Any] = (image[0] if isinstance(image, list) else image)["Pixels"]
    return pixels


def _ome_spacing(pixels: dict[str, Any], letter: str) -> float | None:
    size = pixels.get(f"PhysicalSize{letter}")
    unit = micrometres(str(pixels.get(f"PhysicalSize{letter}Unit", "µm")))
    return None if size is None or unit is None else float(size) * unit


def _imagej_spacing(file: tifffile.TiffFile, letter: str) -> float | None:
    metadata = file.imagej_metadata or {}
    unit = micrometres(str(metadata.get("unit", "")))
    if unit is None:
        return None
    if letter == "Z":
        return abs(float(metadata.get("spacing", 1.0))) * unit
    tag = file.pages.first.tags.get(f"{letter}Resolution")
    if tag is None or not all(tag.value):
        return None
    pixels, units = tag.value
    return float(units / pixels * unit)


def _cut_off(path: Path) -> InputError:
    return InputError(
        f"{path} is cut off or damaged: its directory points beyond its end. Get a "
        "fresh copy of it."
    )


def _incomplete(path: Path, said: int, found: int, what: str = "planes") -> InputError:
    return InputError(
        f"{path} is incomplete: it says it has {said} {what}, but {found} can be "
        "read. Get a fresh copy of it."
    )


def _undecodable(path: Path, series: tifffile.TiffPageSeries) -> InputError:
    name = tifffile.COMPRESSION(series.keyframe.compression).name
    return InputError(
        f"{path} is compressed with {name}, which cannot be decoded here. Install the "
        "package imagecodecs, or save the image uncompressed or with zlib (deflate)."
    )
