from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_segsuite.engine.objects.targets import UNKNOWN, ObjectTarget, target_of

WITHIN = ((False, False), (False, False))


def of(rows: list[str], **fields: object) -> ObjectTarget:
    labels = np.array([[int(c) for c in row] for row in rows])
    given = {"annotated": np.ones(labels.shape, np.bool_), "beyond": WITHIN, **fields}
    return target_of(labels, **given)  # type: ignore[arg-type]


def test_distances_are_parts_of_the_largest_in_the_object() -> None:
    # A square of 3: its rim is 1 pixel from the background, its middle 2.
    target = of(["00000", "01110", "01110", "01110", "00000"])
    assert target.distance.dtype == np.float16
    assert target.distance[1:4, 1:4].tolist() == [
        [0.5, 0.5, 0.5],
        [0.5, 1.0, 0.5],
        [0.5, 0.5, 0.5],
    ]
    assert target.distance.sum() == 5.0
    assert (target.foreground == (target.distance > 0)).all()


def test_one_pixel_is_the_middle_of_its_object() -> None:
    target = of(["000", "070", "000"])
    assert target.distance[1, 1] == 1.0


def test_touching_objects_have_a_rim_between_them() -> None:
    target = of(["0000000000", "0111222220", "0111222220", "0111222220", "0000000000"])
    assert target.distance[2].tolist() == [0, 0.5, 1, 0.5, 0.5, 1, 1, 1, 0.5, 0]
    assert target.foreground[2].tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1, 0]


def test_an_image_ends_but_its_objects_go_on() -> None:
    target = of(["110", "110", "000"])
    # The nearest pixel of background is 1 away, or 2 behind the first column.
    assert target.distance.tolist() == [[1, 0.5, 0], [0.5, 0.5, 0], [0, 0, 0]]


def test_an_object_that_fills_everything_is_all_middle() -> None:
    target = of(["11", "11"])
    assert (target.distance == 1).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 11))
def test_what_is_known_of_cut_objects_is_right(seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.repeat(rng.integers(0, 3, (3, 3)), 4, 0), 4, 1)
    everywhere = np.ones(labels.shape, np.bool_)
    annotated = everywhere.copy()
    annotated[:, width:] = False
    whole = target_of(labels, everywhere, WITHIN).distance
    part = target_of(labels, annotated, WITHIN).distance
    known = part != UNKNOWN
    assert not known[:, width:].any()
    assert known[:, :width][labels[:, :width] == 0].all()
    for i in (1, 2):
        mine = known & (labels == i)
        if (whole[:, :width][labels[:, :width] == i] == 1).any():
            assert (part[mine] == whole[mine]).all()


def test_distances_in_an_object_cut_by_the_annotated_box_are_not_known() -> None:
    annotated = np.ones((5, 7), np.bool_)
    annotated[:, 3:] = False
    target = of(
        ["0000000", "0111110", "0111110", "0111110", "0000000"], annotated=annotated
    )
    assert (target.distance[1:4, 1:3] == UNKNOWN).all()
    assert (target.distance[0, :3] == 0).all()
    assert (target.distance[:, 3:] == UNKNOWN).all()
    assert target.foreground[2].tolist() == [0, 1, 1, -1, -1, -1, -1]


def test_distances_are_known_where_the_cut_is_too_far_to_matter() -> None:
    labels = np.zeros((5, 40), np.int32)
    labels[1:4, 1:39] = 1
    annotated = np.ones(labels.shape, np.bool_)
    annotated[:, 38:] = False
    target = target_of(labels, annotated, WITHIN)
    assert target.distance[2, 20] == 1.0
    assert target.distance[2, 37] == UNKNOWN


def test_distances_at_the_end_of_what_was_read_are_not_known() -> None:
    target = of(["110", "110", "000"], beyond=((True, False), (False, False)))
    assert (target.distance[:2, :2] == UNKNOWN).any()
    assert (target.distance[2] == 0).all()


def test_distances_are_measured_in_the_size_of_pixels() -> None:
    labels = np.zeros((5, 9, 9), np.int32)
    labels[1:4, 1:8, 1:8] = 1
    beyond = ((False, False),) * 3
    # Slices are 4 apart: the nearest background of the middle is 4 away in the plane.
    target = target_of(labels, labels == labels, beyond, (4.0, 1.0, 1.0))
    assert target.distance[1:4, 4, 4].tolist() == [1.0, 1.0, 1.0]
    assert target.distance[2, 4, 1] == 0.25


def test_large_ids_and_gaps_are_as_good_as_others() -> None:
    labels = np.array([[0, 5, 0, 2**31 - 1]])
    target = target_of(labels, labels == labels, WITHIN)
    assert target.distance.tolist() == [[0, 1, 0, 1]]


@given(st.integers(0, 2**32 - 1))
def test_every_object_has_a_middle_and_background_is_zero(seed: int) -> None:
    labels: NDArray[np.int64] = np.random.default_rng(seed).integers(0, 3, (6, 7))
    target = target_of(labels, labels == labels, WITHIN)
    for i in np.unique(labels[labels > 0]):
        assert target.distance[labels == i].max() == 1.0
    assert (target.distance[labels == 0] == 0).all()
    assert (target.distance[labels > 0] > 0).all()


@pytest.mark.parametrize("turn", range(4))
def test_targets_turn_with_their_objects(turn: int) -> None:
    labels = np.zeros((12, 12), np.int32)
    labels[2:6, 3:11], labels[6:9, 3:7] = 1, 2
    one = target_of(labels, labels == labels, WITHIN).distance
    turned = np.rot90(labels, turn)
    other = target_of(turned, turned == turned, WITHIN).distance
    assert (np.rot90(one, turn) == other).all()
