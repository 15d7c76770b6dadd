"""Which part of an image is meant: whole, the slice shown, or what is in view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from napari.layers import Image

from napari_segsuite.data.axes import without_channels
from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import full_resolution, label_dims, label_shape

if TYPE_CHECKING:
    from napari_segsuite.jobs.prediction import Region

RegionKind = Literal["whole image", "current slice", "visible region"]


def current_index(viewer: Any, layer: Image) -> tuple[int, ...]:
    """Return the pixel of the layer at the viewer's point, one index per dimension.

    Found through world coordinates: the viewer's own steps are of another size as
    soon as two layers have different scales. Points outside are moved to the rim.
    """
    shape = full_resolution(layer).shape[: layer.ndim]
    point = np.rint(layer.world_to_data(viewer.dims.point)).astype(int)
    return tuple(
        int(np.clip(i, 0, size - 1)) for i, size in zip(point, shape, strict=True)
    )


def leading_index(
    viewer: Any, layer: Image, axes: str, network_ndim: int
) -> tuple[int, ...]:
    """Return the index of the frame that is shown: along T, and Z if it is 2D."""
    letters = "TZ" if network_ndim == 2 else "T"
    index = current_index(viewer, layer)
    return tuple(
        index[dim]
        for dim in label_dims(axes)
        if axes[dim] in letters and dim < layer.ndim
    )


def frame_in_view(
    viewer: Any, layer: Image, axes: str, network_ndim: int
) -> Region | None:
    """Return (start, stop) of what is in view, along the axes that the network sees.

    None if that is the whole frame, or nothing of it.
    """
    try:
        region = region_of(viewer, layer, axes, "visible region")
    except InputError:
        return None
    if region is None:
        return None
    letters = "TZ" if network_ndim == 2 else "T"
    names = without_channels(axes)
    return tuple(
        part for part, name in zip(region, names, strict=True) if name not in letters
    )


def region_of(viewer: Any, layer: Image, axes: str, kind: RegionKind) -> Region | None:
    """Return (start, stop) per axis of the image's labels; None for everything.

    In the 3D view the slice and the region are all of the volume that is shown.

    Raises
    ------
    InputError
        If the image does not appear in the view at all.
    """
    shape = label_shape(layer, axes)
    dims = label_dims(axes)
    if kind == "whole image":
        return None
    shown = _shown_dims(viewer, layer)
    index = current_index(viewer, layer)
    corners = np.asarray(layer.corner_pixels)
    if layer.multiscale:
        factors = np.asarray(layer.downsample_factors)[layer.data_level]
        corners = np.rint(corners * factors[: layer.ndim]).astype(int)
    region: list[tuple[int, int]] = []
    for dim, size in zip(dims, shape, strict=True):
        if dim not in shown:
            region.append((index[dim], index[dim] + 1))
        elif kind == "visible region" and viewer.dims.ndisplay == 2:
            start = int(np.clip(corners[0, dim], 0, size))
            region.append((start, int(np.clip(corners[1, dim] + 1, start, size))))
        else:
            region.append((0, size))
    if any(start == stop for start, stop in region):
        msg = (
            f"Nothing of {layer.name!r} is in view. Move it into view, or choose the "
            "whole image."
        )
        raise InputError(msg)
    return (
        None
        if all(r == (0, s) for r, s in zip(region, shape, strict=True))
        else (tuple(region))
    )


def _shown_dims(viewer: Any, layer: Image) -> set[int]:
    """Return the dimensions of the layer that lie in the plane of the screen."""
    surplus = viewer.dims.ndim - layer.ndim
    return {dim - surplus for dim in viewer.dims.displayed if dim >= surplus}
