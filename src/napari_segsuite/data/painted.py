"""Painted labels: what is in them, whether they can be learned from, the target.

Id 0 means unpainted and is ignored by the loss; every other id is a class. Ids are
never renumbered behind the user's back: they are mapped to the network's channels
by an explicit table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.classes import ClassInfo, ClassTable, table_of
from napari_segsuite.data.frames import Frames, Window
from napari_segsuite.errors import InputError

IGNORED = -1
"""The target's value where nothing is painted."""

_LARGEST_ID = 2**31 - 1
_MOST_CLASSES = 255


@dataclass(frozen=True, slots=True)
class PaintingSurvey:
    """What is painted, and where."""

    counts: dict[int, int]
    """Pixels of each painted id, by ascending id; without 0."""
    pixels: int
    """All pixels, painted or not."""
    boxes: tuple[Window | None, ...]
    """For each frame, the smallest window around its painted pixels; None if there
    are none."""

    @property
    def painted(self) -> int:
        """Number of painted pixels."""
        return sum(self.counts.values())

    @property
    def share(self) -> float:
        """Part of the pixels that is painted, 0 to 1."""
        return self.painted / self.pixels

    @property
    def frames_painted(self) -> tuple[bool, ...]:
        """For each frame, whether anything is painted in it."""
        return tuple(box is not None for box in self.boxes)


@dataclass(frozen=True, slots=True)
class PaintedClasses:
    """The classes to learn, and which of them stands for unpainted pixels."""

    table: ClassTable
    """The classes by ascending id: the order of the network's channels."""
    background_id: int | None
    """The class that unpainted pixels belong to; None: they are ignored."""

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the table."""
        return tuple(info.id for info in self.table)


def survey(frames: Frames) -> PaintingSurvey:
    """Count the painted ids of a labels array, block by block.

    Parameters
    ----------
    frames : Frames
        Labels without channels, of any integer dtype or bool (ids 0 and 1).

    Returns
    -------
    PaintingSurvey
        Counts and boxes; memory stays bounded however large the array is.

    Raises
    ------
    InputError
        If the labels are not whole numbers or cannot be read.
    """
    if frames.dtype.kind not in "biu":
        msg = (
            f"Labels must be whole numbers, but these are {frames.dtype}. Save them "
            "as integers (for example uint16) first."
        )
        raise InputError(msg)
    counts: Counter[int] = Counter()
    boxes: list[Window | None] = []
    for index in range(frames.count):
        box: Window | None = None
        for window in frames.blocks(index):
            block = frames.read_labels(index, window)
            if block.any():
                counts.update(_count(block))
                box = _union(box, _box(block, window))
        boxes.append(box)
    del counts[0]
    pixels = frames.count * int(np.prod(frames.spatial_shape, dtype=np.int64))
    return PaintingSurvey(dict(sorted(counts.items())), pixels, tuple(boxes))


def merge(surveys: Sequence[PaintingSurvey]) -> PaintingSurvey:
    """Return the survey of several paintings together, their frames in a row."""
    counts: Counter[int] = Counter()
    for one in surveys:
        counts.update(one.counts)
    return PaintingSurvey(
        dict(sorted(counts.items())),
        sum(one.pixels for one in surveys),
        tuple(box for one in surveys for box in one.boxes),
    )


def check_painting(
    found: PaintingSurvey,
    *,
    known: Sequence[ClassInfo] = (),
    unpainted_is_background: bool = False,
) -> PaintedClasses:
    """Return the classes of a painting, or say why it cannot be learned from.

    Parameters
    ----------
    found : PaintingSurvey
        What is painted, in all training images together (see `merge`).
    known : sequence of ClassInfo, optional
        Names and colours; ids that are not painted are left out.
    unpainted_is_background : bool, optional
        Whether unpainted pixels are a class too; it gets the lowest free id.

    Raises
    ------
    InputError
        If nothing is painted, ids do not fit, there are too many, or there is one
        class only.
    """
    _check_ids(found.counts)
    ids = set(found.counts)
    background = None
    if unpainted_is_background:
        if found.painted == found.pixels:
            msg = (
                "Every pixel is painted, so nothing is left to be background. Switch "
                "“unpainted is background” off."
            )
            raise InputError(msg)
        background = free_id(ids)
        by_id = {info.id: info for info in known}
        # The default name of id 1 is "background": here it is an object.
        painted = [by_id.get(i, _named(i, f"class {i}")) for i in sorted(ids)]
        table = table_of(
            ids | {background}, (*painted, _named(background, "background"))
        )
        return PaintedClasses(table, background)
    if len(ids) == 1:
        msg = (
            f"Only one class is painted (id {min(ids)}); telling classes apart needs "
            "two. Paint some background with another id, or switch “unpainted is "
            "background” on."
        )
        raise InputError(msg)
    return PaintedClasses(table_of(ids, known), background)


def free_id(ids: Sequence[int] | set[int]) -> int:
    """Return the lowest class id, from 1, that is not among `ids`."""
    taken = set(ids)
    return next(i for i in range(1, len(taken) + 2) if i not in taken)


def to_target(
    labels: NDArray[Any], ids: Sequence[int], background_id: int | None = None
) -> NDArray[np.int64]:
    """Map painted ids to the network's channels.

    Parameters
    ----------
    labels : ndarray
        Painted ids, of any integer dtype or bool; 0 is unpainted.
    ids : sequence of int
        The ids of the class table, in the order of the channels.
    background_id : int, optional
        The class of unpainted pixels; None ignores them.

    Returns
    -------
    ndarray of int64, shape of `labels`
        Index into `ids`, or `IGNORED` (-1).

    Raises
    ------
    InputError
        If an id is painted that is not in the table.
    """
    table = {int(value): index for index, value in enumerate(ids)}
    table[0] = IGNORED if background_id is None else table[background_id]
    # The ids that are there are few: mapping them one by one keeps any dtype exact.
    present, inverse = _distinct(labels)
    unknown = [int(value) for value in present if int(value) not in table]
    if unknown:
        msg = (
            f"The labels hold ids that the class table does not know: {_some(unknown)}"
            f"; it knows {_some(sorted(set(table) - {0}))}. Repaint them, or train a "
            "model that has these classes."
        )
        raise InputError(msg)
    indices = np.array([table[int(value)] for value in present], dtype=np.int64)
    target: NDArray[np.int64] = indices[inverse]
    return target


def _check_ids(counts: dict[int, int]) -> None:
    if not counts:
        msg = (
            "Nothing is painted: all labels are 0. Paint a few strokes of at least "
            "two classes, for example 1 for background and 2 for objects."
        )
        raise InputError(msg)
    negative = [i for i in counts if i < 0]
    if negative:
        msg = (
            f"The labels hold negative ids ({_some(negative)}), which no class can "
            "have. Give them ids from 1 on."
        )
        raise InputError(msg)
    too_large = [i for i in counts if i > _LARGEST_ID]
    if too_large:
        msg = (
            f"The labels hold ids above {_LARGEST_ID} ({_some(too_large)}), which "
            "cannot be shown or saved safely. Give them smaller ids."
        )
        raise InputError(msg)
    if len(counts) > _MOST_CLASSES:
        msg = (
            f"The labels hold {len(counts)} different ids, but a model tells at most "
            f"{_MOST_CLASSES} classes apart. If every object has its own id here, "
            "give all objects of a kind one id."
        )
        raise InputError(msg)


def _distinct(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the sorted distinct ids, and the place of every pixel's id in them."""
    if labels.dtype == np.bool_:
        labels = labels.view(np.uint8)
    if labels.size and labels.min() >= 0 and labels.max() < 1 << 16:
        # Twenty times faster than sorting; ids are small nearly always.
        small = labels.astype(np.uint16, copy=False)
        occurs = np.zeros(int(small.max()) + 1, dtype=np.bool_)
        occurs[small] = True
        return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[small]
    present, inverse = np.unique(labels, return_inverse=True)
    return present, inverse.reshape(labels.shape)


def _count(block: NDArray[Any]) -> dict[int, int]:
    if block.dtype == np.bool_:
        return {1: int(np.count_nonzero(block))}
    if block.min() >= 0 and block.max() < 1 << 16:
        sizes = np.bincount(block.ravel().astype(np.uint16))
        return {int(i): int(sizes[i]) for i in np.flatnonzero(sizes)}
    values, sizes = np.unique(block, return_counts=True)
    return {int(v): int(n) for v, n in zip(values, sizes, strict=True)}


def _box(block: NDArray[Any], window: Window) -> Window:
    painted = block != 0
    box = []
    for axis, part in enumerate(window):
        others = tuple(i for i in range(block.ndim) if i != axis)
        where = np.flatnonzero(painted.any(axis=others))
        box.append(slice(part.start + int(where[0]), part.start + int(where[-1]) + 1))
    return tuple(box)


def _union(one: Window | None, other: Window) -> Window:
    if one is None:
        return other
    return tuple(
        slice(min(a.start, b.start), max(a.stop, b.stop))
        for a, b in zip(one, other, strict=True)
    )


def _named(label: int, name: str) -> ClassInfo:
    (default,) = table_of((label,))
    return default.replace(name=name, thing=name != "background")


def _some(values: Sequence[int]) -> str:
    shown = ", ".join(str(value) for value in values[:5])
    return f"{shown} and {len(values) - 5} more" if len(values) > 5 else shown
