"""The region that the shapes of a layer enclose, in pixels of a Labels layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Labels, Shapes

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.measure.parts import Polygon

# Corners of the polygon that stands for an ellipse: off by less than 0.1 % of its size.
_ELLIPSE = 96
_WITH_AREA = ("rectangle", "ellipse", "polygon")


@dataclass(frozen=True, slots=True)
class Region:
    """Polygons in two axes of a Labels layer; along others they go through everything.

    Parameters
    ----------
    axes : (int, int)
        The axes in which the polygons lie, ascending.
    polygons : tuple of polygons
        Corners in pixels along `axes`.
    box : tuple of (int, int)
        Start and stop along `axes` of all polygons together; may reach beyond the
        layer.
    """

    axes: tuple[int, int]
    polygons: tuple[Polygon, ...]
    box: tuple[tuple[int, int], tuple[int, int]]


def region_of_shapes(shapes: Shapes, labels: Labels) -> Region:
    """Return what rectangles, ellipses and polygons enclose; lines enclose nothing.

    Parameters
    ----------
    shapes : Shapes
        In 2D, or with as many dimensions as `labels`; every shape goes through the
        whole stack, on whichever slice it was drawn.
    labels : Labels
        In whose pixels the region is returned.

    Raises
    ------
    InputError
        If no shape encloses anything.
    """
    found = [
        _in_pixels(_outline(np.asarray(corners, float), kind), shapes, labels)
        for corners, kind in zip(shapes.data, shapes.shape_type, strict=True)
        if kind in _WITH_AREA
    ]
    if not found:
        msg = (
            f"“{shapes.name}” has no rectangle, ellipse or polygon. Draw one around "
            "what is to be scored."
        )
        raise InputError(msg)
    extents = np.ptp(found[0], axis=0)
    first, second = sorted(np.argsort(extents, kind="stable")[-2:].tolist())
    corners = np.concatenate(found)[:, [first, second]]
    starts = np.floor(corners.min(axis=0)).astype(int).tolist()
    stops = (np.ceil(corners.max(axis=0)).astype(int) + 1).tolist()
    return Region(
        axes=(first, second),
        polygons=tuple(_polygon(points[:, [first, second]]) for points in found),
        box=((starts[0], stops[0]), (starts[1], stops[1])),
    )


def _outline(corners: npt.NDArray[np.float64], kind: str) -> npt.NDArray[np.float64]:
    """Return the corners of a polygon; of an ellipse, points on its rim."""
    if kind != "ellipse":
        return corners
    middle = corners.mean(axis=0)
    # Ellipses are stored as the four corners of the box around them, in order.
    half_a, half_b = (corners[1] - corners[0]) / 2, (corners[2] - corners[1]) / 2
    angles = np.linspace(0, 2 * np.pi, _ELLIPSE, endpoint=False)[:, None]
    return np.asarray(middle + np.cos(angles) * half_a + np.sin(angles) * half_b)


def _in_pixels(
    points: npt.NDArray[np.float64], shapes: Shapes, labels: Labels
) -> npt.NDArray[np.float64]:
    surplus = labels.ndim - shapes.ndim
    world = np.array([np.asarray(shapes.data_to_world(point)) for point in points])
    if surplus > 0:  # Layers of fewer dimensions align at the last ones.
        origin = np.asarray(labels.data_to_world(np.zeros(labels.ndim)))[:surplus]
        world = np.hstack([np.tile(origin, (len(world), 1)), world])
    return np.array([np.asarray(labels.world_to_data(point)) for point in world])


def _polygon(points: npt.NDArray[Any]) -> Polygon:
    return tuple((float(a), float(b)) for a, b in points)
