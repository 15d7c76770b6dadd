"""Objects are told from classes by the shapes of ids."""

from typing import Any

import numpy as np
import pytest

from napari_segsuite.data.samples import make
from napari_segsuite.data.strokes import paint_strokes
from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.widgets.measure.blobs import looks_like_objects
from napari_segsuite.widgets.measure.parts import ArrayPart


def part(array: Any) -> ArrayPart:
    return ArrayPart(array, tuple(slice(0, n) for n in array.shape))


def drawn(shape: tuple[int, ...], seed: int, count: int = 20) -> Any:
    """Return nuclei with their ids."""
    rng = np.random.default_rng(seed)
    return nuclei(rng, shape, (0.5,) * len(shape), count=count)[1]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shape", [(160, 160), (24, 96, 96), (1100, 160)])
def test_nuclei_are_objects(shape: tuple[int, ...], seed: int) -> None:
    labels = drawn(shape, seed)

    assert 3 <= np.unique(labels).size < 33
    assert looks_like_objects(part(labels))


@pytest.mark.parametrize("key", ["ct", "shapes", "fluorescence"])
def test_classes_and_paintings_are_not(key: str) -> None:
    sample = make(key)
    assert sample.truth is not None
    truth = sample.truth.astype(np.uint8)
    classes = truth if key == "ct" else np.where(truth > 0, 2, 1).astype(np.uint8)
    plane = classes if classes.ndim == 2 else classes[len(classes) // 2]

    assert not looks_like_objects(part(classes))
    for seed in range(3):
        painted = paint_strokes(plane, np.random.default_rng(seed))
        assert not looks_like_objects(part(painted))


def test_ids_in_pieces_of_all_sizes_or_without_background_are_no_objects() -> None:
    grid = np.arange(64).reshape(8, 8) % 4 + 1
    pieces = np.zeros((80, 80), np.uint8)
    pieces[::10, ::10] = grid
    sizes = np.zeros((80, 80), np.uint8)
    sizes[:60, :60], sizes[70:75, 70:75], sizes[70:75, :5] = 1, 2, 3
    tiles = np.kron(np.array([[1, 2], [3, 4]]), np.ones((20, 20), int))
    strokes = np.zeros((80, 80), np.uint8)
    strokes[5:9, 5:60], strokes[25:29, 5:60], strokes[45:49, 5:60] = 1, 2, 3

    for labels in (pieces, sizes, tiles, strokes, np.zeros((9, 9), int)):
        assert not looks_like_objects(part(labels))
    assert looks_like_objects(part(np.pad(tiles, 5)))
    assert not looks_like_objects(part(np.zeros((0, 4), int)))
