"""Classes and objects of one image merged into segments without overlap.

The rules are those of Kirillov et al. (2019), Panoptic Segmentation, CVPR, section 4.2,
with the numbers of COCO's script that combines semantic and instance predictions:
objects come first, the best score before the others; areas of stuff fill what is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.object_boxes import ObjectBox, id_extents, object_boxes
from napari_segsuite.data.segments import LARGEST_ID, Segment, areas_of, segments_of
from napari_segsuite.errors import InputError

SEGMENTS_PER_CLASS: Final = 1000
"""Where ids allow it, object n of class c gets the id 1000 c + n, as in Cityscapes."""


class MergeOptions(Model):
    """How classes and objects are merged; the defaults are COCO's."""

    least_score: float = Field(default=0.5, ge=0, le=1)
    """Objects with a lower score are left out; objects without score stay."""
    overlap: float = Field(default=0.5, ge=0, le=1)
    """The largest part of an object that better ones may cover; else it is left out."""
    stuff_area: int = Field(default=4096, ge=0, le=LARGEST_ID)
    """Areas of stuff with fewer pixels become void."""


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """An object that may overlap others."""

    about: Segment
    """Its id, class and score."""
    box: ObjectBox
    """Its pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Panoptic:
    """Segments that do not overlap."""

    labels: NDArray[np.int32]
    """The segment of each pixel, of the images' shape; 0 is void."""
    segments: tuple[Segment, ...]
    """The segments, ascending by id."""
    dropped: tuple[int, ...]
    """Ids of objects that were left out: low score, too much covered, or no pixel."""

    @property
    def void(self) -> int:
        """Pixels without segment."""
        return int(self.labels.size - sum(one.area for one in self.segments))


def things_of(
    instances: NDArray[Any], known: Mapping[int, Segment], class_id: int
) -> tuple[Thing, ...]:
    """Return the objects of a label image.

    Parameters
    ----------
    instances : integer array
        Ids of objects; 0 is none.
    known : mapping of int to Segment
        Class and score of objects, as far as they are known.
    class_id : int
        The class of all others.

    Raises
    ------
    InputError
        If there are ids below 0 or above 2,147,483,647.
    """
    about = segments_of(instances, known, class_id)
    boxes = object_boxes(instances)
    return tuple(Thing(one, boxes[one.id]) for one in about)


def merge(
    semantic: NDArray[Any],
    things: Sequence[Thing],
    classes: Sequence[ClassInfo],
    options: MergeOptions = MergeOptions(),
) -> Panoptic:
    """Merge a class per pixel and objects into segments.

    Parameters
    ----------
    semantic : integer array
        The class of each pixel, 2D or 3D; 0 is none.
    things : sequence of Thing
        Objects, whose boxes lie within `semantic`. Of those with equal scores the
        earlier one comes first; objects without score come before all others.
    classes : sequence of ClassInfo
        All classes; `ClassInfo.thing` says which have objects. Pixels of `semantic`
        whose class is a thing are void where no object is.
    options : MergeOptions, optional
        The limits.

    Returns
    -------
    Panoptic
        Object n of class c, counted from 1 in the order of scores, has the id
        1000 c + n, and a class of stuff its own id. Where a class has more than 999
        objects, or an id above 999, all segments are numbered from 1 instead.

    Raises
    ------
    InputError
        If a pixel or an object has a class that is not in the table, or an object one
        that is stuff.
    """
    by_id = {info.id: info for info in classes}
    _check_classes(semantic, things, by_id)
    labels = np.zeros(semantic.shape, np.int32)
    ranked = sorted(things, key=lambda one: -_score(one))
    kept: list[Segment] = []
    dropped: list[int] = []
    for thing in ranked:
        mask = thing.box.mask
        sides = zip(thing.box.start, mask.shape, strict=True)
        under = labels[tuple(slice(start, start + size) for start, size in sides)]
        free = mask & (under == 0)
        area, left = np.count_nonzero(mask), np.count_nonzero(free)
        covered = area - left > options.overlap * area
        if _score(thing) < options.least_score or covered or not left:
            dropped.append(thing.about.id)
            continue
        # Numbers for now: the ids follow when it is known what is there.
        kept.append(thing.about.replace(area=int(left), box=None))
        under[free] = len(kept)
    rest = labels == 0
    for info in sorted(classes, key=lambda one: one.id):
        if info.thing:
            continue
        mask = rest & (semantic == info.id)
        area = np.count_nonzero(mask)
        if area and area >= options.stuff_area:
            kept.append(Segment(id=info.id, class_id=info.id, area=int(area)))
            labels[mask] = len(kept)
    ids = _ids(kept, by_id)
    boxes = id_extents(labels)
    named = [
        one.replace(id=i, box=boxes[number])
        for number, (one, i) in enumerate(zip(kept, ids, strict=True), start=1)
    ]
    return Panoptic(
        labels=np.array([0, *ids], np.int32)[labels],
        segments=tuple(sorted(named, key=lambda one: one.id)),
        dropped=tuple(sorted(dropped)),
    )


def _score(thing: Thing) -> float:
    return np.inf if thing.about.score is None else thing.about.score


def _ids(segments: Sequence[Segment], classes: Mapping[int, ClassInfo]) -> list[int]:
    ids = []
    often: Counter[int] = Counter()
    for one in segments:
        often[one.class_id] += 1
        offset = SEGMENTS_PER_CLASS * one.class_id + often[one.class_id]
        ids.append(offset if classes[one.class_id].thing else one.class_id)
    full = max(often.values(), default=0) >= SEGMENTS_PER_CLASS
    if full or max(often, default=0) >= SEGMENTS_PER_CLASS:
        return list(range(1, len(segments) + 1))
    return ids


def _check_classes(
    semantic: NDArray[Any], things: Iterable[Thing], classes: Mapping[int, ClassInfo]
) -> None:
    unknown = [i for i in areas_of(semantic) if i not in classes]
    unknown += [t.about.class_id for t in things if t.about.class_id not in classes]
    if unknown:
        msg = (
            f"The class table knows {sorted(classes)}, but there is class "
            f"{unknown[0]}. Add it, and say whether it is a thing or stuff."
        )
        raise InputError(msg)
    for thing in things:
        info = classes[thing.about.class_id]
        if not info.thing:
            msg = (
                f"Object {thing.about.id} is of class {info.name!r}, which is stuff "
                "and has no objects. Make it a thing, or give the object another class."
            )
            raise InputError(msg)
