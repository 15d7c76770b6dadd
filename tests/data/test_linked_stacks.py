"""Whole stacks linked, with what is known of their objects."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.data.linked_stacks import link_stack
from napari_segsuite.data.linking import LinkOptions
from napari_segsuite.data.segments import Segment
from napari_segsuite.errors import InputError


def known(*segments):
    return {
        id_: Segment(id=id_, class_id=class_id, score=score)
        for id_, class_id, score in segments
    }


def test_slices_become_one_object_with_the_class_and_score_of_its_pixels():
    labels = np.zeros((3, 2, 6), np.int32)
    labels[0, 0, 1:5] = 1
    labels[1, :, 1:5] = 2
    labels[2, 1, 2:4] = 3

    segments = link_stack(
        labels, "ZYX", known((1, 4, 0.5), (2, 7, 0.8), (3, 4, None)), LinkOptions()
    )
    assert np.unique(labels).tolist() == [0, 1]
    (one,) = segments
    assert (one.id, one.area) == (1, 14)
    assert one.class_id == 7  # 8 pixels of 14
    assert one.score == pytest.approx((4 * 0.5 + 8 * 0.8) / 12)
    assert one.box == ((0, 3), (0, 2), (1, 5))


def test_objects_of_which_nothing_is_known():
    labels = np.full((2, 1, 3), 5, np.int32)

    (one,) = link_stack(labels, "TYX", {}, class_id=3)
    assert (one.class_id, one.score, one.area) == (3, None, 6)


def test_depth_first_then_time():
    labels = np.zeros((2, 3, 1, 8), np.int32)  # T, Z
    labels[:, :, 0, :3] = np.arange(1, 7).reshape(2, 3, 1)
    labels[1, :2, 0, 5:] = 20

    segments = link_stack(labels, "TZYX", known((1, 4, 0.5), (20, 7, 0.9)))
    assert [(one.id, one.area) for one in segments] == [(1, 18), (2, 6)]
    assert segments[0].box == ((0, 2), (0, 3), (0, 1), (0, 3))
    assert segments[1].box == ((1, 2), (0, 2), (0, 1), (5, 8))
    assert segments[1].class_id == 7


def test_ids_go_on_where_a_time_point_is_empty():
    labels = np.zeros((3, 2, 1, 4), np.int32)
    labels[0, :, 0, :2] = 1
    labels[2, :, 0, 2:] = 1

    segments = link_stack(labels, "TZYX", {})
    assert [one.area for one in segments] == [4, 4]


def test_axes_in_another_order():
    labels = np.zeros((4, 5, 3), np.int32)
    labels[1, 2:5, 0] = 9
    labels[1, 2:5, 1] = 4

    (one,) = link_stack(labels, "YXZ", {})
    assert one.box == ((1, 2), (2, 5), (0, 2))
    assert labels[1, 3].tolist() == [1, 1, 0]


def test_a_map_of_a_file_will_do(tmp_path):
    labels = np.lib.format.open_memmap(
        tmp_path / "a.npy", mode="w+", dtype=np.int32, shape=(2, 1, 3)
    )
    labels[0], labels[1] = 1, 2

    assert len(link_stack(labels, "ZYX", {})) == 1
    assert np.all(np.load(tmp_path / "a.npy") == 1)


def test_no_objects():
    assert link_stack(np.zeros((2, 3, 3), np.int32), "ZYX", {}) == ()


def test_a_plane_cannot_be_linked():
    with pytest.raises(InputError, match="Z or T"):
        link_stack(np.zeros((3, 3), np.int32), "YX", {})
