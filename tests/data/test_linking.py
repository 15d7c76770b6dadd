"""Objects of neighbouring slices joined by overlap."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segsuite.data.linking import LinkOptions, join_slices, link
from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances import score_instances


def stack(*rows):
    """Return slices of one row each, given as text: one digit per pixel."""
    return np.array([[[int(c) for c in row]] for row in rows])


def text(labels):
    return ["".join(str(i) for i in row[0]) for row in labels]


def test_an_object_keeps_its_id_whatever_it_is_called_in_its_slice():
    labels = stack("5550022", "0990033", "0011007")

    assert text(link(labels)) == ["2220011", "0220011", "0022001"]


def test_overlap_below_the_limit_is_another_object():
    labels = stack("111100", "000111")  # 1 pixel of 3

    assert text(link(labels, LinkOptions(min_overlap=0.34))) == ["111100", "000222"]
    assert text(link(labels, LinkOptions(min_overlap=0.33))) == ["111100", "000111"]


def test_the_tip_of_an_object_belongs_to_it():
    labels = stack("00010000", "01111110", "00001000")

    assert text(link(labels)) == ["00010000", "01111110", "00001000"]


def test_the_largest_iou_wins_where_all_others_together_are_less():
    # IoU: 1-7 4/7, 1-8 1/6, 2-7 2/8. So 7 is 1, and nothing is left for 8 and 2.
    labels = stack("0111112222", "8877777700")

    assert text(link(labels, LinkOptions(min_overlap=0.1)))[1] == "3311111100"


def test_two_good_pairs_beat_the_best_one():
    # IoU: 1-7 4/8, 1-8 2/7, 2-7 2/8. The last two together are more than the first.
    labels = stack("011111122220", "888777777000")
    assert _iou(labels, 1, 7) == 4 / 8
    assert _iou(labels, 1, 8) == 2 / 7
    assert _iou(labels, 2, 7) == 2 / 8

    linked = link(labels, LinkOptions(min_overlap=0.3))
    assert text(linked)[1] == "111222222000"


def _iou(labels, before, after):
    one, other = labels[0] == before, labels[1] == after
    return np.sum(one & other) / np.sum(one | other)


def test_one_to_one_a_merged_slice_continues_the_larger():
    labels = stack("1111022", "3333333", "1111022")

    assert text(link(labels, LinkOptions(bridge=0))) == [
        "1111022",
        "1111111",
        "1111033",
    ]
    # With a bridge the smaller comes back under its own id.
    assert text(link(labels, LinkOptions(bridge=1))) == [
        "1111022",
        "1111111",
        "1111022",
    ]


@pytest.mark.parametrize(
    ("bridge", "last"), [(0, "2220"), (1, "2220"), (2, "1110"), (3, "1110")]
)
def test_a_missing_slice_is_bridged(bridge, last):
    labels = stack("1110", "0000", "0000", "4440")

    assert text(link(labels, LinkOptions(bridge=bridge)))[-1] == last


def test_an_object_that_went_on_is_not_continued_from_before():
    # The last one lies where 1 was two slices ago; but 1 has moved on since.
    labels = stack("11110000", "00111100", "55000000")

    linked = text(link(labels, LinkOptions(min_overlap=0.3, bridge=1)))
    assert linked == ["11110000", "00111100", "22000000"]


def test_volumes_of_a_time_lapse_are_linked_whole():
    labels = np.zeros((2, 2, 1, 6), int)
    labels[0, :, 0, :3] = 1
    labels[0, 1, 0, 3:] = 2
    labels[1, 0, 0, :3] = 8
    labels[1, 1, 0, 2:] = 9

    linked = link(labels)
    assert linked[1, 0, 0].tolist() == [1, 1, 1, 0, 0, 0]
    assert linked[1, 1, 0].tolist() == [0, 0, 2, 2, 2, 2]


def test_one_slice_and_none_with_objects():
    assert text(link(stack("2205"))) == ["1102"]
    assert link(np.zeros((3, 4, 4), np.uint8)).tolist() == np.zeros((3, 4, 4)).tolist()
    assert link(np.zeros((0, 4, 4), np.uint8)).shape == (0, 4, 4)


def test_ids_of_any_size():
    labels = stack("1100", "1100").astype(np.uint32) * (2**31 - 1)

    assert text(link(labels)) == ["1100", "1100"]


@pytest.mark.parametrize("shape", [(5,), (5, 5), (1, 1, 1, 5, 5)])
def test_what_is_no_stack_is_refused(shape):
    with pytest.raises(InputError, match="stack"):
        link(np.zeros(shape, int))


def test_negative_ids_are_refused():
    with pytest.raises(InputError, match="-1"):
        link(-stack("11"))


def test_it_can_be_ended_in_between():
    seen = []

    def stop():
        seen.append(1)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        link(stack("11", "11", "11"), on_slice=stop)
    assert len(seen) == 2


def test_slices_are_read_one_after_the_other():
    read = []

    def slices():
        for number in range(4):
            read.append(number)
            yield [stack("1100")[0]]

    for number, links in enumerate(join_slices(slices())):
        assert read == list(range(number + 1))
        assert links.joined.tolist() == [1]


@given(arrays(np.uint8, (4, 3, 6), elements=st.integers(0, 4)), st.integers(0, 2))
def test_linking_only_renames_within_a_slice(labels, bridge):
    linked = link(labels, LinkOptions(min_overlap=0.3, bridge=bridge))

    for before, after in zip(labels, linked, strict=True):
        pairs = {*zip(before.ravel().tolist(), after.ravel().tolist(), strict=True)}
        assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
        assert all((a == 0) == (b == 0) for a, b in pairs)
    ids = np.unique(linked[linked > 0])
    assert ids.tolist() == list(range(1, len(ids) + 1))


def test_touching_balls_are_told_apart():
    # Layers of balls of radius 6, each lying in the hollows of the one below: each
    # ball touches four in its layer, and four above and below.
    truth = np.zeros((30, 60, 60), np.int32)
    z, y, x = np.ogrid[:30, :60, :60]
    for layer, depth in enumerate((6.0, 14.5, 23.0)):
        middles = np.arange(6 + 6 * (layer % 2), 55, 12)
        for row, column in itertools.product(middles, middles):
            away = (z - depth) ** 2 + (y - row) ** 2 + (x - column) ** 2
            truth[(away <= 36) & (truth == 0)] = truth.max() + 1
    # Each slice has numbers of its own.
    numbers = np.arange(1, truth.max() + 1)
    slices = [
        np.concatenate(([0], np.roll(numbers, 7 * k)))[one]
        for k, one in enumerate(truth)
    ]

    report = score_instances(count(truth, link(np.stack(slices))), thresholds=(0.5,))
    assert truth.max() == 66
    assert report.matches[0].average_precision >= 0.9


def test_what_stands_exactly_on_top_of_another_goes_on_as_one():
    # Nothing but overlap is looked at.
    labels = stack("0110", "1111", "0110", "0220", "2222", "0220")

    assert link(labels).max() == 1
