"""Labels as OME-Zarr 0.5: every chunk compressed without loss and with a check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_segsuite.data.axes import Spacing, check_label_order, spatial
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.label_notes import KEY, LabelNotes

_CHUNK = 512
_VERSION = "0.5"
_TYPES = {"T": "time", "C": "channel"}


def write(
    folder: Path,
    frames: Frames,
    spacing: Spacing | None,
    notes: LabelNotes,
    name: str,
) -> None:
    """Write labels into an empty folder, chunk by chunk, so that memory stays bounded.

    Chunks without labels are written too: one that is missing later was lost.

    Parameters
    ----------
    folder : Path
        The folder; it exists and is empty.
    frames : Frames
        Labels of any integer dtype or bool (stored as uint8), without channels.
    spacing : tuple of float or None
        Micrometre per pixel of each spatial axis.
    notes : LabelNotes
        What to keep beside the pixels.
    name : str
        What the image is called.

    Raises
    ------
    InputError
        If the axes are out of order.
    """
    import zarr
    from zarr.codecs import Crc32cCodec, ZstdCodec

    axes = check_label_order(frames.axes)
    attributes: dict[str, Any] = {"ome": _ome(axes, spacing, notes, name)}
    if notes != LabelNotes():
        attributes[KEY] = notes.model_dump(mode="json")
    group = zarr.create_group(folder, zarr_format=3, attributes=attributes)
    height, width = frames.spatial_shape
    leading = frames.leading_shape
    array = group.create_array(
        "0",
        shape=(*leading, height, width),
        chunks=(*(1 for _ in leading), min(_CHUNK, height), min(_CHUNK, width)),
        dtype=np.uint8 if frames.dtype == np.bool_ else frames.dtype.newbyteorder("="),
        compressors=(ZstdCodec(level=3), Crc32cCodec()),
        fill_value=0,
        dimension_names=tuple(axes.lower()),
        config={"write_empty_chunks": True},
    )
    for index in range(frames.count):
        for top in range(0, height, _CHUNK):
            for left in range(0, width, _CHUNK):
                window = (
                    slice(top, min(top + _CHUNK, height)),
                    slice(left, min(left + _CHUNK, width)),
                )
                block = frames.read_labels(index, window).astype(array.dtype)
                where: tuple[Any, ...] = (*frames.leading(index), *window)
                array[where] = block


def _ome(
    axes: str, spacing: Spacing | None, notes: LabelNotes, name: str
) -> dict[str, Any]:
    steps = dict(zip(spatial(axes), spacing or (), strict=False))
    described: list[dict[str, str]] = []
    for letter in axes:
        axis = {"name": letter.lower(), "type": _TYPES.get(letter, "space")}
        if letter in steps:
            axis["unit"] = "micrometer"
        described.append(axis)
    scale = [steps.get(letter, 1.0) for letter in axes]
    found: dict[str, Any] = {
        "version": _VERSION,
        "multiscales": [
            {
                "name": name,
                "axes": described,
                "datasets": [
                    {
                        "path": "0",
                        "coordinateTransformations": [
                            {"type": "scale", "scale": scale}
                        ],
                    }
                ],
            }
        ],
    }
    if notes.classes:
        found["image-label"] = {
            "version": _VERSION,
            "colors": [
                {
                    "label-value": info.id,
                    "rgba": [*bytes.fromhex(info.color[1:]), 255],
                }
                for info in notes.classes
            ],
            "properties": [
                {"label-value": info.id, "class": info.name} for info in notes.classes
            ],
        }
    return found
