"""What a detector found in an image, whatever the score, and what of it is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_segsuite._model import Model
from napari_segsuite.data.axes import check_axes
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.errors import InputError


class ChoiceOptions(Model):
    """Who has what several detections want."""

    overlap: Literal["score", "smaller", "none"] = "score"
    """Mask R-CNN: who has the pixels that several objects want: the one with the better
    score, the smaller one, or nobody."""
    covered: float = Field(default=0.5, ge=0.0, le=1.0)
    """Mask R-CNN: the largest part of an object that others may have; with more it is
    left out."""


class PasteOptions(ChoiceOptions):
    """Which detections become objects; can be changed without detecting again."""

    min_score: float = Field(default=0.5, ge=0.0, le=1.0)
    """The least score of an object."""
    min_area: int = Field(default=4, ge=1)
    """The least pixels of an object that are left to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One object that was found in a plane."""

    frame: int
    """Number of the plane, as in `Detections`."""
    box: tuple[float, float, float, float]
    """(y0, x0, y1, x1) at the pixels' edges: pixel 3 reaches from 3 to 4."""
    score: float
    """How sure the detector is, 0 to 1."""
    class_id: int
    """Its class."""
    start: tuple[int, int]
    """(y, x) of the first pixel of the part of the plane that the mask covers."""
    size: tuple[int, int]
    """Rows and columns of the part."""
    runs: NDArray[np.int32]
    """The mask, as `runs_of` makes it."""

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The mask of the part."""
        return mask_of(self.runs, self.size)


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """All that a detector found in an image.

    Planes are those of the two axes Y and X, in the order in which these stand in
    `axes`; y and x mean the first and the second of them. Planes are numbered from 0
    along the other axes, the last of them fastest. Detections are sorted by plane, then
    the better score first.

    Raises
    ------
    InputError
        If arrays do not fit each other, the shape, or the classes.
    """

    classes: ClassTable
    """The classes that there are."""
    axes: str
    """Axes of the labels."""
    shape: tuple[int, ...]
    """Shape of the labels."""
    frames: NDArray[np.int32]
    """The plane of each detection, shape (n,)."""
    boxes: NDArray[np.float32]
    """(y0, x0, y1, x1) at the pixels' edges, shape (n, 4)."""
    scores: NDArray[np.float32]
    """0 to 1, shape (n,)."""
    class_ids: NDArray[np.int32]
    """Ids of the class table, shape (n,)."""
    starts: NDArray[np.int32]
    """(y, x) of the first pixel of the part that each mask covers, shape (n, 2)."""
    sizes: NDArray[np.int32]
    """Rows and columns of that part, shape (n, 2)."""
    bounds: NDArray[np.int64]
    """Detection i has the runs from ``bounds[i]`` to ``bounds[i + 1]``, shape
    (n + 1,)."""
    runs: NDArray[np.int32]
    """Lengths of all masks' runs, row by row: outside, inside, outside and so on."""

    def __post_init__(self) -> None:
        fault = _fault(self)
        if fault:
            msg = f"These detections cannot be used: {fault}. Detect again."
            raise InputError(msg)

    @classmethod
    def of(
        cls,
        found: Sequence[Detection],
        classes: ClassTable,
        axes: str,
        shape: tuple[int, ...],
    ) -> Self:
        """Return detections, sorted, as arrays."""
        ranked = sorted(found, key=lambda one: (one.frame, -one.score, one.box))
        counts = [0, *(len(one.runs) for one in ranked)]
        runs = [np.empty(0, np.int32), *(one.runs for one in ranked)]
        return cls(
            classes,
            axes,
            shape,
            np.array([one.frame for one in ranked], np.int32),
            np.array([one.box for one in ranked], np.float32).reshape(-1, 4),
            np.array([one.score for one in ranked], np.float32),
            np.array([one.class_id for one in ranked], np.int32),
            np.array([one.start for one in ranked], np.int32).reshape(-1, 2),
            np.array([one.size for one in ranked], np.int32).reshape(-1, 2),
            np.cumsum(counts, dtype=np.int64),
            np.concatenate(runs).astype(np.int32),
        )

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def plane_shape(self) -> tuple[int, int]:
        """Rows and columns of a plane."""
        rows, columns = plane_axes(self.axes)
        return self.shape[rows], self.shape[columns]

    @property
    def leading_shape(self) -> tuple[int, ...]:
        """Shape along the axes that count planes; empty if there are none."""
        inner = plane_axes(self.axes)
        return tuple(n for axis, n in enumerate(self.shape) if axis not in inner)

    def of_frame(self, frame: int) -> range:
        """Return which detections lie in a plane."""
        first, last = np.searchsorted(self.frames, [frame, frame + 1])
        return range(int(first), int(last))

    def areas(self, which: range) -> NDArray[np.int64]:
        """Return the pixels of the masks of detections that follow each other."""
        bounds = self.bounds[which.start : which.stop + 1]
        runs = self.runs[bounds[0] : bounds[-1]]
        owners = np.repeat(np.arange(len(which)), np.diff(bounds))
        inside = (np.arange(bounds[0], bounds[-1]) - bounds[owners]) % 2 == 1
        total = np.concatenate(([0], np.cumsum(runs * inside, dtype=np.int64)))
        areas: NDArray[np.int64] = np.diff(total[bounds - bounds[0]])
        return areas

    def mask(self, index: int) -> NDArray[np.bool_]:
        """Return the mask of the part of the plane that detection `index` covers."""
        rows, columns = self.sizes[index]
        part = slice(self.bounds[index], self.bounds[index + 1])
        return mask_of(self.runs[part], (int(rows), int(columns)))


def plane_axes(axes: str) -> tuple[int, int]:
    """Return which two of `axes` are Y and X, in the order in which they stand."""
    first, second = sorted((axes.index("Y"), axes.index("X")))
    return first, second


def runs_of(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the lengths of a mask's runs, row by row.

    Parameters
    ----------
    mask : array of bool, (Y, X)
        The mask; not empty.

    Returns
    -------
    array of int32
        Lengths of runs outside, inside, outside and so on; the first may be 0.
    """
    flat = mask.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first = (0, 0) if flat[0] else (0,)
    edges = np.concatenate((first, changes, (flat.size,)))
    return np.diff(edges).astype(np.int32)


def mask_of(runs: NDArray[np.int32], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask of `size` rows and columns whose runs `runs_of` returned."""
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(size)


def _fault(found: Detections) -> str:
    """Return what is wrong with detections; empty if nothing is."""
    check_axes(found.axes, len(found.shape))
    if "C" in found.axes or min(found.shape) < 1 or prod(found.shape) >= 2**63:
        return f"labels of the shape {found.shape} ({found.axes}) cannot be"
    return _misfit(found) or _wrong_value(found)


def _misfit(found: Detections) -> str:
    n = len(found.frames)
    wanted: dict[str, tuple[Any, tuple[int, ...]]] = {
        "frames": (np.int32, (n,)),
        "boxes": (np.float32, (n, 4)),
        "scores": (np.float32, (n,)),
        "class_ids": (np.int32, (n,)),
        "starts": (np.int32, (n, 2)),
        "sizes": (np.int32, (n, 2)),
        "bounds": (np.int64, (n + 1,)),
        "runs": (np.int32, found.runs.shape[:1]),
    }
    for name, (dtype, shape) in wanted.items():
        array = getattr(found, name)
        if array.dtype != dtype or array.shape != shape:
            return f"their {name} are {array.dtype} of the shape {array.shape}"
    return ""


def _wrong_value(found: Detections) -> str:
    frames, boxes, bounds = found.frames, found.boxes, found.bounds
    if np.any(np.diff(frames) < 0) or np.any(frames < 0):
        return "their planes are not in order"
    if np.any(frames >= prod(found.leading_shape)):
        return "some lie in planes that there are not"
    if not np.isfinite(boxes).all() or np.any(boxes[:, :2] > boxes[:, 2:]):
        return "some boxes have no area"
    if not np.all((found.scores >= 0) & (found.scores <= 1)):
        return "some scores do not lie between 0 and 1"
    if not np.isin(found.class_ids, [info.id for info in found.classes]).all():
        return "some have a class that is not in the table"
    sizes = found.sizes.astype(np.int64)
    if np.any(found.starts < 0) or np.any(sizes < 1):
        return "some masks lie outside"
    if np.any(found.starts + sizes > found.plane_shape):
        return "some masks lie outside"
    if bounds[0] != 0 or bounds[-1] != len(found.runs) or np.any(np.diff(bounds) < 0):
        return "their runs are not in order"
    total = np.concatenate(([0], np.cumsum(found.runs, dtype=np.int64)))
    if np.any(found.runs < 0) or np.any(np.diff(total[bounds]) != sizes.prod(axis=1)):
        return "some masks have not as many pixels as they should"
    return ""
