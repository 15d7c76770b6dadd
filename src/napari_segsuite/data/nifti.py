"""NIfTI volumes, whose order x, y, z becomes Z, Y, X."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from napari_segsuite.data.source import Source, micrometres, positive
from napari_segsuite.errors import InputError

# deflate cannot shrink data by more: a header that says more lies.
_LARGEST_RATIO = 1032


def source(path: Path) -> Source:
    """Return what the NIfTI file at `path` says about itself.

    Voxels stay in the order in which they are stored: the orientation of the patient
    in the scanner is not applied, so that image and labels match voxel by voxel.

    Raises
    ------
    InputError
        If the file is cut off, or its voxels are not plain numbers.
    """
    import nibabel

    image: Any = nibabel.load(path)
    header = image.header
    shape = tuple(int(n) for n in reversed(image.shape))
    stored = np.dtype(header.get_data_dtype())
    if stored.kind not in "biuf":
        msg = (
            f"{path} holds voxels of type {stored}, but plain numbers are needed. "
            "Convert it to integers or floats first."
        )
        raise InputError(msg)
    _check_size(path, prod(shape) * stored.itemsize)
    slope, intercept = image.dataobj.slope, image.dataobj.inter
    scaled = (slope, intercept) != (1.0, 0.0)
    dtype = np.dtype(np.float32) if scaled else stored
    axes = "CTZYX"[-len(shape) :] if 2 <= len(shape) <= 5 else None
    return Source(shape, dtype, axes, _spacing(header), lambda: _load(path, dtype))


def _load(path: Path, dtype: np.dtype[Any]) -> Any:
    import nibabel

    image: Any = nibabel.load(path)
    # Unscaled and uncompressed voxels come as a memory map, all others as an array.
    array = np.asanyarray(image.dataobj)
    return array.astype(dtype, copy=False).T


def _check_size(path: Path, nbytes: int) -> None:
    ratio = _LARGEST_RATIO if path.name.lower().endswith(".gz") else 1
    if nbytes > path.stat().st_size * ratio:
        msg = (
            f"{path} is cut off: its header promises {nbytes} bytes of voxels, more "
            "than the file can hold. Get a fresh copy of it."
        )
        raise InputError(msg)


def _spacing(header: Any) -> dict[str, float]:
    name = header.get_xyzt_units()[0]
    # Scanners that leave the unit out mean millimetre, as the format's readers take it.
    unit = micrometres({"micron": "um", "unknown": "mm"}.get(name, name))
    if unit is None:
        return {}
    # Zooms are 32-bit floats: 0.1 mm should read 100 µm, not 100.0000015.
    zooms = [float(f"{float(zoom) * unit:.7g}") for zoom in header.get_zooms()]
    return positive(dict(zip("XYZ", zooms, strict=False)))
