"""Whole objects: merged, deleted, numbered anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.object_boxes import id_counts
from napari_segsuite.data.prompts.placing import check_id
from napari_segsuite.data.proofreading.change import Change
from napari_segsuite.errors import InputError


def ids_along(plane: NDArray[Any], pixels: NDArray[np.intp]) -> tuple[int, ...]:
    """Return the objects under pixels of a plane in the order in which they come."""
    found = plane[pixels[:, 0], pixels[:, 1]].tolist()
    return tuple(i for i in dict.fromkeys(found) if i != 0)


def merge(labels: NDArray[Any], ids: Sequence[int]) -> Change:
    """Give all of these objects the id of the first.

    Raises
    ------
    InputError
        If there are fewer than two.
    """
    if len(ids) < 2:
        msg = (
            "Merging needs two objects, but the stroke met "
            f"{'one' if ids else 'none'}. Draw it from one object into the next."
        )
        raise InputError(msg)
    return _set(labels, ids[1:], ids[0])


def delete(labels: NDArray[Any], ids: Collection[int]) -> Change:
    """Set the pixels of these objects to 0.

    Raises
    ------
    InputError
        If there are none.
    """
    if not ids:
        msg = "There is no object at this place. Click on one."
        raise InputError(msg)
    return _set(labels, ids, 0)


def remove_small(labels: NDArray[Any], least: int) -> Change:
    """Delete objects with fewer pixels than `least`, all parts of an id together."""
    counts = id_counts(labels)
    return _set(labels, [i for i, n in counts.items() if i != 0 and n < least], 0)


def keep_in_region(labels: NDArray[Any], region: NDArray[np.bool_]) -> Change:
    """Delete objects of which less than half lies in a region.

    Parameters
    ----------
    labels : integer array
        Ids of objects; 0 is none.
    region : array of bool
        The region, of the same shape or one that can be broadcast to it.
    """
    within = id_counts(labels[np.broadcast_to(region, labels.shape)])
    counts = id_counts(labels)
    gone = [i for i, n in counts.items() if i != 0 and 2 * within.get(i, 0) < n]
    return _set(labels, gone, 0)


def relabel(labels: NDArray[Any]) -> Change:
    """Give objects the numbers 1, 2, 3 and so on, in the order of their ids.

    Raises
    ------
    InputError
        If the labels' dtype does not hold so large a number.
    """
    ids = np.array(list(id_counts(labels)), labels.dtype)
    number = np.cumsum(ids != 0)
    number[ids == 0] = 0
    check_id(int(number.max(initial=1)), labels.dtype)
    new = number.astype(labels.dtype)
    places = np.nonzero(np.isin(labels, ids[new != ids]))
    before = labels[places]
    return Change(places, before, new[np.searchsorted(ids, before)])


def _set(labels: NDArray[Any], ids: Collection[int], value: int) -> Change:
    wanted = np.asarray(list(ids), labels.dtype)
    places = np.nonzero(np.isin(labels, wanted))
    before = labels[places]
    return Change(places, before, np.full(before.shape, value, labels.dtype))
