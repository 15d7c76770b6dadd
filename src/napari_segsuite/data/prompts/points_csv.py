"""Prompts as a CSV file: a row per click, with its object and its place.

::

    object,z,y,x,label
    1,12,40.5,33,1
    1,12,52,33,0

The columns are ``object``, one per axis of the image but C, and ``label``: 1 for
foreground, 0 for background. Their order does not matter.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.prompts.objects import LARGEST_ID
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.errors import InputError

Points = dict[int, dict[tuple[int, ...], PlanePrompt]]
"""What was said about each object, by id and by plane."""

_LARGEST_FILE = 1 << 26


def read_points(path: Path, axes: str) -> Points:
    """Read prompts from a CSV file.

    Parameters
    ----------
    path : Path
        The file, in UTF-8, with commas.
    axes : str
        The axes of the image; C is left out. Coordinates are in pixels, whose centres
        are whole numbers; those of axes other than Y and X are whole.

    Returns
    -------
    dict
        By id, in the order of the file; clicks in their order.

    Raises
    ------
    InputError
        If the file cannot be read, has no rows, lacks a column or has one too many, or
        holds what is no number.
    """
    letters = without_channels(axes).lower()
    clicks: dict[int, dict[tuple[int, ...], list[Click]]] = {}
    for line, row in _rows(path, ("object", *letters, "label")):
        reader = _Row(path, line, row)
        id_ = reader.whole("object", 1, LARGEST_ID)
        index = tuple(reader.whole(a, 0, LARGEST_ID) for a in letters if a not in "yx")
        positive = reader.whole("label", 0, 1) == 1
        click = Click(y=reader.number("y"), x=reader.number("x"), positive=positive)
        clicks.setdefault(id_, {}).setdefault(index, []).append(click)
    return {
        id_: {index: PlanePrompt(clicks=tuple(some)) for index, some in planes.items()}
        for id_, planes in clicks.items()
    }


class _Row:
    """One line of the file, and what is wrong with it."""

    def __init__(self, path: Path, line: int, values: Mapping[str, str]) -> None:
        self._where = f"{path}, line {line}"
        self._values = values

    def number(self, column: str) -> float:
        text = self._values[column]
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            msg = f"{self._where}: {column} is {text!r}, but a number is needed."
            raise InputError(msg)
        return value

    def whole(self, column: str, lowest: int, highest: int) -> int:
        value = self.number(column)
        if value != int(value) or not lowest <= value <= highest:
            msg = (
                f"{self._where}: {column} is {self._values[column]!r}, but a whole "
                f"number from {lowest} to {highest} is needed."
            )
            raise InputError(msg)
        return int(value)


def _rows(
    path: Path, columns: Sequence[str]
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield each row's line number and its fields by column."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            msg = f"{path} is too large for a list of points. Check that it is one."
            raise InputError(msg)
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            names = [name.strip().lower() for name in next(lines, [])]
            _check_columns(path, names, columns)
            found = False
            for fields in lines:
                if not any(field.strip() for field in fields):
                    continue
                if len(fields) != len(names):
                    msg = (
                        f"{path}, line {lines.line_num}: {len(names)} fields are "
                        f"needed, as in the first line, but there are {len(fields)}."
                    )
                    raise InputError(msg)
                found = True
                yield lines.line_num, dict(zip(names, fields, strict=True))
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. Check its name."
        raise InputError(msg) from error
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{path} is no CSV file in UTF-8 ({error}). Save it as one."
        raise InputError(msg) from error
    if not found:
        msg = f"{path} holds no points. Write a line per click under the first line."
        raise InputError(msg)


def _check_columns(path: Path, names: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in names]
    extra = [name for name in names if name not in needed]
    if missing or extra or len(names) != len(needed):
        wrong = f"lacks {', '.join(missing)}" if missing else ""
        if extra and not missing:
            wrong = f"has {', '.join(repr(name) for name in extra)} too many"
        msg = (
            f"{path} needs the columns {', '.join(needed)} for this image, but its "
            f"first line {wrong or 'names a column twice'}: it is "
            f"{','.join(names)[:200]!r}."
        )
        raise InputError(msg)
