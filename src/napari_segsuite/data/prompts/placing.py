"""How a mask becomes labels, where others are already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError

Rule = Literal["keep", "overwrite", "background_only"]
"""What happens where the labels are not 0: `keep` leaves all of them; `overwrite` none;
`background_only` all but the background class that somebody painted."""

_NOTHING = MaskRuns(offset=(0, 0), shape=(0, 0))


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """What writing a mask changes."""

    indices: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
    """Rows and columns of the pixels that change, each once."""
    values: npt.NDArray[Any]
    """Their new labels, in the labels' dtype."""
    mask: MaskRuns
    """The pixels that the object has through its prompts afterwards: `before` when it
    is placed again."""


def place(
    labels: npt.NDArray[Any],
    mask: MaskRuns,
    id_: int,
    rule: Rule,
    *,
    before: MaskRuns = _NOTHING,
    background: int = 0,
) -> Placement:
    """Return what changes when an object is written to a plane.

    What was done by hand is kept unless the rule is `overwrite`: pixels of the object
    that were erased or painted over stay so, and its pixels that were painted stay
    when the object shrinks.

    Parameters
    ----------
    labels : array of integers, (Y, X)
        The plane; it is not changed.
    mask : MaskRuns
        The object; what lies outside the plane is cut off. Empty: it is removed.
    id_ : int
        Its id.
    rule : {"keep", "overwrite", "background_only"}
        What happens where the labels are not 0.
    before : MaskRuns, optional
        The pixels it had through its prompts; those it has no more become 0.
    background : int, optional
        The id of the painted background, for `background_only`; 0: there is none.

    Raises
    ------
    InputError
        If the labels cannot hold the id.
    """
    check_id(id_, labels.dtype)
    window = _window(mask, before, (labels.shape[0], labels.shape[1]))
    now = np.asarray(labels[window])
    wanted, had = _seen(mask, window), _seen(before, window)
    own = had & (now == id_)
    if rule == "overwrite":
        written = wanted & (now != id_)
    else:
        free = now == 0
        if rule == "background_only":
            free |= now == background
        # A pixel it had and has no more was taken from it by hand.
        written = wanted & free & ~had & (now != id_)
    removed = own & ~wanted
    rows, columns = np.nonzero(written | removed)
    values = np.where(written[rows, columns], id_, 0).astype(labels.dtype)
    top, left = window[0].start, window[1].start
    placed = MaskRuns.of(written | (own & wanted), (top, left))
    return Placement(
        (rows + top, columns + left), values, placed if placed.area else _NOTHING
    )


def check_id(id_: int, dtype: np.dtype[Any]) -> None:
    """Raise if labels of a dtype cannot hold an id.

    Raises
    ------
    InputError
        If they cannot.
    """
    highest = np.iinfo(dtype).max if dtype.kind in "iu" else 1
    if not 1 <= id_ <= highest:
        msg = (
            f"The labels hold ids from 1 to {highest} ({dtype}), but the object has id "
            f"{id_}. Convert the labels to a larger integer type, such as int32."
        )
        raise InputError(msg)


def _window(
    mask: MaskRuns, before: MaskRuns, shape: tuple[int, int]
) -> tuple[slice, slice]:
    """Return the part of the plane in which both masks lie."""
    parts = [one for one in (mask, before) if one.area]
    bounds = []
    for axis in (0, 1):
        start = min((one.offset[axis] for one in parts), default=0)
        stop = max((one.offset[axis] + one.shape[axis] for one in parts), default=0)
        start = min(max(start, 0), shape[axis])
        bounds.append(slice(start, min(max(stop, start), shape[axis])))
    return bounds[0], bounds[1]


def _seen(mask: MaskRuns, window: tuple[slice, slice]) -> npt.NDArray[np.bool_]:
    """Return a mask on a part of the plane."""
    top, left = window[0].start, window[1].start
    y, x = mask.offset
    moved = mask.replace(offset=(y - top, x - left))
    return moved.on_plane((window[0].stop - top, window[1].stop - left))
