"""Which plane is shown, and where a place of the world lies on it."""

import dask.array
import numpy as np
import pytest
from napari.components import ViewerModel

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import image_axes
from napari_segsuite.widgets.prompt.picture import Picture, neighbours


def shown(array, **options):
    viewer = ViewerModel()
    image = viewer.add_image(array, **options)
    return viewer, Picture((image,), image_axes(image))


def test_planes_are_found_through_the_world():
    viewer, picture = shown(np.zeros((9, 20, 30)), scale=(2, 0.5, 0.5))
    viewer.add_points(np.zeros((1, 3)))  # whose steps are of another size
    viewer.dims.set_point(0, 8.0)
    assert picture.index_shown(viewer) == (4,)
    assert picture.pixel((8.0, 5.0, 2.5)) == (10.0, 5.0)
    assert np.allclose(picture.world((4,), (10.0, 5.0)), (8.0, 5.0, 2.5))


def test_time_and_depth_count_apart():
    viewer, picture = shown(np.zeros((3, 9, 20, 30)))
    viewer.dims.set_point((0, 1), (2, 5))
    assert picture.leading == "TZ"
    assert picture.index_shown(viewer) == (2, 5)


def test_channels_are_no_planes():
    rng = np.random.default_rng(0)
    array = rng.random((3, 20, 30))
    viewer, picture = shown(array)
    assert picture.axes == "CYX"
    assert picture.index_shown(viewer) == ()
    assert np.array_equal(picture.plane_reader(())(), array)
    assert (picture.plane_axes, picture.channels) == ("CYX", 3)


def test_layers_can_be_channels():
    viewer = ViewerModel()
    images = [viewer.add_image(np.full((4, 20, 30), n)) for n in range(2)]
    picture = Picture(tuple(images), "ZYX")
    plane = picture.plane_reader((1,))()
    assert plane.shape == (2, 20, 30)
    assert plane[1].all()
    assert not plane[0].any()


def test_colours_come_last():
    _viewer, picture = shown(np.zeros((20, 30, 4), np.uint8), rgb=True)
    assert (picture.plane_axes, picture.plane_shape) == ("YXC", (20, 30))
    assert picture.pixel((3.0, 4.0)) == (3.0, 4.0)


def test_lazy_arrays_are_read_plane_by_plane():
    read = []

    def block(block_info=None):
        read.append(block_info[None]["chunk-location"][0])
        return np.ones((1, 20, 30))

    array = dask.array.map_blocks(block, chunks=((1,) * 5, 20, 30), dtype=float)
    picture = Picture((shown(np.zeros((5, 20, 30)))[1].image,), "ZYX")
    picture.image.data = array
    read.clear()
    assert picture.plane_reader((3,))().all()
    assert set(read) <= {3}


def test_multiscale_gives_its_full_resolution():
    levels = [np.ones((40, 60)), np.ones((20, 30))]
    _viewer, picture = shown(levels, multiscale=True)
    assert picture.plane_shape == (40, 60)
    assert picture.plane_reader(())().shape == (40, 60)


@pytest.mark.parametrize("place", [(-0.6, 3.0), (3.0, 29.6), (20.0, 3.0)])
def test_places_outside_are_refused(place):
    _, picture = shown(np.zeros((20, 30)))
    with pytest.raises(InputError, match="outside"):
        picture.pixel(place)
    y, x = picture.pixel_clamped(place)
    assert -0.5 <= y <= 19.5
    assert -0.5 <= x <= 29.5


def test_other_views_are_refused_in_a_sentence():
    viewer, picture = shown(np.zeros((9, 20, 30)))
    viewer.dims.order = (1, 0, 2)
    with pytest.raises(InputError, match="roll"):
        picture.index_shown(viewer)
    viewer.dims.order = (0, 2, 1)  # transposed: still Y and X
    assert picture.index_shown(viewer) == (4,)
    viewer.dims.ndisplay = 3
    with pytest.raises(InputError, match="2D"):
        picture.index_shown(viewer)


def test_an_unreadable_plane_is_told():
    class Broken:
        shape, dtype, ndim = (5, 20, 30), np.dtype(float), 3

        def __getitem__(self, _key):
            raise OSError("disk gone")

    _, picture = shown(np.zeros((5, 20, 30)))
    broken = Picture.__new__(Picture)
    object.__setattr__(broken, "images", picture.images)
    object.__setattr__(broken, "axes", "ZYX")
    picture.image._data = Broken()
    with pytest.raises(InputError, match="disk gone"):
        broken.plane_reader((0,))()


def test_neighbours_are_the_nearest_first():
    assert neighbours((2, 5), (3, 9), 2) == [(2, 6), (2, 4), (2, 7), (2, 3)]
    assert neighbours((0,), (2,), 2) == [(1,)]
    assert neighbours((), (), 2) == []
