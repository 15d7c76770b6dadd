from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.engine.objects.targets import target_of
from napari_segsuite.engine.objects.watershed import separate
from napari_segsuite.metrics import count, score_instances
from napari_segsuite.plan.objects import ObjectReadout

DEFAULT = ObjectReadout()
PLAIN = ObjectReadout(smoothing=0.0, min_area=1)


def balls(
    shape: tuple[int, ...], places: list[tuple[int, ...]], radius: float
) -> NDArray[np.int32]:
    labels = np.zeros(shape, np.int32)
    nearest = np.full(shape, np.inf)
    grid = np.indices(shape)
    for number, place in enumerate(places, start=1):
        apart = np.sqrt(sum((g - p) ** 2 for g, p in zip(grid, place, strict=True)))
        mine = (apart <= radius) & (apart < nearest)
        labels[mine], nearest[mine] = number, apart[mine]
    return labels


def read(
    labels: NDArray[np.int32], readout: ObjectReadout = DEFAULT
) -> NDArray[np.int32]:
    beyond = ((False, False),) * labels.ndim
    target = target_of(labels, np.ones(labels.shape, np.bool_), beyond)
    return separate(
        (target.foreground == 1).astype(np.float32),
        target.distance.astype(np.float32),
        readout,
    )


@pytest.mark.parametrize(
    ("shape", "places"),
    [
        ((40, 60), [(20, 15), (20, 31), (8, 45)]),
        ((20, 24, 48), [(10, 10, 10), (10, 10, 25), (8, 14, 39)]),
    ],
    ids=["plane", "stack"],
)
def test_touching_objects_are_found_again(
    shape: tuple[int, ...], places: list[tuple[int, ...]]
) -> None:
    labels = balls(shape, places, 9.0)
    found = read(labels)
    assert found.dtype == np.int32
    assert found.max() == 3
    report = score_instances(count(labels, found), thresholds=(0.9,))
    assert report.matches[0].f1 == 1.0


def test_small_neighbours_come_apart_where_large_objects_do_not() -> None:
    distance = np.zeros((40, 80), np.float32)
    x = np.arange(80)
    # Two objects 6 pixels wide with a shallow gap; one 36 pixels wide with as deep a
    # dent.
    for centre in (5, 11):
        one = np.clip(1 - abs(x - centre) / 6, 0, None)[None]
        distance[4:10] = np.maximum(distance[4:10], one)
    distance[2:38] += np.clip(1 - abs(x - 50) / 18, 0, None)[None]
    distance[2:38, 49:52] = 0.5
    foreground = (distance > 0.05).astype(np.float32)
    steady = PLAIN.replace(seed=0.45)
    rising = steady.replace(seed_rise=0.2)

    assert separate(foreground, distance, steady).max() == 2
    found = separate(foreground, distance, rising)

    assert found.max() == 3
    assert found[6, 5] != found[6, 11]
    assert found[20, 45] == found[20, 55]


def test_what_is_too_small_to_have_an_inside_is_one_object() -> None:
    foreground = np.zeros((5, 8), np.float32)
    foreground[2, 2], foreground[1:3, 5:7] = 0.9, 0.9
    found = separate(foreground, np.zeros_like(foreground), PLAIN)
    assert found.max() == 2
    assert (found[1:3, 5:7] == 1).all()
    assert found[2, 2] == 2


def test_small_objects_are_left_out_and_numbers_have_no_gaps() -> None:
    foreground = np.zeros((5, 9), np.float32)
    foreground[0, 0], foreground[1:3, 2:4], foreground[3:5, 6:8] = 1, 1, 1
    found = separate(foreground, foreground, PLAIN.replace(min_area=2))
    assert np.unique(found).tolist() == [0, 1, 2]
    assert found[0, 0] == 0


def test_doubtful_objects_are_left_out() -> None:
    foreground = np.zeros((4, 9), np.float32)
    foreground[1:3, 1:3], foreground[1:3, 5:7] = 0.9, 0.75
    foreground[1, 5] = 0.55
    assert separate(foreground, foreground, PLAIN.replace(min_score=0.69)).max() == 2
    found = separate(foreground, foreground, PLAIN.replace(min_score=0.71))
    assert np.array_equal(found == 1, foreground == np.float32(0.9))
    assert found.max() == 1


def test_nothing_is_found_in_nothing() -> None:
    empty = np.zeros((4, 5), np.float32)
    assert not separate(empty, empty, ObjectReadout()).any()


def test_a_valley_divides_and_a_lower_seed_joins() -> None:
    foreground = np.ones((1, 9), np.float32)
    distance = np.array([[0.3, 0.9, 0.8, 0.6, 0.4, 0.6, 0.8, 0.9, 0.3]], np.float32)
    assert separate(foreground, distance, PLAIN).tolist() == [
        [1, 1, 1, 1, 1, 2, 2, 2, 2]
    ]
    assert separate(foreground, distance, PLAIN.replace(seed=0.35)).max() == 1


def test_smoothing_is_less_along_thick_slices() -> None:
    foreground = np.ones((3, 1, 9), np.float32)
    distance = np.zeros((3, 1, 9), np.float32)
    distance[0], distance[2] = 1.0, 1.0
    rough = ObjectReadout(smoothing=2.0, min_area=1, seed=0.5)
    assert separate(foreground, distance, rough).max() == 1
    assert separate(foreground, distance, rough, (10.0, 1.0, 1.0)).max() == 2


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_objects_move_with_the_image(seed: int, by: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    maps = rng.random((2, 16, 18)).astype(np.float32)
    large = np.zeros((2, 40, 40), np.float32)
    moved = np.zeros_like(large)
    large[:, 8:24, 8:26] = maps
    moved[:, 8 + by[0] : 24 + by[0], 8 + by[1] : 26 + by[1]] = maps
    one = separate(large[0], large[1], ObjectReadout(min_area=1))
    other = separate(moved[0], moved[1], ObjectReadout(min_area=1))
    assert (
        one[4:28, 4:30] == other[4 + by[0] : 28 + by[0], 4 + by[1] : 30 + by[1]]
    ).all()


@given(st.integers(0, 2**32 - 1))
def test_all_foreground_is_some_object_and_objects_are_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    foreground, distance = rng.random((2, 14, 15)).astype(np.float32)
    found = separate(foreground, distance, PLAIN)
    assert ((found > 0) == (foreground > 0.5)).all()
    assert np.unique(found).tolist() == list(range(found.max() + 1))
    for i in range(1, found.max() + 1):
        assert ndimage.label(found == i)[1] == 1
