"""What a network is to say of drawn objects: foreground, and distance to the rim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.painted import IGNORED

UNKNOWN: Final = -1.0
"""The distance where it is not known."""

# Farther than any rim.
_NO_RIM = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class ObjectTarget:
    """What a network is to say of each pixel."""

    foreground: NDArray[np.int8]
    """1 in objects, 0 around them, -1 (ignored) where nothing is annotated."""
    distance: NDArray[np.float16]
    """Distance to the object's rim as a part of its largest, above 0 to 1; 0 around
    objects; -1 where it is not known."""


def target_of(
    labels: NDArray[Any],
    annotated: NDArray[np.bool_],
    beyond: tuple[tuple[bool, bool], ...],
    spacing: Spacing | None = None,
) -> ObjectTarget:
    """Return the target of drawn objects.

    Distances to the rim are Euclidean, from pixel centre to the nearest centre that is
    not in the object, divided by the largest in the object: 1 in the middle of any
    object, however small, and little where two objects touch. An image's border is no
    rim: the object goes on behind it.

    What lies outside of what is annotated may belong to an object or not. Distances
    are known only where both would give the same; what is hidden of an object is taken
    to be no thicker than what is seen.

    Parameters
    ----------
    labels : integer array, shape (*spatial), 2D or 3D
        Ids of objects, from 0 (none) to 2**31 - 1.
    annotated : bool array, same shape
        Where every object is drawn.
    beyond : tuple of (bool, bool)
        Per axis, whether the image goes on before the first and after the last pixel
        of the array.
    spacing : tuple of float, optional
        Size of a pixel along each axis, in any unit; None: all are alike.
    """
    known = np.where(annotated, labels, 0)
    foreground = np.where(annotated, known > 0, IGNORED).astype(np.int8)
    distance = np.where(annotated, 0.0, UNKNOWN).astype(np.float16)
    numbers, count = _numbered(known)
    # One pixel around everything says whether the image goes on there.
    unknown = np.pad(~annotated, 1, constant_values=False)
    for axis, ends in enumerate(beyond):
        for place, goes_on in zip((0, -1), ends, strict=True):
            np.moveaxis(unknown, axis, 0)[place] |= goes_on
    boxes = ndimage.find_objects(numbers, max_label=count)
    for number, box in enumerate(boxes, start=1):
        wide = tuple(slice(part.start, part.stop + 2) for part in box)
        own = numbers[box] == number
        found = _distances(own, unknown[wide], _limits(box, known.shape), spacing)
        distance[box][own] = found[own]
    return ObjectTarget(foreground, distance)


def _distances(
    own: NDArray[np.bool_],
    unknown: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    spacing: Spacing | None,
) -> NDArray[np.float16]:
    """Return the relative distances in the box of an object.

    `unknown` and `outside` (behind the image's border) have one more pixel on each
    side.
    """
    inner = (slice(1, -1),) * own.ndim
    mask = np.pad(own, 1)
    # Behind the image's border lies no rim.
    least = _to_rim(mask | (outside & ~unknown), spacing)
    highest = least[mask].max()
    relative: NDArray[np.float16] = (least / highest).astype(np.float16)
    if unknown.any():
        most = _to_rim(mask | outside | unknown, spacing)
        # Without the largest distance, no part of it is known.
        is_known = (most == least) & (most[mask].max() == highest)
        relative[~is_known] = UNKNOWN
    found: NDArray[np.float16] = relative[inner]
    return found


def _to_rim(filled: NDArray[np.bool_], spacing: Spacing | None) -> NDArray[np.float64]:
    """Return distances to what is not filled, or a large number if all is."""
    if filled.all():
        return np.full(filled.shape, _NO_RIM)
    found: NDArray[np.float64] = ndimage.distance_transform_edt(
        filled, sampling=spacing
    )
    return found


def _limits(box: tuple[slice, ...], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels of a box with one more on each side lie outside `shape`."""
    outside = np.zeros([part.stop - part.start + 2 for part in box], dtype=np.bool_)
    for axis, (part, size) in enumerate(zip(box, shape, strict=True)):
        along = np.moveaxis(outside, axis, 0)
        along[0] |= part.start == 0
        along[-1] |= part.stop == size
    return outside


def _numbered(labels: NDArray[Any]) -> tuple[NDArray[np.int32], int]:
    """Return the labels with ids replaced by 1, 2, ... by ascending id."""
    ids, places = np.unique(labels, return_inverse=True)
    numbers = places.reshape(labels.shape).astype(np.int32)
    if ids[0] != 0:
        numbers += 1
    return numbers, len(ids) - int(ids[0] == 0)
