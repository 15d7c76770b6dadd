import numpy as np
import pytest
from napari.components import ViewerModel

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.regions import (
    current_index,
    frame_in_view,
    leading_index,
    region_of,
)


def test_the_slice_is_found_through_world_coordinates():
    viewer = ViewerModel()
    stack = viewer.add_image(np.zeros((6, 8, 9)), scale=(2, 1, 1), translate=(10, 0, 0))
    viewer.add_image(np.zeros((30, 8, 9)))  # makes the viewer's steps smaller
    viewer.dims.set_point(0, 16.0)
    assert current_index(viewer, stack)[0] == 3
    assert leading_index(viewer, stack, "ZYX", 2) == (3,)
    assert leading_index(viewer, stack, "ZYX", 3) == ()
    viewer.dims.set_point(0, 0.0)
    assert current_index(viewer, stack)[0] == 0


def test_a_network_for_volumes_sees_time_only_as_frames():
    viewer = ViewerModel()
    movie = viewer.add_image(np.zeros((4, 6, 8, 9)))
    viewer.dims.set_point((0, 1), (2.0, 5.0))
    assert leading_index(viewer, movie, "TZYX", 2) == (2, 5)
    assert leading_index(viewer, movie, "TZYX", 3) == (2,)


def test_the_whole_image_is_no_region():
    viewer = ViewerModel()
    stack = viewer.add_image(np.zeros((6, 8, 9)))
    assert region_of(viewer, stack, "ZYX", "whole image") is None


def test_the_current_slice_is_one_slice():
    viewer = ViewerModel()
    stack = viewer.add_image(np.zeros((6, 8, 9)))
    viewer.dims.set_point(0, 4.0)
    region = region_of(viewer, stack, "ZYX", "current slice")
    assert region == ((4, 5), (0, 8), (0, 9))


def test_the_current_slice_of_a_plain_image_is_all_of_it():
    viewer = ViewerModel()
    image = viewer.add_image(np.zeros((8, 9)))
    assert region_of(viewer, image, "YX", "current slice") is None


def test_turned_axes_give_the_slice_that_is_shown():
    viewer = ViewerModel()
    stack = viewer.add_image(np.zeros((6, 8, 9)))
    viewer.dims.order = (1, 0, 2)
    viewer.dims.set_point(1, 5.0)
    region = region_of(viewer, stack, "ZYX", "current slice")
    assert region == ((0, 6), (5, 6), (0, 9))


def test_channels_first_are_not_part_of_the_region():
    viewer = ViewerModel()
    image = viewer.add_image(np.zeros((3, 6, 8, 9)))
    viewer.dims.set_point((0, 1), (2.0, 4.0))
    region = region_of(viewer, image, "CZYX", "current slice")
    assert region == ((4, 5), (0, 8), (0, 9))


def test_the_visible_region_follows_the_corners_of_the_view():
    viewer = ViewerModel()
    image = viewer.add_image(np.zeros((100, 200)))
    image.corner_pixels = np.array([[10, 20], [49, 199]])
    assert region_of(viewer, image, "YX", "visible region") == ((10, 50), (20, 200))


def test_the_visible_region_of_a_pyramid_is_in_pixels_of_its_largest_level():
    viewer = ViewerModel()
    levels = [np.zeros((400, 800)), np.zeros((100, 200))]
    image = viewer.add_image(levels, multiscale=True)
    image.data_level = 1
    image.corner_pixels = np.array([[10, 20], [50, 100]])
    region = region_of(viewer, image, "YX", "visible region")
    assert region == ((40, 201), (80, 401))


def test_an_image_out_of_view_has_no_visible_region():
    viewer = ViewerModel()
    image = viewer.add_image(np.zeros((100, 200)), name="far")
    image.corner_pixels = np.array([[100, 0], [100, 50]])
    with pytest.raises(InputError, match="Nothing of 'far' is in view"):
        region_of(viewer, image, "YX", "visible region")


def test_the_view_is_counted_along_the_axes_that_the_network_sees():
    viewer = ViewerModel()
    movie = viewer.add_image(np.zeros((4, 6, 8, 9)))
    viewer.dims.set_point((0, 1), (2.0, 5.0))
    movie.corner_pixels = np.array([[0, 0, 1, 3], [0, 0, 4, 7]])
    assert frame_in_view(viewer, movie, "TZYX", 2) == ((1, 5), (3, 8))
    assert frame_in_view(viewer, movie, "TZYX", 3) == ((5, 6), (1, 5), (3, 8))
    assert frame_in_view(viewer, movie, "ZTYX", 3) == ((2, 3), (1, 5), (3, 8))


def test_an_image_that_is_all_in_view_has_no_view_of_its_own():
    viewer = ViewerModel()
    image = viewer.add_image(np.zeros((8, 9)))
    image.corner_pixels = np.array([[0, 0], [7, 8]])
    assert frame_in_view(viewer, image, "YX", 2) is None
