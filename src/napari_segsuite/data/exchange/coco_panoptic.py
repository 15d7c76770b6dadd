"""COCO's panoptic format: a JSON file, and a PNG per image whose colours are ids.

The id of a pixel is red + 256 green + 65536 blue; 0 is void.
https://cocodataset.org/#format-data
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from napari_segsuite.data.atomic import atomic_file, publish_folder
from napari_segsuite.data.classes import ClassTable
from napari_segsuite.data.exchange.coco_tables import (
    CocoImage,
    Entry,
    category_lines,
    check_known,
    check_unique,
    classes_of,
    entries,
    image_lines,
    images_of,
)
from napari_segsuite.data.exchange.json_file import read_json
from napari_segsuite.data.object_boxes import id_counts, object_boxes
from napari_segsuite.data.segments import Segment, SegmentedImage, segments_of
from napari_segsuite.errors import InputError

JSON_NAME: Final = "panoptic.json"
"""The JSON file in the folder that is written."""
MASKS_NAME: Final = "panoptic"
"""The folder of PNG files beside it, named as COCO's tools expect."""

_LARGEST_ID: Final = 256**3 - 1


class _SegmentEntry(Entry):
    id: int = Field(ge=1, le=_LARGEST_ID)
    category_id: int
    iscrowd: bool = False


class _Annotation(Entry):
    image_id: int
    file_name: str = Field(min_length=1, max_length=4096)
    segments_info: list[_SegmentEntry]


@dataclass(frozen=True, slots=True, eq=False)
class CocoPanoptic:
    """A file of COCO's panoptic format, checked but for the PNG files."""

    path: Path
    """The JSON file."""
    images: tuple[CocoImage, ...]
    """The images that have annotations."""
    classes: ClassTable
    """Its categories."""
    annotations: dict[int, _Annotation]
    """The annotation of each image."""
    masks: Path
    """The folder of the PNG files."""

    def segmented(self) -> Iterator[SegmentedImage]:
        """Yield the images, one by one, as label images with the ids of the PNG.

        Raises
        ------
        InputError
            If a PNG is missing, damaged or of another size, or holds an id of which
            the JSON does not speak.
        """
        for image in self.images:
            yield _segmented(image, self.annotations[image.id], self.masks)


def read_panoptic(path: Path, masks: Path | None = None) -> CocoPanoptic:
    """Read a panoptic file.

    Parameters
    ----------
    path : Path
        The JSON file.
    masks : Path, optional
        The folder of the PNG files; by default that beside the JSON file which has
        its name, as COCO has it.

    Raises
    ------
    InputError
        If the file or the folder cannot be read, or the file lacks an image or a
        category of which it speaks.
    """
    content = read_json(path)
    images, classes = images_of(content, path), classes_of(content, path)
    found = entries(content, "annotations", _Annotation, path)
    check_known((one.image_id for one in found), images, "images", path)
    check_unique((one.image_id for one in found), "annotations", path)
    known = [info.id for info in classes]
    said = (segment.category_id for one in found for segment in one.segments_info)
    check_known(said, known, "categories", path)
    for one in found:
        check_unique((s.id for s in one.segments_info), "segments_info", path)
    folder = masks or path.with_suffix("")
    if not folder.is_dir():
        msg = (
            f"There is no folder {folder} with the PNG files of {path}. Name the "
            "folder, or put it there."
        )
        raise InputError(msg)
    by_image = {one.image_id: one for one in found}
    annotated = tuple(images[i] for i in images if i in by_image)
    return CocoPanoptic(path, annotated, classes, by_image, folder)


def write_panoptic(
    folder: Path, images: Sequence[tuple[str, SegmentedImage]], classes: ClassTable
) -> None:
    """Write label images as a folder with ``panoptic.json`` and ``panoptic/*.png``.

    Parameters
    ----------
    folder : Path
        The folder to make; it appears when it is complete.
    images : sequence of (str, SegmentedImage)
        The file name of each image, as it is to stand in the file, and its labels.
    classes : ClassTable
        The classes of all of them.

    Raises
    ------
    InputError
        If an id is above 16,777,215, which a PNG's colours cannot hold.
    StorageError
        If the folder exists, or cannot be written.
    """
    annotations = []
    with publish_folder(folder) as new:
        (new / MASKS_NAME).mkdir()
        for number, (_, image) in enumerate(images, start=1):
            name = f"{image.name}.png"
            _write_png(new / MASKS_NAME / name, image)
            annotations.append(
                {
                    "image_id": number,
                    "file_name": name,
                    "segments_info": _segment_lines(image),
                }
            )
        content = {
            "info": {"description": "Written by napari-segsuite"},
            "images": image_lines(
                [name for name, _ in images], [i.labels.shape[:2] for _, i in images]
            ),
            "annotations": annotations,
            "categories": category_lines(classes),
        }
        with atomic_file(new / JSON_NAME) as file:
            file.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")


def _segment_lines(image: SegmentedImage) -> list[dict[str, Any]]:
    boxes = object_boxes(image.labels)
    lines = []
    for one in image.segments:
        (top, left), (rows, columns) = boxes[one.id].start, boxes[one.id].mask.shape
        lines.append(
            {
                "id": one.id,
                "category_id": one.class_id,
                "area": one.area,
                "bbox": [left, top, columns, rows],
                "iscrowd": int(one.crowd),
            }
        )
    return lines


def _write_png(path: Path, image: SegmentedImage) -> None:
    largest = max((one.id for one in image.segments), default=0)
    if largest > _LARGEST_ID:
        msg = (
            f"The colours of a PNG hold ids up to {_LARGEST_ID:,}, but “{image.name}” "
            f"has {largest:,}. Relabel it first."
        )
        raise InputError(msg)
    ids = image.labels.astype(np.uint32)
    colors = np.stack([ids >> shift & 255 for shift in (0, 8, 16)], axis=-1)
    Image.fromarray(colors.astype(np.uint8)).save(path)


def _segmented(image: CocoImage, about: _Annotation, masks: Path) -> SegmentedImage:
    # A name in a file of others is never a path.
    path = masks / PurePosixPath(about.file_name.replace("\\", "/")).name
    labels = _read_png(path, image.shape)
    known = {
        one.id: Segment(id=one.id, class_id=one.category_id, crowd=one.iscrowd)
        for one in about.segments_info
    }
    unknown = sorted(set(id_counts(labels)) - {0, *known})
    if unknown:
        msg = (
            f"{path} holds the id {unknown[0]}, of which the JSON file does not speak. "
            "Get both files of one version."
        )
        raise InputError(msg)
    segments = segments_of(labels, known, class_id=1)
    hidden = tuple(sorted(set(known) - {one.id for one in segments}))
    return SegmentedImage(image.name, labels, segments, hidden=hidden)


def _read_png(path: Path, shape: tuple[int, int]) -> NDArray[np.int32]:
    if not path.is_file():
        msg = f"There is no file {path}, of which the JSON file speaks. Put it there."
        raise InputError(msg)
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            size, mode = picture.size, picture.mode
            good = (size[1], size[0]) == shape and mode in ("RGB", "RGBA")
            colors = np.asarray(picture.convert("RGB")) if good else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        msg = f"{path} cannot be read as PNG ({error}). Get a fresh copy of it."
        raise InputError(msg) from error
    if colors is None:
        msg = (
            f"{path} has {size[1]} × {size[0]} pixels (rows × columns) of the kind "
            f"{mode}, but {shape[0]} × {shape[1]} of the kind RGB are needed. Get both "
            "files of one version."
        )
        raise InputError(msg)
    parts = colors.astype(np.int32)
    ids: NDArray[np.int32] = parts[..., 0] | parts[..., 1] << 8 | parts[..., 2] << 16
    return ids
