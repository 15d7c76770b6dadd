"""Objects that several views of an image saw, each of them once."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.detections import Detection, runs_of
from napari_segsuite.data.frames import Window

# Above it two masks are one object, as for the boxes within a view.
_ALIKE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """An object that a view has."""

    detection: Detection
    """The object, in pixels of the labels."""
    view: int
    """Which view has it."""
    cut: bool
    """Whether it may go on where the view ends."""


def merged(sightings: Sequence[Sighting], seen: Sequence[Window]) -> list[Detection]:
    """Return the objects of a plane, each of them once.

    Sightings of two views are one object if their masks, where both views see, have an
    IoU of at least a half. Of these the whole one stays, of whole ones that with the
    better score; those that are all cut are joined.

    Parameters
    ----------
    sightings : sequence of Sighting
        What the views of one plane have.
    seen : sequence of (slice, slice)
        What each view sees, in pixels of the labels; it may reach over their rim.
    """
    near = _near(sightings, seen)
    ranked = sorted(range(len(sightings)), key=lambda i: _rank(sightings[i]))
    group: dict[int, int] = {}
    for i in ranked:
        same = [
            j
            for j in near.get(i, ())
            if j in group and _are_alike(sightings[i], sightings[j], seen)
        ]
        if not same:
            group[i] = i
        elif sightings[i].cut and all(sightings[j].cut for j in same):
            joined = {group[j] for j in same}
            first = min(joined)
            group = {k: first if g in joined else g for k, g in group.items()}
            group[i] = first
    members = defaultdict(list)
    for i, number in group.items():
        members[number].append(sightings[i].detection)
    return [_joined(parts) for parts in members.values()]


def _rank(one: Sighting) -> tuple[bool, float, tuple[float, ...]]:
    """Whole ones come first, then better scores."""
    return one.cut, -one.detection.score, one.detection.box


def _near(
    sightings: Sequence[Sighting], seen: Sequence[Window]
) -> Mapping[int, list[int]]:
    """Return for each sighting those of other views whose pixels it may share."""
    by_view: dict[int, list[int]] = defaultdict(list)
    for i, one in enumerate(sightings):
        by_view[one.view].append(i)
    near: dict[int, list[int]] = defaultdict(list)
    for a, b in itertools.combinations(sorted(by_view), 2):
        if _shared(seen[a], seen[b]) is None:
            continue
        left, right = np.array(by_view[a]), np.array(by_view[b])
        meet = _meet([sightings[i] for i in left], [sightings[i] for i in right])
        for i, j in zip(*(part.tolist() for part in np.nonzero(meet)), strict=True):
            near[int(left[i])].append(int(right[j]))
            near[int(right[j])].append(int(left[i]))
    return near


def _meet(left: Sequence[Sighting], right: Sequence[Sighting]) -> NDArray[np.bool_]:
    """Return which are of one class, with parts that overlap: shape (left, right)."""
    first, other = (
        np.array(
            [(*d.start, *np.add(d.start, d.size), d.class_id) for d in one], np.int64
        )
        for one in ([s.detection for s in left], [s.detection for s in right])
    )
    a, b = first[:, np.newaxis], other[np.newaxis]
    inside: NDArray[np.bool_] = (a[..., 4] == b[..., 4]) & np.all(
        (a[..., :2] < b[..., 2:4]) & (b[..., :2] < a[..., 2:4]), axis=-1
    )
    return inside


def _are_alike(one: Sighting, other: Sighting, seen: Sequence[Window]) -> bool:
    shared = _shared(seen[one.view], seen[other.view])
    if shared is None:
        return False
    first = _within(one.detection, shared)
    second = _within(other.detection, shared)
    both = _common(first, second)
    union = np.count_nonzero(first[1]) + np.count_nonzero(second[1]) - both
    return bool(union and both >= _ALIKE * union)


def _shared(a: Window, b: Window) -> Window | None:
    """Return what two views both see, if anything."""
    parts = tuple(
        slice(max(m.start, n.start), min(m.stop, n.stop))
        for m, n in zip(a, b, strict=True)
    )
    return parts if all(p.start < p.stop for p in parts) else None


Part = tuple[tuple[int, int], NDArray[np.bool_]]
"""Where a mask begins, and the mask."""


def _within(one: Detection, window: Window) -> Part:
    """Return the mask as far as it lies in a window; maybe empty."""
    cut = tuple(
        slice(max(0, w.start - start), max(0, w.stop - start))
        for w, start in zip(window, one.start, strict=True)
    )
    y, x = (start + c.start for c, start in zip(cut, one.start, strict=True))
    return (y, x), one.mask[cut]


def _common(a: Part, b: Part) -> int:
    """Return how many pixels two masks share."""
    start = np.maximum(a[0], b[0])
    stop = np.minimum(np.add(a[0], a[1].shape), np.add(b[0], b[1].shape))
    if np.any(start >= stop):
        return 0
    first, second = (
        mask[tuple(slice(p, q) for p, q in zip(start - at, stop - at, strict=True))]
        for at, mask in (a, b)
    )
    return int(np.count_nonzero(first & second))


def _joined(parts: Sequence[Detection]) -> Detection:
    """Return several parts as one object, with the score of the best."""
    if len(parts) == 1:
        return parts[0]
    best = max(parts, key=lambda one: one.score)
    starts = np.array([one.start for one in parts])
    start = starts.min(axis=0)
    size = (starts + [one.size for one in parts]).max(axis=0) - start
    mask = np.zeros(size, np.bool_)
    for one in parts:
        y, x = np.subtract(one.start, start)
        mask[y : y + one.size[0], x : x + one.size[1]] |= one.mask
    boxes = np.array([one.box for one in parts])
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return Detection(
        frame=best.frame,
        box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        score=best.score,
        class_id=best.class_id,
        start=(int(start[0]), int(start[1])),
        size=(int(size[0]), int(size[1])),
        runs=runs_of(mask),
    )
