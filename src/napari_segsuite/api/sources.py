"""Images and labels as scripts give them: files, references, arrays."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.axes import Spacing, guess_axes, without_channels
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.scratch import Scratch

Source = str | PathLike[str] | ArrayRef | NDArray[Any]
"""An image or labels: a file or zarr folder, a reference, or an array."""


def several(sources: Source | Sequence[Source]) -> tuple[Source, ...]:
    """Return sources as a tuple, also if there is one only."""
    if isinstance(sources, list | tuple):
        return tuple(sources)
    return (cast("Source", sources),)


def as_ref(
    source: Source,
    scratch: Scratch,
    axes: str | None,
    spacing: Spacing | None,
    *,
    labels: bool = False,
) -> ArrayRef:
    """Return a reference to a source; an array is saved in `scratch`.

    Parameters
    ----------
    source : source
        The image, or labels.
    scratch : Scratch
        Where arrays go.
    axes : str or None
        Axes of the image; None: as the file says, or a guess.
    spacing : tuple of float or None
        Micrometre per pixel of each spatial axis; None: as the file says.
    labels : bool, optional
        Whether it is labels: channels are left out.

    Raises
    ------
    InputError
        If it cannot be read, or its axes cannot be told.
    """
    if isinstance(source, ArrayRef):
        return source
    if axes is not None and labels:
        axes = without_channels(axes)
    if isinstance(source, str | PathLike):
        from napari_segsuite.data.formats import describe

        ref = describe(Path(source), labels=labels, axes=axes)
        return ref if spacing is None else ref.replace(spacing=spacing)
    return scratch.save(
        source, axes or guess_axes(source.shape, labels=labels), spacing
    )


def as_labels(source: Source) -> tuple[Any, str, Spacing | None]:
    """Return the labels, not read yet if in a file, their axes and spacing."""
    if isinstance(source, str | PathLike):
        from napari_segsuite.data.formats import describe

        source = describe(Path(source), labels=True)
    if isinstance(source, ArrayRef):
        return source.open(), source.axes, source.spacing
    # A guess may fail on shapes that can be scored all the same, such as a line.
    return source, "TZYX"[max(0, 4 - np.ndim(source)) :], None
