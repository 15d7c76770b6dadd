"""Regions drawn as shapes."""

import numpy as np
import pytest
from napari.layers import Labels, Shapes

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.measure.shapes_region import region_of_shapes

RECTANGLE = np.array([[2, 4], [2, 8], [6, 8], [6, 4]])


def test_a_rectangle_in_pixels_of_the_labels() -> None:
    labels = Labels(np.zeros((20, 30), int), scale=(0.5, 2))

    region = region_of_shapes(Shapes([RECTANGLE]), labels)

    assert region.axes == (0, 1)
    assert region.polygons == (((4, 2), (4, 4), (12, 4), (12, 2)),)
    assert region.box == ((4, 13), (2, 5))


def test_flat_shapes_over_a_stack_and_shapes_on_one_of_its_slices_are_alike() -> None:
    labels = Labels(np.zeros((5, 20, 30), int), translate=(7, 0, 0))
    on_slice = np.insert(RECTANGLE.astype(float), 0, 9, axis=1)

    flat = region_of_shapes(Shapes([RECTANGLE]), labels)

    assert flat.axes == (1, 2)
    assert flat == region_of_shapes(Shapes([on_slice]), labels)


def test_an_ellipse_is_round() -> None:
    labels = Labels(np.zeros((20, 30), int))

    region = region_of_shapes(Shapes([RECTANGLE], shape_type="ellipse"), labels)

    points = np.array(region.polygons[0])
    assert np.allclose(np.hypot(points[:, 0] - 4, points[:, 1] - 6), 2)


def test_lines_enclose_nothing() -> None:
    labels = Labels(np.zeros((20, 30), int))

    with pytest.raises(InputError, match="no rectangle, ellipse or polygon"):
        region_of_shapes(Shapes([RECTANGLE], shape_type="path"), labels)
    with pytest.raises(InputError, match="no rectangle, ellipse or polygon"):
        region_of_shapes(Shapes(), labels)
