import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_segsuite.data.scratch import Scratch
from napari_segsuite.errors import Cancelled, InputError
from napari_segsuite.widgets.snapshots import (
    channel_count,
    copy,
    image_source,
    labels_source,
    refer,
)


@pytest.fixture
def scratch(tmp_path):
    with Scratch(tmp_path) as made:
        yield made


def never():
    """Nobody cancels."""


def test_a_copy_does_not_see_later_strokes(scratch):
    labels = Labels(np.zeros((8, 9), np.uint8), scale=(2, 2))
    ref = copy(labels_source(labels, "YX"), scratch, check=never)
    labels.data[:] = 3
    assert ref.open().max() == 0
    assert ref.axes == "YX"
    assert ref.spacing == (2.0, 2.0)


def test_several_layers_become_channels(scratch):
    layers = [Image(np.full((8, 9), i, np.uint8)) for i in (1, 2)]
    source = image_source(layers, "YX")
    ref = refer(source, scratch, check=never)
    assert ref.axes == "CYX"
    np.testing.assert_array_equal(ref.open()[:, 0, 0], [1, 2])
    assert channel_count(layers, "YX") == 2


def test_channels_within_the_image_are_counted():
    assert channel_count([Image(np.zeros((3, 20, 30)))], "CYX") == 3
    assert channel_count([Image(np.zeros((20, 30, 3)), rgb=True)], "YXC") == 3
    assert channel_count([Image(np.zeros((20, 30)))], "YX") == 1


def test_layers_with_channels_of_their_own_cannot_be_joined():
    layers = [Image(np.zeros((3, 20, 30)), name="a"), Image(np.zeros((3, 20, 30)))]
    with pytest.raises(InputError, match="'a' has channels of its own"):
        image_source(layers, "CYX")


def test_the_largest_level_of_a_pyramid_is_copied(scratch):
    image = Image([np.ones((40, 60)), np.zeros((20, 30))], multiscale=True)
    ref = refer(image_source([image], "YX"), scratch, check=never)
    assert ref.open().shape == (40, 60)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(72, dtype=">u2").reshape(8, 9),
        np.arange(72).reshape(9, 8).T,
        np.asfortranarray(np.arange(72.0).reshape(8, 9)),
        np.ones((1, 1), np.float32),
        np.ones((7, 11), bool),
    ],
    ids=["big-endian", "transposed", "fortran", "one pixel", "bool"],
)
def test_arrays_of_every_kind_keep_their_values(scratch, array):
    ref = refer(image_source([Image(array)], "YX"), scratch, check=never)
    np.testing.assert_array_equal(ref.open(), array)


def test_a_lazy_array_whose_chunk_fails_is_told_by_name(scratch):
    da = pytest.importorskip("dask.array")

    def fail(block):
        msg = "chunk lost"
        raise OSError(msg)

    good = da.zeros((4, 8, 9), chunks=(1, 8, 9))
    array = da.concatenate([good, good.map_blocks(fail, dtype=float)])
    image = Image(array, name="remote", contrast_limits=(0, 1))
    with pytest.raises(InputError, match=r"'remote' cannot be read.*chunk lost"):
        refer(image_source([image], "ZYX"), scratch, check=never)
    assert not list(scratch.folder.glob("*.npy"))


def test_cancelling_ends_a_copy_and_leaves_nothing(scratch):
    def cancelled():
        raise Cancelled

    source = image_source([Image(np.zeros((8, 9)))], "YX")
    with pytest.raises(Cancelled):
        refer(source, scratch, check=cancelled)
    assert not list(scratch.folder.glob("*.npy"))


def large_file(folder):
    array = np.zeros((2**13, 2**13), np.uint8)
    array[::7] = np.arange(2**13) % 251
    path = folder / "large.npy"
    np.save(path, array)
    return path, array


def test_a_large_image_is_read_from_its_own_file(scratch, tmp_path):
    path, array = large_file(tmp_path)
    source = image_source([Image(array)], "YX")
    ref = refer(_with_path(source, path), scratch, check=never)
    assert ref.path == path


def test_an_image_that_differs_from_its_file_is_copied(scratch, tmp_path):
    path, array = large_file(tmp_path)
    source = image_source([Image(array + 1)], "YX")
    ref = refer(_with_path(source, path), scratch, check=never)
    assert ref.path != path


def _with_path(source, path):
    from dataclasses import replace

    return replace(source, path=path)
