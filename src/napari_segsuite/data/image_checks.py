"""Whether images can be used: finite, complete, and lying where their labels lie."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.axes import spatial, without_channels
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.zarr_folders import missing_chunks
from napari_segsuite.errors import InputError

# Spacing goes through text, 32-bit floats and units: this much may get lost.
_SPACING_TOLERANCE = 0.01


def check_finite(frames: Frames, name: str) -> None:
    """Read all of an image once and make sure that its pixels are finite.

    A single NaN spreads through a normalisation layer over the whole picture, and
    what is NaN everywhere is predicted as background: silently wrong.

    Parameters
    ----------
    frames : Frames
        The image; whole numbers are finite without being read.
    name : str
        What to call it in messages.

    Raises
    ------
    InputError
        If pixels are NaN or infinite; it says how many, and where the first is.
    """
    if frames.dtype.kind != "f":
        return
    bad, first = 0, ""
    for index in range(frames.count):
        for window in frames.blocks(index):
            where = ~np.isfinite(frames.read(index, window))
            found = int(np.count_nonzero(where))
            if found and not bad:
                offset = np.argwhere(where)[0][1:]
                place = [*frames.leading(index)]
                place += [w.start + int(o) for w, o in zip(window, offset, strict=True)]
                first = _place(frames, place)
            bad += found
    if bad:
        msg = (
            f"The image {name} has {bad} pixels that are not finite (NaN or infinite), "
            f"the first at {first}. Replace them, for example by the median, and try "
            "again."
        )
        raise InputError(msg)


def require_finite(values: NDArray[Any], name: str) -> None:
    """Make sure that the pixels of one window are finite.

    Raises
    ------
    InputError
        If not.
    """
    if values.dtype.kind != "f":
        return
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        msg = (
            f"The image {name} has pixels that are not finite (NaN or infinite): {bad} "
            "in one place alone. Replace them, for example by the median, and try "
            "again."
        )
        raise InputError(msg)


def check_complete(array: Any, name: str) -> None:
    """Make sure that no chunk of a zarr image is missing; others pass.

    A chunk that got lost reads as zeros, without an error. In labels, empty chunks
    are common and mean unpainted: do not check those.

    Raises
    ------
    InputError
        If chunks are missing.
    """
    missing = missing_chunks(array)
    if missing:
        msg = (
            f"The image {name} is incomplete: {missing} of its {array.nchunks} chunks "
            "are not on disk and would read as zeros. Copy it again; if they are meant "
            "to be empty, save it with write_empty_chunks=True."
        )
        raise InputError(msg)


def check_pair(image: ArrayRef, labels: ArrayRef, shapes: tuple[Any, Any]) -> None:
    """Make sure that labels lie on their image, pixel by pixel.

    Parameters
    ----------
    image, labels : ArrayRef
        Their axes and spacing.
    shapes : (tuple of int, tuple of int)
        Shape of the image and of the labels.

    Raises
    ------
    InputError
        If axes, shape or spacing disagree; both are shown.
    """
    image_shape = _without_channel_shape(image.axes, shapes[0])
    labels_shape = tuple(int(n) for n in shapes[1])
    wanted = without_channels(image.axes)
    if labels.axes != wanted or labels_shape != image_shape:
        msg = (
            f"Image and labels do not fit: {image.path.name} is {_shown(image_shape)} "
            f"({wanted}, without channels), {labels.path.name} is "
            f"{_shown(labels_shape)} ({labels.axes}). Choose labels that were painted "
            "on this image."
        )
        raise InputError(msg)
    if image.spacing is None or labels.spacing is None:
        return
    if not np.allclose(image.spacing, labels.spacing, rtol=_SPACING_TOLERANCE, atol=0):
        msg = (
            f"Image and labels do not lie on each other: {image.path.name} has "
            f"{_spacing(image)}, {labels.path.name} {_spacing(labels)}. Give them the "
            "same pixel size, or choose labels that were painted on this image."
        )
        raise InputError(msg)


def _without_channel_shape(axes: str, shape: Any) -> tuple[int, ...]:
    return tuple(int(n) for letter, n in zip(axes, shape, strict=True) if letter != "C")


def _shown(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape)


def _spacing(ref: ArrayRef) -> str:
    steps = zip(spatial(ref.axes).lower(), ref.spacing or (), strict=True)
    return ", ".join(f"{step:g} µm in {letter}" for letter, step in steps)


def _place(frames: Frames, place: list[int]) -> str:
    letters = frames.leading_axes
    letters += "".join(a for a in spatial(frames.axes) if a not in letters)
    return ", ".join(f"{a}={i}" for a, i in zip(letters, place, strict=True))
