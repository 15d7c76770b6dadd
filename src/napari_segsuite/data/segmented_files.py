"""Label files with a table of their segments beside them: ``a.tif`` and ``a.csv``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.classes import ClassInfo, ClassTable, table_of
from napari_segsuite.data.formats import describe, write_labels
from napari_segsuite.data.label_notes import LabelNotes, read_notes
from napari_segsuite.data.pairs import stem
from napari_segsuite.data.segments import (
    Segment,
    SegmentedImage,
    areas_of,
    read_segments,
    segments_of,
    table_path,
    write_segments,
)
from napari_segsuite.errors import InputError

OBJECT = ClassInfo(id=1, name="object", color="#E69F00")
"""The class of objects of which nobody said one."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentedFile:
    """What a label file and the table beside it hold."""

    image: SegmentedImage
    """Labels and segments; the name is the file's without ending."""
    classes: ClassTable
    """The classes of its segments."""
    axes: str
    """The axes of the labels."""
    spacing: Spacing | None
    """Micrometre per pixel of each spatial axis."""


def read_segmented(path: Path) -> SegmentedFile:
    """Read a label file, and what is known of its ids.

    The class of an id stands in the table of the same name that ends in ``.csv``.
    Without one, ids are classes if the file's own class table names them all; else all
    are objects of its only class, or of the class "object".

    Raises
    ------
    InputError
        If the file or its table cannot be read, or ids are not from 1 to
        2,147,483,647.
    """
    ref = describe(path, labels=True)
    table = table_path(path)
    known = read_segments(table) if table.exists() else {}
    labels = np.asarray(ref.open())
    image, classes = segmented(stem(path), labels, known, read_notes(path).classes)
    return SegmentedFile(image, classes, ref.axes, ref.spacing)


def segmented(
    name: str, labels: NDArray[Any], known: Mapping[int, Segment], named: ClassTable
) -> tuple[SegmentedImage, ClassTable]:
    """Return a label image with its segments, and their classes.

    Parameters
    ----------
    name : str
        The name of the image.
    labels : integer or bool array
        Ids; 0 is nothing.
    known : mapping of int to Segment
        What is known of ids. Without any, ids are classes if `named` names them all;
        else all are objects of its only class, or of the class "object".
    named : sequence of ClassInfo
        The classes as far as they have names.

    Raises
    ------
    InputError
        If ids are not from 1 to 2,147,483,647.
    """
    if labels.dtype == np.bool_:
        labels = labels.view(np.uint8)
    if not known and len(named) > 1:
        ids = areas_of(labels)
        if set(ids) <= {info.id for info in named}:
            known = {i: Segment(id=i, class_id=i) for i in ids}
    only = named[0].id if len(named) == 1 else OBJECT.id
    segments = segments_of(labels, known, only)
    used = {one.class_id for one in segments}
    classes = table_of(used, (OBJECT, *named))
    return SegmentedImage(name, labels.astype(np.int32), segments), classes


def write_segmented(
    folder: Path,
    image: SegmentedImage,
    classes: ClassTable,
    axes: str = "YX",
    spacing: Spacing | None = None,
) -> None:
    """Write ``NAME.tif``, which holds the class table, and ``NAME.csv`` to a folder.

    Raises
    ------
    StorageError
        If one of them exists, or cannot be written.
    """
    path = folder / f"{image.name}.tif"
    write_labels(path, image.labels, axes, spacing, notes=LabelNotes(classes=classes))
    write_segments(table_path(path), image.segments, classes, axes)


def joined_classes(tables: Iterable[ClassTable]) -> ClassTable:
    """Return the classes of several files as one table.

    Raises
    ------
    InputError
        If an id has one name in one file and another in the next.
    """
    found: dict[int, ClassInfo] = {}
    for info in (info for table in tables for info in table):
        known = found.setdefault(info.id, info)
        if known.name != info.name:
            msg = (
                f"Class {info.id} is called {known.name!r} in one file and "
                f"{info.name!r} in another. Export them one by one, or rename it."
            )
            raise InputError(msg)
    return tuple(found[i] for i in sorted(found))
