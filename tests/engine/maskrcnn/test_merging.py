"""Objects that several views saw."""

from __future__ import annotations

import numpy as np

from napari_segsuite.data.detections import Detection, runs_of
from napari_segsuite.engine.maskrcnn.merging import Sighting, merged

# Two views of a plane of 10 x 30 pixels, which both see columns 10 to 19.
SEEN = [
    (slice(0, 10), slice(0, 20)),
    (slice(0, 10), slice(10, 30)),
]


def sighting(view, left, right, *, score=0.9, cut=False, class_id=1, rows=(2, 6)):
    """Return a rectangle that a view has."""
    top, bottom = rows
    mask = np.ones((bottom - top, right - left), bool)
    box = (top, left, bottom, right)
    found = Detection(0, box, score, class_id, (top, left), mask.shape, runs_of(mask))
    return Sighting(found, view, cut)


def spans(sightings, seen=SEEN):
    found = merged(sightings, seen)
    return sorted(
        (one.start[1], one.start[1] + one.size[1], int(one.mask.sum())) for one in found
    )


def test_one_object_in_two_views_is_kept_once():
    both = [sighting(0, 12, 16, score=0.7), sighting(1, 12, 17, score=0.8)]

    assert spans(both) == [(12, 17, 20)]  # the better score


def test_neighbours_are_two_objects():
    both = [sighting(0, 11, 14), sighting(1, 14, 18)]

    assert spans(both) == [(11, 14, 12), (14, 18, 16)]


def test_two_objects_of_one_view_stay_two():
    # Whatever overlaps within a view was judged by the network.
    assert len(spans([sighting(0, 2, 8), sighting(0, 3, 8)])) == 2


def test_the_whole_one_beats_the_cut_one_whatever_the_scores():
    both = [sighting(0, 14, 20, score=0.99, cut=True), sighting(1, 14, 28, score=0.6)]

    assert spans(both) == [(14, 28, 56)]


def test_a_cut_sliver_of_an_object_is_dropped():
    # The second view sees only two columns of it.
    both = [sighting(0, 4, 12), sighting(1, 10, 12, score=0.95, cut=True)]

    assert spans(both) == [(4, 12, 32)]


def test_parts_that_are_all_cut_are_joined():
    both = [sighting(0, 2, 20, cut=True), sighting(1, 10, 27, score=0.95, cut=True)]
    (one,) = merged(both, SEEN)

    assert one.start == (2, 2)
    assert one.size == (4, 25)
    assert one.mask.all()
    assert one.score == 0.95
    assert one.box == (2, 2, 6, 27)


def test_cut_parts_that_do_not_agree_stay_apart():
    both = [
        sighting(0, 2, 20, cut=True, rows=(0, 3)),
        sighting(1, 10, 27, cut=True, rows=(5, 8)),
    ]

    assert len(spans(both)) == 2


def test_a_chain_of_three_views_is_one_object():
    seen = [(slice(0, 10), slice(a, a + 20)) for a in (0, 10, 20)]
    parts = [
        # In this order, the last of them joins what is apart before.
        sighting(0, 5, 20, score=0.9, cut=True),
        sighting(2, 20, 38, score=0.8, cut=True),
        sighting(1, 10, 30, score=0.7, cut=True),
    ]

    assert spans(parts, seen) == [(5, 38, 132)]


def test_classes_are_judged_apart():
    both = [sighting(0, 12, 16), sighting(1, 12, 16, class_id=2)]

    assert len(spans(both)) == 2


def test_views_that_do_not_meet():
    seen = [(slice(0, 10), slice(0, 10)), (slice(0, 10), slice(10, 20))]

    assert len(spans([sighting(0, 2, 8), sighting(1, 12, 18)], seen)) == 2


def test_nothing_was_seen():
    assert merged([], SEEN) == []
