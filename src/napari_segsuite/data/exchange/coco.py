"""COCO's format for instances: one JSON file about many images.

https://cocodataset.org/#format-data
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_segsuite.data.atomic import atomic_file
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
from napari_segsuite.data.exchange.runs import (
    Runs,
    compressed,
    counts_of,
    pixels_of,
    runs_from,
    runs_of,
    uncompressed,
)
from napari_segsuite.data.object_boxes import ObjectBox, object_boxes
from napari_segsuite.data.outlines import filled, is_hole, outlines
from napari_segsuite.data.segments import (
    LARGEST_ID,
    Segment,
    SegmentedImage,
    segments_of,
)
from napari_segsuite.errors import InputError

Shape = Literal["rle", "polygons"]


class _Annotation(Entry):
    id: int | None = None
    image_id: int
    category_id: int
    segmentation: Any
    score: float | None = None
    iscrowd: bool = False
    label_id: int | None = Field(default=None, ge=1, le=LARGEST_ID)


@dataclass(frozen=True, slots=True, eq=False)
class CocoInstances:
    """A file of COCO's format, checked but for the masks."""

    path: Path
    """The file."""
    images: tuple[CocoImage, ...]
    """The images that it speaks of."""
    classes: ClassTable
    """Its categories."""
    numbered: bool
    """Whether objects get new ids, from 1 in each image, as the file has none."""
    annotations: dict[int, list[tuple[int, _Annotation]]]
    """The objects of each image: the id in the labels, and what the file says."""

    def segmented(self) -> Iterator[SegmentedImage]:
        """Yield the images, one by one, as label images.

        Raises
        ------
        InputError
            If a mask is broken, or does not belong to an image of this size.
        """
        for image in self.images:
            yield _segmented(image, self.annotations.get(image.id, []), self.path)


def read_coco(path: Path) -> CocoInstances:
    """Read a file of instances.

    Ids of objects are kept. If one has none or the id 0, which in labels is nothing,
    all are numbered from 1 in each image.

    Raises
    ------
    InputError
        If the file cannot be read, lacks an image or a category of which it speaks, or
        has an id twice, or one that labels cannot hold.
    """
    content = read_json(path)
    images, classes = images_of(content, path), classes_of(content, path)
    found = entries(content, "annotations", _Annotation, path)
    check_known((one.image_id for one in found), images, "images", path)
    known = [info.id for info in classes]
    check_known((one.category_id for one in found), known, "categories", path)
    numbered = not all(one.label_id or one.id for one in found)
    own = bool(found) and all(one.label_id for one in found)
    if not own and not numbered:
        _check_ids(found, path)
    by_image: dict[int, list[tuple[int, _Annotation]]] = defaultdict(list)
    for one in found:
        there = by_image[one.image_id]
        known_id = one.label_id if own else one.id
        there.append((len(there) + 1 if numbered else known_id or 0, one))
    for there in by_image.values():
        check_unique((id_ for id_, _ in there), "annotations", path)
    return CocoInstances(path, tuple(images.values()), classes, numbered, by_image)


def write_coco(
    path: Path,
    images: Sequence[tuple[str, SegmentedImage]],
    classes: ClassTable,
    *,
    shape: Shape = "rle",
) -> None:
    """Write label images as one file of instances.

    Parameters
    ----------
    path : Path
        The file to make.
    images : sequence of (str, SegmentedImage)
        The file name of each image, as it is to stand in the file, and its labels.
    classes : ClassTable
        The classes of all of them.
    shape : {"rle", "polygons"}, optional
        How masks are written. Polygons go along the edges of pixels; an object with
        holes, which polygons cannot have in this format, is written as RLE all the
        same, so that every mask comes back to the pixel.

    Raises
    ------
    StorageError
        If the file exists, or cannot be written.
    """
    labels = [one.labels for _, one in images]
    ids = [segment.id for _, image in images for segment in image.segments]
    # Ids of annotations are unique in the file, those of labels in an image.
    kept = len(set(ids)) == len(ids)
    annotations: list[dict[str, Any]] = []
    for number, (_, image) in enumerate(images, start=1):
        boxes = object_boxes(image.labels)
        for segment in image.segments:
            about = _written(boxes[segment.id], image.labels.shape, shape)
            if segment.score is not None:
                about["score"] = segment.score
            annotations.append(
                {
                    "id": segment.id if kept else len(annotations) + 1,
                    "label_id": segment.id,
                    "image_id": number,
                    "category_id": segment.class_id,
                    "iscrowd": int(segment.crowd),
                    **about,
                }
            )
    content = {
        "info": {"description": "Written by napari-segsuite"},
        "images": image_lines([n for n, _ in images], [a.shape[:2] for a in labels]),
        "annotations": annotations,
        "categories": category_lines(classes),
    }
    with atomic_file(path) as new:
        new.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")


def _check_ids(found: Sequence[_Annotation], path: Path) -> None:
    """Refuse ids that two annotations share, or that labels cannot have."""
    check_unique((one.id or 0 for one in found), "annotations", path)
    for one in found:
        if not 1 <= (one.id or 0) <= LARGEST_ID:
            msg = (
                f"{path}: annotation {one.id} has an id that labels cannot have; they "
                f"have 1 to {LARGEST_ID:,}. Number the annotations anew."
            )
            raise InputError(msg)


def _segmented(
    image: CocoImage, annotations: Sequence[tuple[int, _Annotation]], path: Path
) -> SegmentedImage:
    height, width = image.shape
    # Pixels count column by column, as the runs do.
    flat = np.zeros(height * width, np.int32)
    overlap = 0
    for id_, one in sorted(annotations, key=lambda pair: -(pair[1].score or 0.0)):
        try:
            pixels = _pixels(one.segmentation, image.shape)
        except InputError as error:
            told = id_ if one.id is None else one.id
            msg = (
                f"{path}: the mask of annotation {told} of image “{image.name}” "
                f"cannot be read: {error}. Export it again, or take it out."
            )
            raise InputError(msg) from error
        free = flat[pixels] == 0
        overlap += int(pixels.size - np.count_nonzero(free))
        flat[pixels[free]] = id_
    labels = np.ascontiguousarray(flat.reshape(width, height).T)
    known = {
        id_: Segment(
            id=id_, class_id=one.category_id, score=one.score, crowd=one.iscrowd
        )
        for id_, one in annotations
    }
    segments = segments_of(labels, known, class_id=1)
    hidden = tuple(sorted(set(known) - {one.id for one in segments}))
    return SegmentedImage(image.name, labels, segments, overlap, hidden)


def _pixels(segmentation: Any, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return the pixels of a mask in any of COCO's three ways, as `runs` counts."""
    if isinstance(segmentation, dict):
        return pixels_of(_rle(segmentation, shape))
    if not isinstance(segmentation, list) or not segmentation:
        msg = "it has neither polygons nor a run-length code"
        raise InputError(msg)
    parts = [filled([_corners(polygon)], shape) for polygon in segmentation]
    pixels = [pixels_of(runs_of(mask, start, shape[0])) for mask, start in parts]
    return pixels[0] if len(pixels) == 1 else np.unique(np.concatenate(pixels))


def _rle(segmentation: dict[str, Any], shape: tuple[int, int]) -> Runs:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != list(shape):
        told = " × ".join(map(str, size)) if isinstance(size, list) else "no size"
        msg = (
            f"it is made for an image of {told} (rows × columns), but the image has "
            f"{shape[0]} × {shape[1]}"
        )
        raise InputError(msg)
    if isinstance(counts, str):
        counts = uncompressed(counts)
    if not isinstance(counts, list):
        msg = "its run-length code has no counts"
        raise InputError(msg)
    return runs_from(counts, shape[0] * shape[1])


def _corners(polygon: Any) -> NDArray[np.float64]:
    whole = isinstance(polygon, list) and all(
        isinstance(n, int | float) and abs(n) < 1e300 for n in polygon
    )
    if not whole or len(polygon) < 6 or len(polygon) % 2:
        msg = "a polygon needs three or more corners, as x, y, x, y …"
        raise InputError(msg)
    return np.asarray(polygon, np.float64).reshape(-1, 2)[:, ::-1]


def _written(box: ObjectBox, shape: tuple[int, ...], how: Shape) -> dict[str, Any]:
    """Return segmentation, area and box of an object."""
    top, left = box.start
    polygons = outlines(box.mask) if how == "polygons" else []
    segmentation: Any
    if polygons and not any(is_hole(one) for one in polygons):
        segmentation = [
            np.add(one, (top, left))[:, ::-1].ravel().tolist() for one in polygons
        ]
    else:
        runs = runs_of(box.mask, (top, left), shape[0])
        counts = counts_of(runs, shape[0] * shape[1])
        segmentation = {"size": list(shape), "counts": compressed(counts)}
    rows, columns = box.mask.shape
    return {
        "segmentation": segmentation,
        "area": int(np.count_nonzero(box.mask)),
        "bbox": [left, top, columns, rows],
    }
