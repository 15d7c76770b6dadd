"""The objects of a label image, each in its box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


@dataclass(frozen=True, slots=True, eq=False)
class ObjectBox:
    """One object."""

    start: tuple[int, ...]
    """The first pixel of its box, per axis."""
    mask: NDArray[np.bool_]
    """Which pixels of the box are its."""


def object_boxes(labels: NDArray[Any]) -> dict[int, ObjectBox]:
    """Return the objects of a label image by their ids, ascending.

    Parameters
    ----------
    labels : integer array
        Ids from 0 on, where 0 is no object; any shape.
    """
    ids, places = np.unique(labels, return_inverse=True)
    # Boxes are found per number: consecutive ones, however large the ids are.
    offset = 0 if ids.size and ids[0] == 0 else 1
    numbers = places.reshape(labels.shape) + offset
    found = {}
    for number, box in enumerate(ndimage.find_objects(numbers), start=1):
        if box is not None:
            start = tuple(int(side.start) for side in box)
            found[int(ids[number - offset])] = ObjectBox(start, numbers[box] == number)
    return found
