"""Where an object lies: its middle, the slice that shows most of it, its outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_segsuite.metrics.blocks import block_shape, windows
from napari_segsuite.widgets.measure.parts import ArrayPart

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where an object lies, in pixels of what was searched.

    Parameters
    ----------
    middle : tuple of float
        Middle of the object's box; along axes that are not shown, the index of the
        slice that holds most of its pixels.
    outlines : tuple of ndarray of float64, shape (points, axes)
        Closed lines around it in that slice.
    """

    middle: tuple[float, ...]
    outlines: tuple[Points, ...]


def find_object(array: ArrayPart, label: int, shown: Sequence[int]) -> Place | None:
    """Search for an object.

    Parameters
    ----------
    array : ArrayPart
        Labels; read block by block.
    label : int
        The object's id.
    shown : sequence of int
        The two axes of the screen, or three in the 3D view.

    Returns
    -------
    Place or None
        None if the id does not occur.
    """
    ndim = len(array.shape)
    found: list[npt.NDArray[np.intp]] = []
    for window in windows(array.shape, block_shape(array.shape, array.array)):
        hits = np.argwhere(array[window] == label)
        if hits.size:
            found.append(hits + [part.start for part in window])
    if not found:
        return None
    pixels = np.concatenate(found)
    plane = [axis for axis in range(ndim) if axis in shown][-2:]
    for axis in set(range(ndim)) - set(plane):
        # Axis by axis: the slice that holds most, of it the frame that holds most.
        values, counts = np.unique(pixels[:, axis], return_counts=True)
        pixels = pixels[pixels[:, axis] == values[np.argmax(counts)]]
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    middle = (low + high) / 2
    return Place(
        tuple(float(value) for value in middle), _outlines(pixels, low, high, plane)
    )


def _outlines(
    pixels: npt.NDArray[np.intp],
    low: npt.NDArray[np.intp],
    high: npt.NDArray[np.intp],
    plane: Sequence[int],
) -> tuple[Points, ...]:
    # scikit-image takes a while to load: not with the dock.
    from skimage.measure import find_contours

    axes = list(plane)
    shape = high[axes] - low[axes] + 3
    mask = np.zeros(shape, np.uint8)
    mask[tuple((pixels[:, axes] - low[axes] + 1).T)] = 1
    outlines = []
    for line in find_contours(mask, 0.5):  # type: ignore[no-untyped-call]
        points = np.tile(low.astype(np.float64), (len(line), 1))
        points[:, axes] = line + low[axes] - 1
        outlines.append(points)
    return tuple(outlines)
