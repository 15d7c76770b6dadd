"""Whole stacks of labels linked through depth and time, with what is known of ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.linking import LinkOptions, Links, join_slices
from napari_segsuite.data.object_boxes import Extent, id_extents
from napari_segsuite.data.segments import Segment
from napari_segsuite.errors import InputError


def link_stack(
    labels: NDArray[np.int32],
    axes: str,
    known: Mapping[int, Segment],
    options: LinkOptions = LinkOptions(),
    *,
    class_id: int = 1,
    on_slice: Callable[[], None] = lambda: None,
) -> tuple[Segment, ...]:
    """Join objects of neighbouring slices, in place.

    With Z, slices are joined into 3D objects; with T, objects are followed through
    time; with both, slices first and then the 3D objects.

    Parameters
    ----------
    labels : array of int32
        Ids; 0 is nothing, and an id means an object of its slice alone. Its pixels are
        overwritten; a memory map will do.
    axes : str
        One letter of TZYX per axis.
    known : mapping of int to Segment
        What is known of ids.
    options : LinkOptions, optional
        Which objects are one.
    class_id : int, optional
        The class of ids of which nothing is known.
    on_slice : callable, optional
        Called after each slice; what it raises ends the linking, in which case part of
        the labels may be changed.

    Returns
    -------
    tuple of Segment
        The joined objects, ascending by id: their class is that of most of their
        pixels, their score the mean over their pixels.

    Raises
    ------
    InputError
        If there is no axis to link along, or there are negative ids.
    """
    if not set(axes) & set("TZ"):
        msg = (
            f"Linking needs a stack of slices, but the labels' axes are {axes}. Choose "
            "labels with a Z or T axis."
        )
        raise InputError(msg)
    series = _series(labels, axes)
    segments = known
    if "Z" in axes:
        stacks = [[[plane] for plane in volume] for volume in series]
        segments = _joined(stacks, segments, options, class_id, on_slice)
    if "T" in axes:
        volumes = [list(volume) for volume in series]
        segments = _joined([volumes], segments, options, class_id, on_slice)
    boxes = _boxes(series, axes)
    return tuple(
        segments[i].model_copy(update={"box": boxes[i]}) for i in sorted(segments)
    )


def _series(labels: NDArray[np.int32], axes: str) -> NDArray[np.int32]:
    """Return a view with the axes T, Z and two of planes; new ones have one entry."""
    missing = [a for a in "TZ" if a not in axes]
    order = "".join(missing) + axes
    view = labels[(np.newaxis,) * len(missing)]
    return np.moveaxis(view, (order.index("T"), order.index("Z")), (0, 1))


def _boxes(series: NDArray[np.int32], axes: str) -> dict[int, Extent]:
    """Return the box of each id along `axes`."""
    boxes: dict[int, Extent] = {}
    for place in np.ndindex(series.shape[:2]):
        for id_, inner in id_extents(series[place]).items():
            here = (*((int(i), int(i) + 1) for i in place), *inner)
            boxes[id_] = tuple(
                (min(a[0], b[0]), max(a[1], b[1]))
                for a, b in zip(boxes.get(id_, here), here, strict=True)
            )
    order = "TZ" + "".join(letter for letter in axes if letter in "YX")
    return {
        id_: tuple(box[order.index(letter)] for letter in axes)
        for id_, box in boxes.items()
    }


def _joined(
    stacks: Sequence[Sequence[Sequence[NDArray[Any]]]],
    known: Mapping[int, Segment],
    options: LinkOptions,
    class_id: int,
    on_slice: Callable[[], None],
) -> dict[int, Segment]:
    """Join the slices of each stack, in place; ids go on from stack to stack."""
    members = _Members(known, class_id)
    first = 1
    for stack in stacks:
        found = []
        for links in join_slices(stack, options, first=first):
            found.append(links)
            members.add(links)
            on_slice()
        # Not before all are joined: slices are compared with those before.
        for planes, links in zip(stack, found, strict=True):
            for plane in planes:
                plane[...] = links.relabelled(plane)
            first = max(first, 1 + int(links.joined.max(initial=0)))
    return members.segments()


class _Members:
    """What joined objects were made of."""

    def __init__(self, known: Mapping[int, Segment], class_id: int) -> None:
        self._known = known
        self._class_id = class_id
        self._areas: dict[int, int] = defaultdict(int)
        self._votes: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._scored: dict[int, int] = defaultdict(int)
        self._scores: dict[int, float] = defaultdict(float)

    def add(self, links: Links) -> None:
        """Count the objects of one slice."""
        columns = (links.ids.tolist(), links.areas.tolist(), links.joined.tolist())
        for id_, area, joined in zip(*columns, strict=True):
            one = self._known.get(id_)
            self._areas[joined] += area
            self._votes[joined][one.class_id if one else self._class_id] += area
            if one is not None and one.score is not None:
                self._scored[joined] += area
                self._scores[joined] += area * one.score

    def segments(self) -> dict[int, Segment]:
        """Return the joined objects."""
        return {
            id_: Segment(
                id=id_,
                class_id=min(self._votes[id_].items(), key=lambda v: (-v[1], v[0]))[0],
                area=area,
                score=self._scores[id_] / self._scored[id_]
                if self._scored[id_]
                else None,
            )
            for id_, area in self._areas.items()
        }
