"""PNG and JPEG pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from napari_segsuite.data.source import Source
from napari_segsuite.errors import InputError

_DTYPES = {"1": "?", "L": "u1", "I;16": "<u2", "I;16B": ">u2", "I": "<i4", "F": "<f4"}
_CHANNELS = {"LA": 2, "RGB": 3, "RGBA": 4}


def source(path: Path, *, labels: bool = False) -> Source:
    """Return what the picture at `path` says about itself.

    A picture with a palette is read as its colours, or, for `labels`, as the
    numbers that point into the palette.

    Raises
    ------
    InputError
        If its kind of pixels is not understood.
    """
    try:
        with Image.open(path) as picture:
            mode, (width, height) = picture.mode, picture.size
    except Image.DecompressionBombError as error:
        msg = (
            f"{path} is too large for a picture that must be decoded in one go "
            f"({error}). Save it as a tiled TIFF or as OME-Zarr."
        )
        raise InputError(msg) from error
    if mode == "P":
        mode = "L" if labels else "RGB"
    shape: tuple[int, ...] = (height, width)
    if mode in _CHANNELS:
        shape = (height, width, _CHANNELS[mode])
        dtype, axes = np.dtype(np.uint8), "YXC"
    elif mode in _DTYPES:
        dtype, axes = np.dtype(_DTYPES[mode]), "YX"
    else:
        msg = (
            f"{path} is a picture of mode {mode}; grey and RGB pictures are "
            "understood. Convert it first."
        )
        raise InputError(msg)
    return Source(
        shape, dtype, axes, {}, lambda: _load(path, mode), rgb=mode.startswith("RGB")
    )


def _load(path: Path, mode: str) -> Any:
    with Image.open(path) as picture:
        if picture.mode == "P" and mode == "RGB":
            return np.asarray(picture.convert("RGB"))
        return np.asarray(picture)
