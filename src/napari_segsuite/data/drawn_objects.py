"""Drawn objects: whether they can be learned from, and where every one is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.frames import Frames, Window
from napari_segsuite.data.painted import PaintingSurvey
from napari_segsuite.errors import InputError

LARGEST_ID: Final = 2**31 - 1
"""The largest id of an object."""

_Box = tuple[tuple[int, int], ...]  # (start, stop) per axis of the labels

# A few ids in many pieces are classes: nobody draws one object in so many.
_FEW_IDS = 8
_MANY_PIECES = 4


def check_objects(found: PaintingSurvey) -> str:
    """Make sure that objects can be learned from labels.

    Parameters
    ----------
    found : PaintingSurvey
        What is in all training labels together.

    Returns
    -------
    str
        What people should know, though they can be learned from; mostly nothing.

    Raises
    ------
    InputError
        If there is no object, an id is negative or above 2,147,483,647, or the only
        object covers everything.
    """
    ids = found.counts
    if not ids:
        msg = (
            "No object is drawn: all labels are 0. Draw some objects, each with an id "
            "of its own, and all that touch them."
        )
        raise InputError(msg)
    wrong = [i for i in ids if not 0 < i <= LARGEST_ID]
    if wrong:
        msg = (
            f"Objects need ids from 1 to {LARGEST_ID:,}, but the labels hold "
            f"{wrong[0]}. Relabel them first."
        )
        raise InputError(msg)
    if found.painted < found.pixels:
        if len(ids) == 1 and sum(found.frames_painted) == 1:
            return (
                "There is one object to learn from, and nothing is known of what may "
                "vary. Draw more objects if the result is poor."
            )
        return ""
    if len(ids) == 1:
        msg = (
            "The only object covers everything, so there is nothing to tell it from. "
            "Draw each object with an id of its own, and leave the background 0."
        )
        raise InputError(msg)
    return (
        "Objects cover every pixel, so the model will not learn what background "
        "looks like."
    )


def pieces_of(labels: NDArray[Any]) -> tuple[int, int]:
    """Return how many ids are in labels, and in how many separate pieces.

    Of more than eight ids, which are never taken for classes, pieces are not counted:
    they are as many as ids.
    """
    ids = np.unique(labels)
    ids = ids[ids != 0]
    if len(ids) > _FEW_IDS:
        return len(ids), len(ids)
    whole = np.ones((3,) * labels.ndim)
    return len(ids), sum(int(ndimage.label(labels == i, whole)[1]) for i in ids)


def classes_suspected(ids: int, pieces: int) -> str:
    """Return a warning if labels look as if ids were classes; mostly nothing."""
    if not 0 < ids <= _FEW_IDS or pieces < _MANY_PIECES * ids:
        return ""
    return (
        f"These labels have {ids} {'id' if ids == 1 else 'ids'} in {pieces} separate "
        "pieces, as if ids were classes. To learn objects, give every object an id of "
        "its own; otherwise let the model learn classes."
    )


def slices_drawn(labels: Frames, found: PaintingSurvey) -> tuple[_Box, ...]:
    """Return the boxes of all slices that hold an object.

    Parameters
    ----------
    labels : Frames
        The labels, seen by two spatial dimensions.
    found : PaintingSurvey
        Its survey.
    """
    boxes = []
    for index, box in enumerate(found.boxes):
        if box is None:
            continue
        places = dict(zip(labels.leading_axes, labels.leading(index), strict=True))
        inner = iter(labels.spatial_shape)
        boxes.append(
            tuple(
                (places[a], places[a] + 1) if a in places else (0, next(inner))
                for a in labels.axes
            )
        )
    return tuple(boxes)


def checked_boxes(labels: Frames, boxes: Sequence[_Box], name: str) -> tuple[_Box, ...]:
    """Return boxes cut down to what lies inside of labels.

    Raises
    ------
    InputError
        If a box does not have one pair per axis, or lies outside.
    """
    sizes = _shape(labels)
    inside = []
    for box in boxes:
        cut = tuple(
            (max(0, start), min(stop, size))
            for (start, stop), size in zip(box, sizes, strict=False)
        )
        if len(box) != len(sizes) or any(start >= stop for start, stop in cut):
            msg = (
                f"The annotated box {box} does not lie inside {name}, whose shape is "
                f"{sizes} ({labels.axes}). Give (start, stop) for each axis."
            )
            raise InputError(msg)
        inside.append(cut)
    return tuple(inside)


def windows_in(labels: Frames, index: int, boxes: Sequence[_Box]) -> list[Window]:
    """Return the parts of boxes that lie in frame `index`, along its spatial axes."""
    places = dict(zip(labels.leading_axes, labels.leading(index), strict=True))
    windows = []
    for box in boxes:
        spans = dict(zip(labels.axes, box, strict=True))
        if all(spans[a][0] <= place < spans[a][1] for a, place in places.items()):
            windows.append(tuple(slice(*spans[a]) for a in spans if a not in places))
    return windows


def typical_width(surveys: Sequence[PaintingSurvey], ndim: int) -> float:
    """Return about how wide objects are in pixels, by their mean area or volume.

    Parameters
    ----------
    surveys : sequence of PaintingSurvey
        One per image, seen by two spatial dimensions; at least one object is drawn.
    ndim : int
        2 or 3: whether objects are flat, or reach through slices.
    """
    # Seen flat, an id that is drawn on several slices is an object on each.
    objects = sum(
        max(len(one.counts), sum(one.frames_painted) if ndim == 2 else 0)
        for one in surveys
    )
    return float((sum(one.painted for one in surveys) / objects) ** (1 / ndim))


def _shape(frames: Frames) -> tuple[int, ...]:
    leading = dict(zip(frames.leading_axes, frames.leading_shape, strict=True))
    inner = iter(frames.spatial_shape)
    return tuple(leading[a] if a in leading else next(inner) for a in frames.axes)
