"""Classes and objects merged into panoptic labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from napari_segsuite._model import describe_invalid
from napari_segsuite.data.atomic import make_folder, refuse_existing, storage_errors
from napari_segsuite.data.classes import ClassInfo, ClassTable
from napari_segsuite.data.formats import describe
from napari_segsuite.data.panoptic import MergeOptions, Panoptic, merge, things_of
from napari_segsuite.data.segmented_files import read_segmented, write_segmented
from napari_segsuite.data.segments import SegmentedImage, table_path
from napari_segsuite.data.strict_json import without_duplicates
from napari_segsuite.errors import InputError

_LARGEST_FILE = 1 << 24


def merge_panoptic(
    semantic: Path,
    instances: Path,
    classes: Sequence[ClassInfo],
    out: Path,
    *,
    options: MergeOptions = MergeOptions(),
) -> Panoptic:
    """Merge a file of classes and one of objects into panoptic labels.

    Parameters
    ----------
    semantic : Path
        Labels whose ids are classes.
    instances : Path
        Labels of the same shape whose ids are objects; class and score of each stand
        in the CSV table beside it. Without one, all are of the one class that is a
        thing.
    classes : sequence of ClassInfo
        All classes, things and stuff.
    out : Path
        The ``.tif`` file to make; the table of segments lies beside it as ``.csv``.
    options : MergeOptions, optional
        The limits.

    Raises
    ------
    InputError
        If files cannot be read, shapes differ, or a class is not in the table.
    StorageError
        If a file exists, or cannot be written.
    """
    if out.suffix.lower() not in (".tif", ".tiff"):
        msg = (
            f"Panoptic labels are written as .tif, not as {out.name}. Rename the file."
        )
        raise InputError(msg)
    for path in (out, table_path(out)):
        refuse_existing(path)
    ref = describe(semantic, labels=True)
    objects = read_segmented(instances)
    pixels = np.asarray(ref.open())
    if pixels.shape != objects.image.labels.shape:
        msg = (
            f"{semantic} has the shape {pixels.shape}, but {instances} has "
            f"{objects.image.labels.shape}. Choose labels of one image."
        )
        raise InputError(msg)
    things = [info.id for info in classes if info.thing]
    known = {one.id: one for one in objects.image.segments}
    if not table_path(instances).exists():
        if len(things) != 1:
            msg = (
                f"{len(things)} classes are things, so the class of each object must "
                f"be said in a table {table_path(instances)} with the columns id and "
                "class_id."
            )
            raise InputError(msg)
        known = {}
    found = merge(
        pixels,
        things_of(objects.image.labels, known, things[0] if things else 1),
        classes,
        options,
    )
    with storage_errors(out):
        make_folder(out.parent)
    image = SegmentedImage(out.name[: -len(out.suffix)], found.labels, found.segments)
    write_segmented(out.parent, image, tuple(classes), ref.axes, ref.spacing)
    return found


def read_classes(path: Path) -> ClassTable:
    """Read a class table: a JSON list of ``{"id", "name", "color", "thing"}``.

    A JSON object with such a list under ``"classes"``, as in a model's card, will do.

    Raises
    ------
    InputError
        If the file cannot be read, or is no class table.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            msg = "it is far larger than any class table"
            raise ValueError(msg)
        text = path.read_bytes().decode("utf-8-sig")
        content = json.loads(text, object_pairs_hook=without_duplicates)
        if isinstance(content, dict):
            content = content.get("classes")
        table = TypeAdapter(ClassTable).validate_python(content)
    except ValidationError as error:
        msg = f"{path} is no class table: {describe_invalid(error)}. Correct it."
        raise InputError(msg) from error
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        msg = f"{path} cannot be read as a class table: {reason}. Correct it."
        raise InputError(msg) from error
    if len({info.id for info in table}) != len(table):
        msg = f"{path}: two classes have one id. Give each an id of its own."
        raise InputError(msg)
    return table
