"""The annotated parts of the training images, in memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from napari_segsuite.data.frames import Frames, Window
from napari_segsuite.data.image_checks import require_finite
from napari_segsuite.data.object_boxes import ObjectBox, object_boxes
from napari_segsuite.data.segments import LARGEST_ID
from napari_segsuite.engine.intensity import Scale
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.training import Box

# Larger planes are cut into cells; an object on a cut counts as one in each cell.
_CELL = 4096


@dataclass(frozen=True, slots=True)
class Picture:
    """A training image with its objects, seen plane by plane."""

    image: Frames
    labels: Frames
    scale: Scale
    boxes: tuple[Box, ...]
    """Where every object is drawn; none: on all planes that hold an object."""
    classes: dict[int, int]
    """Class ids by object id; others have the first class."""
    name: str
    """What to call the image in messages."""


@dataclass(frozen=True, slots=True)
class Place:
    """An annotated part of a plane."""

    picture: int
    """Index of the picture."""
    frame: int
    """Index of the plane."""
    window: Window
    widths: tuple[float, ...]
    """Width of each object in pixels: the square root of its box's area."""

    @property
    def objects(self) -> int:
        """Number of objects in it."""
        return len(self.widths)

    @property
    def shape(self) -> tuple[int, int]:
        """Its size in pixels."""
        rows, columns = (part.stop - part.start for part in self.window)
        return rows, columns

    @property
    def pixels(self) -> int:
        """Number of its pixels."""
        rows, columns = self.shape
        return rows * columns


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """An annotated part of a plane, in memory."""

    picture: int
    """Index of the picture it is of."""
    image: torch.Tensor
    """Scaled intensities, float32, shape (channels, y, x)."""
    labels: torch.Tensor
    """Numbers of objects from 1 on, 0 nothing; int32, shape (y, x)."""
    classes: torch.Tensor
    """Class of each object, counted from 1; int64, shape (objects,)."""
    areas: torch.Tensor
    """Pixels of each object; float32, shape (objects,)."""
    centres: NDArray[np.float64]
    """Middle of each object's box in pixels, shape (objects, 2)."""


def annotated_places(picture: Picture, number: int) -> Iterator[Place]:
    """Yield the annotated parts of a picture, with what lies in them.

    Raises
    ------
    InputError
        If the labels are not whole numbers or have ids that cannot be objects, or
        a box does not fit the labels.
    """
    labels = picture.labels
    if labels.dtype.kind not in "biu":
        msg = (
            f"Labels must be whole numbers, but those of {picture.name} are "
            f"{labels.dtype}. Save them as integers (for example uint16) first."
        )
        raise InputError(msg)
    for frame, whole in _windows(picture):
        for window in _cells(whole):
            objects = _objects(labels, frame, window)
            wrong = [i for i in objects if not 0 < i <= LARGEST_ID]
            if wrong:
                msg = (
                    f"Objects need ids from 1 to {LARGEST_ID:,}, but the labels of "
                    f"{picture.name} hold {wrong[0]}. Relabel them first."
                )
                raise InputError(msg)
            if not objects and not picture.boxes:
                continue
            widths = (float(np.sqrt(one.mask.size)) for one in objects.values())
            yield Place(number, frame, window, tuple(widths))


def load_scene(picture: Picture, place: Place, class_ids: Sequence[int]) -> Scene:
    """Load an annotated part of a picture.

    Parameters
    ----------
    picture : Picture
        The picture.
    place : Place
        The part.
    class_ids : sequence of int
        The classes' ids in the order of the network's classes from 1 on.

    Raises
    ------
    InputError
        If pixels are NaN or infinite, or cannot be read.
    """
    values = picture.image.read(place.frame, place.window)
    require_finite(values, picture.name)
    objects = _objects(picture.labels, place.frame, place.window)
    classes = {
        i: class_ids.index(picture.classes.get(i, class_ids[0])) + 1 for i in objects
    }
    image = torch.from_numpy(picture.scale.apply(values))
    return _scene(place.picture, image, objects, classes)


def part_of(scene: Scene, axis: int, start: int, size: int) -> Scene:
    """Return a part of a scene along one axis; objects are cut as it is.

    Parameters
    ----------
    scene : Scene
        The scene.
    axis : int
        0 (y) or 1 (x).
    start, size : int
        First pixel along the axis, and how many.
    """
    labels = scene.labels.narrow(axis, start, size)
    objects = object_boxes(labels.numpy())
    classes = {i: int(scene.classes[i - 1]) for i in objects}
    image = scene.image.narrow(axis + 1, start, size)
    return _scene(scene.picture, image, objects, classes)


def _scene(
    picture: int,
    image: torch.Tensor,
    objects: dict[int, ObjectBox],
    classes: dict[int, int],
) -> Scene:
    labels = np.zeros(image.shape[1:], np.int32)
    for number, one in enumerate(objects.values(), start=1):
        rows, columns = one.mask.shape
        top, left = one.start
        labels[top : top + rows, left : left + columns][one.mask] = number
    centres = [
        [
            start + side / 2
            for start, side in zip(one.start, one.mask.shape, strict=True)
        ]
        for one in objects.values()
    ]
    areas = [float(np.count_nonzero(one.mask)) for one in objects.values()]
    return Scene(
        picture=picture,
        image=image,
        labels=torch.from_numpy(labels),
        classes=torch.tensor([classes[i] for i in objects], dtype=torch.int64),
        areas=torch.tensor(areas, dtype=torch.float32),
        centres=np.array(centres, dtype=np.float64).reshape(-1, 2),
    )


def _objects(labels: Frames, frame: int, window: Window) -> dict[int, ObjectBox]:
    values = labels.read_labels(frame, window)
    # A mask that was saved as booleans is one object.
    return object_boxes(values.view(np.uint8) if values.dtype == np.bool_ else values)


def _windows(picture: Picture) -> Iterator[tuple[int, Window]]:
    """Yield (frame, window) of all that is annotated, or may be."""
    labels = picture.labels
    if not picture.boxes:
        whole = tuple(slice(0, n) for n in labels.spatial_shape)
        yield from ((frame, whole) for frame in range(labels.count))
        return
    for box in picture.boxes:
        yield from _planes_of(picture, box)


def _planes_of(picture: Picture, box: Box) -> Iterator[tuple[int, Window]]:
    labels = picture.labels
    sizes = {**dict(zip(labels.leading_axes, labels.leading_shape, strict=True))}
    inner = [letter for letter in labels.axes if letter not in labels.leading_axes]
    sizes |= dict(zip(inner, labels.spatial_shape, strict=True))
    fits = len(box) == len(labels.axes) and all(
        0 <= start < stop <= sizes[letter]
        for letter, (start, stop) in zip(labels.axes, box, strict=False)
    )
    if not fits:
        shape = " × ".join(str(sizes[letter]) for letter in labels.axes)
        msg = (
            f"An annotated box of {picture.name} must lie inside its labels "
            f"({shape}, {labels.axes}), but it is {box}. Draw it within the image."
        )
        raise InputError(msg)
    sides = dict(zip(labels.axes, box, strict=True))
    window = tuple(slice(*sides[letter]) for letter in inner)
    ranges = [range(*sides[letter]) for letter in labels.leading_axes]
    for place in np.ndindex(*(len(one) for one in ranges)):
        index = [one[i] for one, i in zip(ranges, place, strict=True)]
        frame = int(np.ravel_multi_index(index, labels.leading_shape)) if index else 0
        yield frame, window


def _cells(window: Window) -> Iterator[Window]:
    """Cut a window into cells that are as large as each other and not too large."""
    rows, columns = (
        np.linspace(
            part.start,
            part.stop,
            -(-(part.stop - part.start) // _CELL) + 1,
        ).astype(int)
        for part in window
    )
    for top, bottom in itertools.pairwise(rows):
        for left, right in itertools.pairwise(columns):
            yield slice(int(top), int(bottom)), slice(int(left), int(right))
