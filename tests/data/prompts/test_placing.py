"""What writing a mask changes, by rule, with hand edits in the way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segsuite.data.prompts.placing import check_id, place
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError


def runs(*rows, offset=(0, 0)):
    return MaskRuns.of(np.array([[c == "#" for c in row] for row in rows]), offset)


def written(labels, placement):
    after = labels.copy()
    after[placement.indices] = placement.values
    return after


# 1 is painted background, 5 another object.
LABELS = np.array([[0, 0, 1, 1], [0, 5, 5, 1]], np.uint8)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("keep", [[7, 7, 1, 1], [7, 5, 5, 1]]),
        ("overwrite", [[7, 7, 7, 1], [7, 7, 7, 1]]),
        ("background_only", [[7, 7, 7, 1], [7, 5, 5, 1]]),
    ],
)
def test_rules(rule, expected):
    mask = runs("###", "###")
    placement = place(LABELS, mask, 7, rule, background=1)
    assert written(LABELS, placement).tolist() == expected
    np.testing.assert_array_equal(
        placement.mask.on_plane((2, 4)), np.array(expected) == 7
    )


def test_only_background_without_one_keeps_all():
    placement = place(LABELS, runs("###", "###"), 7, "background_only")
    assert written(LABELS, placement).tolist() == [[7, 7, 1, 1], [7, 5, 5, 1]]


def test_only_pixels_that_change_are_told():
    labels = np.array([[7, 0, 0]], np.int32)
    placement = place(labels, runs("##"), 7, "keep")
    assert placement.indices[0].tolist() == [0]
    assert placement.indices[1].tolist() == [1]
    assert placement.values.tolist() == [7]
    assert placement.values.dtype == np.int32


def test_an_object_moves():
    labels = np.array([[7, 7, 0, 0]], np.uint8)
    placement = place(labels, runs("##", offset=(0, 1)), 7, "keep", before=runs("##"))
    assert written(labels, placement).tolist() == [[0, 7, 7, 0]]
    assert placement.mask == runs("##", offset=(0, 1))


def test_an_empty_mask_removes_the_object():
    labels = np.array([[7, 7, 5, 0]], np.uint8)
    empty = MaskRuns(offset=(0, 0), shape=(0, 0))
    placement = place(labels, empty, 7, "keep", before=runs("##"))
    assert written(labels, placement).tolist() == [[0, 0, 5, 0]]
    assert placement.mask.area == 0


@pytest.mark.parametrize("rule", ["keep", "background_only"])
def test_hand_edits_survive(rule):
    # The object had pixels 0 to 3. By hand 0 was erased, 1 became background, and 5
    # was added.
    labels = np.array([[0, 1, 7, 7, 0, 7]], np.uint8)
    grown = place(labels, runs("######"), 7, rule, before=runs("####"), background=1)
    assert written(labels, grown).tolist() == [[0, 1, 7, 7, 7, 7]]
    assert grown.mask == runs("###", offset=(0, 2))
    gone = place(
        labels, runs("#", offset=(0, 2)), 7, rule, before=runs("####"), background=1
    )
    assert written(labels, gone).tolist() == [[0, 1, 7, 0, 0, 7]]


def test_overwriting_takes_hand_edits_too():
    labels = np.array([[0, 1, 7, 5]], np.uint8)
    placement = place(labels, runs("####"), 7, "overwrite", before=runs("###"))
    assert written(labels, placement).tolist() == [[7, 7, 7, 7]]


def test_what_lies_outside_is_cut_off():
    labels = np.zeros((2, 2), np.uint8)
    placement = place(labels, runs("##", "##", offset=(-1, 1)), 3, "keep")
    assert written(labels, placement).tolist() == [[0, 3], [0, 0]]
    nowhere = place(labels, runs("##", offset=(5, 9)), 3, "keep")
    assert nowhere.values.size == 0


@pytest.mark.parametrize(
    ("id_", "dtype"), [(256, np.uint8), (0, np.int32), (-1, np.int32), (2, np.bool_)]
)
def test_ids_never_wrap(id_, dtype):
    with pytest.raises(InputError, match=f"but the object has id {id_}"):
        check_id(id_, np.dtype(dtype))
    check_id(1, np.dtype(dtype))


masks = arrays(bool, (4, 5))


@given(arrays(np.uint8, (4, 5), elements=st.integers(0, 3)), masks, masks)
def test_keep_never_touches_what_others_painted(labels, mask, before):
    placement = place(labels, MaskRuns.of(mask), 2, "keep", before=MaskRuns.of(before))
    after = written(labels, placement)
    changed = after != labels
    assert np.isin(labels[changed], (0, 2)).all()
    # Pixels of the object that it did not get through prompts stay as they are.
    assert not (changed & (labels == 2) & ~before).any()
    assert placement.values.size == np.count_nonzero(changed)
    inside = placement.mask.on_plane((4, 5))
    assert (after[inside] == 2).all()
    assert not (inside & ~mask).any()


@given(arrays(np.uint8, (4, 5), elements=st.integers(0, 3)), masks, masks, masks)
def test_placing_again_is_placing_once(labels, mask, other, before):
    # Without hand edits between, the second answer is all that counts.
    labels[before] = 2
    labels[(labels == 2) & ~before] = 0
    first = place(labels, MaskRuns.of(other), 2, "keep", before=MaskRuns.of(before))
    middle = written(labels, first)
    second = place(middle, MaskRuns.of(mask), 2, "keep", before=first.mask)
    free = np.where(labels == 2, 0, labels)
    once = place(free, MaskRuns.of(mask), 2, "keep")
    np.testing.assert_array_equal(written(middle, second), written(free, once))
    assert second.mask == once.mask
