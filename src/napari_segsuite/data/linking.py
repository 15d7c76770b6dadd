"""Objects of neighbouring slices joined by overlap: 3D objects, or tracks in time.

Each slice is matched with the one before it, one object to one at most, so that the
sum of the matched pairs' IoU is largest: the assignment problem (Kuhn 1955), solved
apart for each group of objects that overlap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from napari_segsuite._model import Model
from napari_segsuite.data.segments import areas_of
from napari_segsuite.errors import InputError

Slice = Sequence[NDArray[Any]]
"""Labels of one slice: a plane, or the planes of a volume where time is linked."""

_Ints = NDArray[np.int64]


class LinkOptions(Model):
    """Which objects of neighbouring slices are one."""

    min_overlap: float = Field(default=0.5, gt=0.0, le=1.0)
    """The least part of an object, where it is smaller, that lies over or under it in
    the next slice."""
    bridge: int = Field(default=1, ge=0, le=5)
    """The most slices in a row in which an object may be missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """The objects of one slice, and which joined object each belongs to."""

    ids: _Ints
    """The objects, ascending."""
    areas: _Ints
    """Their pixels."""
    joined: _Ints
    """The ids of the joined objects, each of them once."""

    def relabelled(self, plane: NDArray[Any]) -> NDArray[np.int32]:
        """Return labels of the slice with the ids of the joined objects."""
        linked = np.zeros(plane.shape, np.int32)
        inside = plane > 0
        linked[inside] = self.joined[np.searchsorted(self.ids, plane[inside])]
        return linked


def join_slices(
    slices: Iterable[Slice], options: LinkOptions = LinkOptions(), *, first: int = 1
) -> Iterator[Links]:
    """Yield for one slice after the other which joined objects it holds.

    Memory grows with the slices that an object may miss, not with the stack.

    Parameters
    ----------
    slices : iterable of sequence of integer arrays
        The slices, all of one shape; an id means an object of its slice alone.
    options : LinkOptions, optional
        Which objects are one.
    first : int, optional
        The id of the first joined object; others follow in the order in which they
        appear.

    Raises
    ------
    InputError
        If there are negative ids, or ids above 2,147,483,647.
    """
    before: deque[tuple[Slice, Links]] = deque(maxlen=options.bridge + 1)
    for planes in slices:
        ids, areas = _objects(planes)
        joined = np.zeros(len(ids), np.int64)
        recent = np.zeros(0, np.int64)
        for earlier, links in before:
            # What a later slice has is not missing.
            open_ = ~np.isin(links.joined, np.concatenate((recent, joined)))
            free = np.flatnonzero(joined == 0)
            here, there = _matched(
                _overlaps(earlier, planes, links.ids[open_], ids[free]),
                links.areas[open_],
                areas[free],
                options.min_overlap,
            )
            joined[free[there]] = links.joined[open_][here]
            recent = np.concatenate((recent, links.joined))
        new = np.flatnonzero(joined == 0)
        joined[new] = np.arange(first, first + len(new))
        first += len(new)
        found = Links(ids, areas, joined)
        before.appendleft((planes, found))
        yield found


def link(
    labels: NDArray[Any],
    options: LinkOptions = LinkOptions(),
    *,
    on_slice: Callable[[], None] = lambda: None,
) -> NDArray[np.int32]:
    """Return labels in which the objects of neighbouring slices are joined.

    Parameters
    ----------
    labels : integer array, (N, Y, X) or (N, Z, Y, X)
        Slices, or volumes of a time-lapse; 0 is nothing, and an id means an object of
        its slice alone.
    options : LinkOptions, optional
        Which objects are one.
    on_slice : callable, optional
        Called after each slice.

    Returns
    -------
    array of int32, the shape of `labels`
        Ids of the joined objects, from 1 in the order in which they appear.

    Raises
    ------
    InputError
        If there are no slices to join, or ids are negative or above 2,147,483,647.
    """
    if labels.ndim not in (3, 4):
        msg = (
            f"Linking needs a stack of slices, but the labels have the shape "
            f"{labels.shape}. Choose labels with a Z or T axis."
        )
        raise InputError(msg)
    linked = np.zeros(labels.shape, np.int32)
    slices = (_planes(one) for one in labels)
    for index, links in enumerate(join_slices(slices, options)):
        linked[index] = links.relabelled(labels[index])
        on_slice()
    return linked


def _planes(one: NDArray[Any]) -> Slice:
    return [one] if one.ndim == 2 else list(one)


def _objects(planes: Slice) -> tuple[_Ints, _Ints]:
    """Return the ids of a slice, ascending, and their pixels."""
    total: dict[int, int] = {}
    for plane in planes:
        for id_, area in areas_of(plane).items():
            total[id_] = total.get(id_, 0) + area
    ids = np.array(sorted(total), np.int64)
    return ids, np.array([total[i] for i in ids.tolist()], np.int64)


def _overlaps(
    before: Slice, after: Slice, before_ids: _Ints, after_ids: _Ints
) -> coo_array:
    """Return how many pixels each two objects share, a row per one before."""
    shape = (len(before_ids), len(after_ids))
    rows, columns = [], []
    for one, other in zip(before, after, strict=True):
        both = (one > 0) & (other > 0)
        row, is_row = _places(before_ids, one[both])
        column, is_column = _places(after_ids, other[both])
        rows.append(row[is_row & is_column])
        columns.append(column[is_row & is_column])
    keys = np.concatenate(rows) * shape[1] + np.concatenate(columns)
    keys, counts = np.unique(keys, return_counts=True)
    return coo_array((counts, np.divmod(keys, max(shape[1], 1))), shape=shape)


def _places(ids: _Ints, values: NDArray[Any]) -> tuple[_Ints, NDArray[np.bool_]]:
    """Return where values stand among ascending ids, and whether they do."""
    places = np.searchsorted(ids, values)
    there = places < len(ids)
    there[there] = ids[places[there]] == values[there]
    return places, there


def _matched(
    overlaps: coo_array, before: _Ints, after: _Ints, min_overlap: float
) -> tuple[_Ints, _Ints]:
    """Return the rows and columns of the pairs whose sum of IoU is largest."""
    rows, columns = (one.astype(np.int64) for one in overlaps.coords)
    shared = overlaps.data
    ious = shared / (before[rows] + after[columns] - shared)
    # Not by IoU: the tip of a ball is far smaller than the next slice of it.
    near = shared >= min_overlap * np.minimum(before[rows], after[columns])
    rows, columns, ious = rows[near], columns[near], ious[near]
    graph = coo_array(
        (np.ones(len(rows)), (rows, len(before) + columns)),
        shape=(len(before) + len(after),) * 2,
    )
    _, groups = connected_components(graph, directed=False)
    pairs = [
        _assigned(rows[part], columns[part], ious[part])
        for part in _parts(groups[rows])
    ]
    here, there = np.concatenate([np.zeros((2, 0), np.int64), *pairs], axis=1)
    return here, there


def _parts(groups: NDArray[Any]) -> list[_Ints]:
    """Return where each number occurs."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order])) + 1
    return np.split(order, starts) if len(order) else []


def _assigned(rows: _Ints, columns: _Ints, ious: NDArray[np.float64]) -> _Ints:
    """Return the best pairs of a group, shape (2, pairs)."""
    if len(rows) == 1:
        return np.stack((rows, columns))
    row_ids, row = np.unique(rows, return_inverse=True)
    column_ids, column = np.unique(columns, return_inverse=True)
    gains = np.zeros((len(row_ids), len(column_ids)))
    gains[row, column] = ious
    taken = np.stack(linear_sum_assignment(gains, maximize=True))
    real = taken[:, gains[tuple(taken)] > 0]
    return np.stack((row_ids[real[0]], column_ids[real[1]]))
