import numpy as np
import pytest

from napari_segsuite.data.journal.preview import preview
from napari_segsuite.data.journal.records import Content
from napari_segsuite.data.journal.tiles import Tiling


def content(array, facts=None):
    tiling = Tiling(array.shape, array.dtype)
    tiles = {i: tiling.pack(tiling.read(array, i)) for i in range(tiling.count)}
    return Content(tiling, facts, tiles)


def test_small_paintings_are_shown_pixel_by_pixel(facts):
    array = np.zeros((2, 3, 4), np.uint8)
    array[0, 1, 2] = 3
    array[1, 0, 0] = 3
    classes = ({"id": 3, "name": "nucleus", "color": "#ff8000"},)
    made = preview(content(array, facts.replace(classes=classes)))
    assert made.picture.shape == (3, 4, 3)
    assert made.painted == 2
    shown = np.argwhere(made.picture.any(axis=-1)).tolist()
    assert shown == [[0, 0], [1, 2]]
    assert made.picture[1, 2].tolist() == [255, 128, 0]


def test_a_thin_stroke_is_seen_in_a_large_image():
    array = np.zeros((1000, 500), np.uint16)
    array[777, 333] = 9
    made = preview(content(array))
    assert made.picture.shape == (63, 32, 3)
    assert np.argwhere(made.picture.any(axis=-1)).tolist() == [[48, 20]]


@pytest.mark.parametrize("label", [-5, 2**62])
def test_ids_that_are_no_class_have_a_colour(label):
    made = preview(content(np.full((2, 2), label, np.int64)))
    assert made.picture.any()


def test_damaged_tiles_stay_black(facts):
    damaged = content(np.ones((300, 10), np.uint8), facts)
    damaged.tiles[0] = b"nonsense"
    damaged.tiles[99] = b"there is no such tile"
    made = preview(damaged)
    assert made.painted == 440
