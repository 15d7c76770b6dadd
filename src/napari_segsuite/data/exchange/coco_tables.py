"""What COCO's two formats share: the tables of images and of categories."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, Field, TypeAdapter
from pydantic import ValidationError as Invalid

from napari_segsuite._model import describe_invalid
from napari_segsuite.data.classes import ClassInfo, ClassTable, table_of
from napari_segsuite.data.pairs import stem
from napari_segsuite.data.segments import LARGEST_ID
from napari_segsuite.errors import InputError

MOST_PIXELS: Final = 1 << 29
"""The pixels of the largest image that is read: 2 GiB of ids."""

T = TypeVar("T", bound="Entry")


class Entry(BaseModel):
    """An entry of a table of COCO; members that are not known are left."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ImageEntry(Entry):
    """A line of “images”."""

    id: int
    file_name: str = Field(min_length=1, max_length=4096)
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class CategoryEntry(Entry):
    """A line of “categories”."""

    id: int = Field(ge=1, le=LARGEST_ID)
    name: str = Field(min_length=1, max_length=200)
    isthing: bool = True
    color: Any = None


@dataclass(frozen=True, slots=True)
class CocoImage:
    """An image of which a file speaks."""

    id: int
    """Its number in the file."""
    name: str
    """Its name, without folder and ending; unique in the file, and safe as a name."""
    shape: tuple[int, int]
    """Rows and columns."""


def entries(content: dict[str, Any], table: str, kind: type[T], path: Path) -> list[T]:
    """Return the lines of a table.

    Raises
    ------
    InputError
        If the table is missing, or a line is not what COCO's format says.
    """
    lines: Any = Annotated[list[kind], FailFast()]  # type: ignore[valid-type]
    try:
        found: list[T] = TypeAdapter(lines).validate_python(content.get(table))
    except Invalid as error:
        msg = (
            f"{path} is no file of COCO's format: in “{table}”, "
            f"{describe_invalid(error)}. Export it again."
        )
        raise InputError(msg) from error
    return found


def images_of(content: dict[str, Any], path: Path) -> dict[int, CocoImage]:
    """Return the images by their number.

    Raises
    ------
    InputError
        As `entries`; or if two images have one number, or one is too large.
    """
    found = entries(content, "images", ImageEntry, path)
    check_unique((one.id for one in found), "images", path)
    for one in found:
        if one.width * one.height > MOST_PIXELS:
            msg = (
                f"{path}: image {one.id} would have {one.width:,} × {one.height:,} "
                f"pixels, but {MOST_PIXELS:,} are the most. Cut it into parts."
            )
            raise InputError(msg)
    names = [safe_name(one.file_name) for one in found]
    # Files of several folders may have one name, and some systems know no case.
    often = Counter(name.lower() for name in names)
    return {
        one.id: CocoImage(
            id=one.id,
            name=f"{name}-{one.id}" if often[name.lower()] > 1 else name,
            shape=(one.height, one.width),
        )
        for one, name in zip(found, names, strict=True)
    }


def classes_of(content: dict[str, Any], path: Path) -> ClassTable:
    """Return the categories as classes.

    Raises
    ------
    InputError
        As `entries`; or if two categories have one number.
    """
    found = entries(content, "categories", CategoryEntry, path)
    check_unique((one.id for one in found), "categories", path)
    colors = {info.id: info.color for info in table_of(one.id for one in found)}
    return tuple(
        ClassInfo(
            id=one.id,
            name=one.name,
            color=_color(one.color) or colors[one.id],
            thing=one.isthing,
        )
        for one in sorted(found, key=lambda one: one.id)
    )


def image_lines(
    names: Sequence[str], shapes: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    """Return the table “images”, numbered from 1, for writing."""
    return [
        {"id": number, "file_name": name, "width": shape[1], "height": shape[0]}
        for number, (name, shape) in enumerate(zip(names, shapes, strict=True), 1)
    ]


def category_lines(classes: ClassTable) -> list[dict[str, Any]]:
    """Return the table “categories” for writing."""
    return [
        {
            "id": info.id,
            "name": info.name,
            "supercategory": "",
            "isthing": int(info.thing),
            "color": [int(info.color[at : at + 2], 16) for at in (1, 3, 5)],
        }
        for info in classes
    ]


def safe_name(file_name: str) -> str:
    """Return what of a name may name a file here: no folder, ending or odd character.

    A name in a file of others is never a path.
    """
    last = PurePosixPath(file_name.replace("\\", "/")).name
    plain = re.sub(r"[^\w .,()+=@-]", "_", stem(Path(last)))
    return plain.strip(" .")[:150] or "image"


def check_unique(ids: Iterable[int], table: str, path: Path) -> None:
    """Raise if a number stands twice in a table.

    Raises
    ------
    InputError
        If it does.
    """
    number, often = next(iter(Counter(ids).most_common(1)), (0, 0))
    if often > 1:
        msg = (
            f"{path}: the id {number} stands {often} times in “{table}”, so it is not "
            "clear what it means. Give each entry an id of its own."
        )
        raise InputError(msg)


def check_known(
    ids: Iterable[int], known: Iterable[int], what: str, path: Path
) -> None:
    """Raise if annotations speak of images or categories that the file lacks.

    Raises
    ------
    InputError
        If they do; some are named.
    """
    missing = sorted(set(ids) - set(known))
    if missing:
        some = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")
        msg = (
            f"{path}: annotations speak of {what} that the file does not list: {some}. "
            "Export the whole data set, or take these annotations out."
        )
        raise InputError(msg)


def _color(value: Any) -> str | None:
    whole = isinstance(value, list) and len(value) == 3
    if not whole or not all(isinstance(n, int) and 0 <= n < 256 for n in value):
        return None
    return "#" + "".join(f"{n:02x}" for n in value)
