"""What is known of each id of a label image: class, area, score; kept as CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray
from pydantic import Field, ValidationError, field_validator

from napari_segsuite._model import Model, describe_invalid
from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.data.classes import ClassInfo, ClassTable
from napari_segsuite.data.object_boxes import Extent, id_counts, id_extents
from napari_segsuite.data.pairs import stem
from napari_segsuite.errors import InputError

LARGEST_ID: Final = 2**31 - 1
"""The largest id of an object: what int32 and OME-TIFF hold."""

_LARGEST_FILE = 1 << 28
_SIDES: Final = ("start", "stop")


class Segment(Model):
    """One id of a label image: an object, or all of a class that has none."""

    id: int = Field(ge=1, le=LARGEST_ID)
    """The id in the label image."""
    class_id: int = Field(ge=1, le=LARGEST_ID)
    """Its class."""
    area: int = Field(default=0, ge=0)
    """Its pixels."""
    score: float | None = Field(default=None, allow_inf_nan=False)
    """How sure whoever found it was; None if nobody said."""
    crowd: bool = False
    """Whether it is a group of objects that were not drawn apart."""
    box: Extent | None = None
    """(start, stop) of its pixels per axis of the labels; None if nobody said."""

    @field_validator("box")
    @classmethod
    def _has_pixels(cls, box: Extent | None) -> Extent | None:
        if box is not None and not all(0 <= start < stop for start, stop in box):
            msg = f"a box starts at 0 or later, and stops behind its start, not {box}"
            raise ValueError(msg)
        return box


@dataclass(frozen=True, slots=True, eq=False)
class SegmentedImage:
    """A label image with what is known of its ids."""

    name: str
    """The name of the image, without folder and ending."""
    labels: NDArray[Any]
    """Ids, int32; 0 is nothing."""
    segments: tuple[Segment, ...]
    """What is known of each id, ascending by id."""
    overlap: int = 0
    """Pixels that more than one object wanted; the one with the better score, else the
    earlier one, has them."""
    hidden: tuple[int, ...] = ()
    """Objects of which no pixel is left: others lie over them."""


def features(
    segments: Sequence[Segment], classes: Sequence[ClassInfo], axes: str = ""
) -> dict[str, list[Any]]:
    """Return segments as columns, as Labels layers and the metrics dock take them.

    Parameters
    ----------
    segments : sequence of Segment
        The segments.
    classes : sequence of ClassInfo
        Their classes; a class that is missing is called by its number.
    axes : str, optional
        The axes of the labels, for the columns of boxes; none are made without.

    Returns
    -------
    dict
        Lists of one length: index, class, class_id, area, score, and for the axes
        ``"YX"`` y_start, y_stop, x_start, x_stop. NaN stands for what is unknown.
    """
    names = {info.id: info.name for info in classes}
    columns: dict[str, list[Any]] = {
        "index": [one.id for one in segments],
        "class": [names.get(one.class_id, f"class {one.class_id}") for one in segments],
        "class_id": [one.class_id for one in segments],
        "area": [one.area for one in segments],
        "score": [math.nan if one.score is None else one.score for one in segments],
    }
    for axis, letter in enumerate(axes):
        for side, name in enumerate(_SIDES):
            columns[f"{letter.lower()}_{name}"] = [
                math.nan if one.box is None else one.box[axis][side] for one in segments
            ]
    return columns


def areas_of(labels: NDArray[Any]) -> dict[int, int]:
    """Return the pixels of each id above 0, ascending.

    Raises
    ------
    InputError
        If there are negative ids, or ids above 2,147,483,647.
    """
    found = id_counts(labels)
    found.pop(0, None)
    wrong = [i for i in found if not 0 < i <= LARGEST_ID]
    if wrong:
        msg = (
            f"Objects need ids from 1 to {LARGEST_ID:,}, but the labels hold "
            f"{wrong[0]}. Relabel them first."
        )
        raise InputError(msg)
    return found


def segments_of(
    labels: NDArray[Any], known: Mapping[int, Segment], class_id: int
) -> tuple[Segment, ...]:
    """Return the segments of a label image, with areas and boxes as they are now.

    Parameters
    ----------
    labels : integer array
        Ids; 0 is nothing.
    known : mapping of int to Segment
        What is known of some ids; ids that are not in the labels are left out.
    class_id : int
        The class of all other ids.

    Raises
    ------
    InputError
        As `areas_of`.
    """
    boxes = id_extents(labels)
    return tuple(
        known.get(i, Segment(id=i, class_id=class_id)).model_copy(
            update={"area": area, "box": boxes[i]}
        )
        for i, area in areas_of(labels).items()
    )


def table_path(labels: Path) -> Path:
    """Return where the table of a labels file lies: ``a.tif`` → ``a.csv``."""
    return labels.with_name(f"{stem(labels)}.csv")


def write_segments(
    path: Path, segments: Sequence[Segment], classes: ClassTable, axes: str = ""
) -> None:
    """Write segments as CSV: id, class_id, class, thing, area, score, crowd, box.

    Parameters
    ----------
    path : Path
        The file to make.
    segments : sequence of Segment
        The segments.
    classes : sequence of ClassInfo
        Their classes.
    axes : str, optional
        The axes of the labels, for the columns of boxes (y_start, y_stop and so on);
        none are written without. What is unknown stays empty.

    Raises
    ------
    StorageError
        If the file exists, or cannot be written.
    """
    by_id = {info.id: info for info in classes}
    columns = features(segments, classes, axes)
    columns["id"] = columns.pop("index")
    columns["thing"] = [
        int(info is None or info.thing)
        for info in (by_id.get(one.class_id) for one in segments)
    ]
    columns["crowd"] = [int(one.crowd) for one in segments]
    first = ("id", "class_id", "class", "thing", "area", "score", "crowd")
    names = (*first, *(name for name in columns if name not in first))
    with atomic_file(path) as new, new.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row in zip(*(columns[name] for name in names), strict=True):
            writer.writerow(["" if value != value else value for value in row])


def read_segments(path: Path) -> dict[int, Segment]:
    """Read what `write_segments` wrote, or a table of one's own.

    Parameters
    ----------
    path : Path
        A CSV file with the columns ``id`` (or ``index``) and ``class_id``; ``area``,
        ``score``, ``crowd`` and boxes (``y_start``, ``y_stop`` and so on, in the order
        of the labels' axes) may be there, and others are not read.

    Raises
    ------
    InputError
        If it cannot be read, a column is missing, or a value is none; the line is
        named.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            msg = f"{path} is larger than 256 MiB: that is no table of objects."
            raise InputError(msg)
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"{path} cannot be read as a table ({error}). Save it as CSV in UTF-8."
        raise InputError(msg) from error
    sides = _sides(reader.fieldnames or ())
    found: dict[int, Segment] = {}
    for line, row in enumerate(rows, start=2):
        names = ("class_id", "area", "score", "crowd")
        values: dict[str, Any] = {"id": row.get("id", row.get("index"))}
        values |= {name: row[name] for name in names if row.get(name)}
        if sides and all(row[name] for pair in sides for name in pair):
            values["box"] = [[row[name] for name in pair] for pair in sides]
        try:
            one = Segment.model_validate(values)
        except ValidationError as error:
            msg = (
                f"{path}, line {line}: {describe_invalid(error)}. A table of objects "
                "needs the columns id and class_id, with whole numbers from 1 on."
            )
            raise InputError(msg) from error
        if one.id in found:
            msg = f"{path}, line {line}: object {one.id} stands twice. Keep one."
            raise InputError(msg)
        found[one.id] = one
    return found


def _sides(columns: Sequence[str]) -> list[tuple[str, str]]:
    """Return the columns that hold boxes, a pair per axis."""
    pairs = [
        (name, f"{name[0]}_stop")
        for name in columns
        if name in ("t_start", "z_start", "y_start", "x_start")
    ]
    return [pair for pair in pairs if pair[1] in columns]
