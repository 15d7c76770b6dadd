"""ImageJ's ROI sets: a zip file of outlines, one per object and plane."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from roifile import ROI_COLOR_NONE, ROI_OPTIONS, ROI_TYPE, ImagejRoi

from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.data.classes import ClassInfo, ClassTable, table_of
from napari_segsuite.data.object_boxes import object_boxes
from napari_segsuite.data.outlines import filled, outlines
from napari_segsuite.data.segments import (
    LARGEST_ID,
    Segment,
    SegmentedImage,
    segments_of,
)
from napari_segsuite.errors import InputError

# One ROI, and all of a file, are refused beyond these: no outline is so long.
_LARGEST_ROI: Final = 1 << 26
_LARGEST_FILE: Final = 1 << 31

_AREAS: Final = {
    ROI_TYPE.POLYGON,
    ROI_TYPE.FREEHAND,
    ROI_TYPE.TRACED,
    ROI_TYPE.RECT,
    ROI_TYPE.OVAL,
}

# How the names of ROIs begin that are written here; names of ImageJ do not.
_OWN_NAME: Final = re.compile(r"object (\d{1,10})\b")

# ImageJ keeps coordinates of whole pixels in 16 bits.
_FARTHEST: Final = 60_000


def write_rois(
    path: Path, image: SegmentedImage, axes: str, classes: ClassTable
) -> None:
    """Write the objects of a label image as a set of ROIs.

    Outlines go along the edges of pixels; objects of several parts or with holes are
    composite ROIs. Ids are in the names, classes in the groups and colours.

    Parameters
    ----------
    path : Path
        The ``.zip`` file to make.
    image : SegmentedImage
        The objects.
    axes : str
        The axes of its labels: ``"YX"``, with Z or T or both before.
    classes : ClassTable
        Their classes.

    Raises
    ------
    InputError
        If a plane is larger than ImageJ's ROIs can be.
    StorageError
        If the file exists, or cannot be written.
    """
    labels = image.labels
    if max(labels.shape[-2:]) > _FARTHEST:
        msg = (
            f"ROIs of ImageJ reach {_FARTHEST:,} pixels far, but “{image.name}” has "
            f"{labels.shape[-2]:,} × {labels.shape[-1]:,}. Cut it into parts."
        )
        raise InputError(msg)
    by_id = {one.id: one for one in image.segments}
    colors = {info.id: info.color for info in classes}
    with (
        atomic_file(path) as new,
        zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as file,
    ):
        for plane in np.ndindex(labels.shape[:-2]):
            place = dict(zip(axes[:-2], plane, strict=True))
            for id_, box in object_boxes(labels[plane]).items():
                polygons = [one + box.start for one in outlines(box.mask)]
                class_id = by_id[id_].class_id
                roi = _roi(polygons, place)
                roi.name = _name(id_, place)
                # A group is a number of two bytes.
                roi.group = class_id if class_id < 1 << 16 else 0
                roi.stroke_color = _argb(colors.get(class_id))
                file.writestr(f"{roi.name}.roi", roi.tobytes())


def read_rois(
    path: Path, name: str, shape: Sequence[int], axes: str
) -> tuple[SegmentedImage, ClassTable]:
    """Read a set of ROIs as a label image.

    Ids are those in the names that `write_rois` gives; the other ROIs get the free ids
    from 1 on, in their order. The class of an object is its group, else 1. Where ROIs
    overlap, the earlier one has the pixels.

    Parameters
    ----------
    path : Path
        The ``.zip`` file, or a single ``.roi`` file.
    name : str
        The name of the image.
    shape : sequence of int
        The shape of the labels.
    axes : str
        Their axes: ``"YX"``, with Z or T or both before.

    Returns
    -------
    image : SegmentedImage
        The objects.
    classes : ClassTable
        The groups; ImageJ's files hold no names of them.

    Raises
    ------
    InputError
        If the file cannot be read, a ROI has no area or lies outside the image, or
        nothing says on which plane of a stack it lies.
    """
    found = list(_rois(path))
    ids = _ids([roi.name for roi in found], path)
    labels = np.zeros(tuple(shape), np.int32)
    known: dict[int, Segment] = {}
    overlap = 0
    for id_, roi in zip(ids, found, strict=True):
        try:
            window, mask = _pixels(roi, labels.shape, axes)
        except InputError as error:
            msg = (
                f"{path}: the ROI {roi.name!r} cannot be an object: {error}. Take it "
                "out of the ROI Manager, and save the set again."
            )
            raise InputError(msg) from error
        under = labels[window]
        free = mask & (under == 0)
        overlap += int(np.count_nonzero(mask & ~free & (under != id_)))
        under[free] = id_
        known.setdefault(id_, Segment(id=id_, class_id=max(1, roi.group)))
    segments = segments_of(labels, known, class_id=1)
    hidden = tuple(sorted(set(known) - {one.id for one in segments}))
    classes = table_of((one.class_id for one in segments), _plain(known))
    return SegmentedImage(name, labels, segments, overlap, hidden), classes


def _plain(known: dict[int, Segment]) -> tuple[ClassInfo, ...]:
    """Return class 1 as "object": by default 1 is called background."""
    return (ClassInfo(id=1, name="object", color="#e69f00"),) if known else ()


def _rois(path: Path) -> Iterator[ImagejRoi]:
    try:
        if path.suffix.lower() == ".roi":
            with path.open("rb") as single:
                yield ImagejRoi.frombytes(single.read(_LARGEST_ROI))
            return
        with zipfile.ZipFile(path) as file:
            entries = [one for one in file.infolist() if not one.is_dir()]
            if sum(one.file_size for one in entries) > _LARGEST_FILE:
                msg = "it is far larger than any set of outlines"
                raise ValueError(msg)
            for entry in entries:
                if not entry.filename.lower().endswith(".roi"):
                    continue
                with file.open(entry) as packed:
                    yield ImagejRoi.frombytes(packed.read(_LARGEST_ROI))
    except Exception as error:
        # Whatever a decoder raises at a damaged file.
        reason = str(error) or type(error).__name__
        msg = f"{path} cannot be read as ROIs of ImageJ ({reason}). Save them again."
        raise InputError(msg) from error


def _ids(names: Sequence[str], path: Path) -> list[int]:
    matches = [_OWN_NAME.match(name) for name in names]
    own = [int(match[1]) if match else 0 for match in matches]
    wrong = [
        i
        for i, match in zip(own, matches, strict=True)
        if match and not 1 <= i <= LARGEST_ID
    ]
    if wrong:
        msg = f"{path}: an object cannot have the id {wrong[0]}. Rename the ROI."
        raise InputError(msg)
    taken = set(own)
    free = (i for i in range(1, len(names) + len(taken) + 1) if i not in taken)
    return [i or next(free) for i in own]


def _roi(polygons: Sequence[NDArray[np.int64]], place: dict[str, int]) -> ImagejRoi:
    every = np.concatenate(polygons)
    (top, left), (bottom, right) = every.min(0).tolist(), every.max(0).tolist()
    roi = ImagejRoi(
        options=ROI_OPTIONS.OVERLAY_LABELS | ROI_OPTIONS.OVERLAY_BACKGROUNDS,
        top=top,
        left=left,
        bottom=bottom,
        right=right,
        # ImageJ counts from 1. Of a stack with one axis it is the slice.
        position=1 + next(iter(place.values())) if len(place) == 1 else 0,
        z_position=1 + place["Z"] if len(place) == 2 else 0,
        t_position=1 + place["T"] if len(place) == 2 else 0,
    )
    if len(polygons) == 1:
        roi.roitype = ROI_TYPE.TRACED
        corners = polygons[0][:, ::-1] - (left, top)
        roi.integer_coordinates = corners.astype(np.int32)
        roi.n_coordinates = len(corners)
        return roi
    roi.roitype = ROI_TYPE.RECT
    path: list[float] = []
    for polygon in polygons:
        for number, (y, x) in enumerate(polygon.tolist()):
            # 0 moves to a corner, 1 draws to it, 4 closes the outline.
            path += [float(number > 0), x, y]
        path.append(4.0)
    roi.multi_coordinates = np.array(path, np.float32)
    roi.shape_roi_size = len(path)
    return roi


def _pixels(
    roi: ImagejRoi, shape: tuple[int, ...], axes: str
) -> tuple[tuple[Any, ...], NDArray[np.bool_]]:
    """Return where in the labels a ROI lies, and its pixels there."""
    if roi.roitype not in _AREAS and not roi.composite:
        msg = f"it is a {roi.roitype.name.lower()}, which has no area"
        raise InputError(msg)
    try:
        polygons = [xy[:, ::-1] for xy in roi.coordinates(multi=True)]
    except Exception as error:
        msg = f"its outline is damaged ({error})"
        raise InputError(msg) from error
    mask, (top, left) = filled(polygons, (shape[-2], shape[-1]))
    if not mask.any():
        msg = f"no pixel of the image ({shape[-2]} × {shape[-1]}) lies in it"
        raise InputError(msg)
    window = (slice(top, top + mask.shape[0]), slice(left, left + mask.shape[1]))
    return (*_plane(roi, shape, axes), *window), mask


def _plane(roi: ImagejRoi, shape: tuple[int, ...], axes: str) -> tuple[int, ...]:
    said = {"Z": roi.z_position, "T": roi.t_position}
    plane = []
    for letter, size in zip(axes[:-2], shape, strict=False):
        number = said.get(letter, 0)
        if not number and len(axes) == 3:
            number = roi.position
        if not 1 <= number <= size:
            told = f"on plane {number}" if number else "on no plane"
            msg = f"it lies {told} of {letter}, which has {size}"
            raise InputError(msg)
        plane.append(number - 1)
    return tuple(plane)


def _name(id_: int, place: dict[str, int]) -> str:
    where = "".join(f" {axis.lower()} {number}" for axis, number in place.items())
    return f"object {id_}{where}"


def _argb(color: str | None) -> bytes:
    return ROI_COLOR_NONE if color is None else b"\xff" + bytes.fromhex(color[1:])
