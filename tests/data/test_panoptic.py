"""Merging by hand-worked examples and laws; PQ agrees with the metrics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.object_boxes import ObjectBox
from napari_segsuite.data.panoptic import MergeOptions, Thing, merge, things_of
from napari_segsuite.data.segments import Segment
from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances.panoptic import score_panoptic

SKY, GROUND, CELL, YEAST = 1, 2, 5, 6
CLASSES = (
    ClassInfo(id=SKY, name="sky", thing=False),
    ClassInfo(id=GROUND, name="ground", thing=False),
    ClassInfo(id=CELL, name="cell"),
    ClassInfo(id=YEAST, name="yeast"),
)
NO_LIMIT = MergeOptions(stuff_area=0)


def row(id_, start, stop, *, class_id=CELL, score=None):
    """Return an object that covers the columns start … stop of a single row."""
    about = Segment(id=id_, class_id=class_id, score=score)
    return Thing(about, ObjectBox((0, start), np.ones((1, stop - start), bool)))


def test_a_hand_worked_example():
    semantic = np.array([[1, 1, 1, 1, 2, 2, 2, 2, 5, 2]])
    found = merge(
        semantic,
        (
            row(21, 1, 4, score=0.6),
            row(22, 3, 7, score=0.9),  # the best: all of its four pixels
            row(23, 5, 8, score=0.8),  # two of three are covered: left out
            row(24, 0, 1, class_id=YEAST, score=0.7),
            row(25, 9, 10, score=0.4),  # not sure enough
        ),
        CLASSES,
        MergeOptions(stuff_area=2),
    )
    # 21 keeps two of three pixels. Ground is left at 7 and 9, sky nowhere; the cell's
    # class at 8 has no object there.
    assert found.labels.tolist() == [
        [6001, 5002, 5002, 5001, 5001, 5001, 5001, 2, 0, 2]
    ]
    assert found.dropped == (23, 25)
    assert found.void == 1
    assert [(s.id, s.class_id, s.area, s.score) for s in found.segments] == [
        (2, GROUND, 2, None),
        (5001, CELL, 4, 0.9),
        (5002, CELL, 2, 0.6),
        (6001, YEAST, 1, 0.7),
    ]


def test_exactly_half_covered_stays_and_less_goes():
    semantic = np.zeros((1, 9), int)
    half = merge(semantic, (row(1, 0, 4), row(2, 2, 6)), CLASSES)
    less = merge(semantic, (row(1, 0, 4), row(2, 1, 6)), CLASSES)
    none = merge(semantic, (row(1, 0, 4), row(2, 1, 5)), CLASSES)

    assert [one.area for one in half.segments] == [4, 2]
    assert [one.area for one in less.segments] == [4]
    assert less.dropped == none.dropped == (2,)


def test_small_areas_of_stuff_are_void():
    semantic = np.repeat([[1, 2]], 64, axis=0).repeat([64, 63], axis=1)
    found = merge(semantic, (), CLASSES)

    assert [(one.id, one.area) for one in found.segments] == [(SKY, 4096)]
    assert found.void == 64 * 63


def test_many_objects_of_a_class_are_numbered_through():
    instances = np.arange(1, 1001).reshape(1, -1)
    found = merge(
        np.full_like(instances, SKY), things_of(instances, {}, CELL), CLASSES, NO_LIMIT
    )
    assert [one.id for one in found.segments] == list(range(1, 1001))


def test_nothing_gives_nothing():
    found = merge(np.zeros((2, 3, 4), int), (), CLASSES)
    assert (found.segments, found.void, found.labels.shape) == ((), 24, (2, 3, 4))


@pytest.mark.parametrize(
    ("semantic", "class_id", "told"),
    [(9, CELL, "there is class 9"), (0, 9, "there is class 9"), (0, SKY, "is stuff")],
)
def test_classes_must_be_known_and_fit(semantic, class_id, told):
    with pytest.raises(InputError, match=told):
        merge(np.array([[semantic]]), (row(1, 0, 1, class_id=class_id),), CLASSES)


@settings(deadline=None, max_examples=50)
@given(
    arrays(np.uint8, (6, 7), elements=st.sampled_from([0, SKY, GROUND, CELL])),
    arrays(np.int32, (6, 7), elements=st.integers(0, 4)),
)
def test_laws_of_merging_label_images(semantic, instances):
    found = merge(semantic, things_of(instances, {}, CELL), CLASSES, NO_LIMIT)
    by_id = {one.id: one.class_id for one in found.segments}
    classes = np.vectorize(lambda i: by_id.get(i, 0), otypes=[int])(found.labels)

    # Objects win, stuff fills the rest, and no thing is there without an object.
    wanted = np.where(semantic == CELL, 0, semantic)
    assert np.array_equal(classes, np.where(instances > 0, CELL, wanted))
    assert sum(one.area for one in found.segments) + found.void == semantic.size
    # Each object is one segment and the other way round.
    inside = instances > 0
    both = np.stack((instances[inside], found.labels[inside]), axis=1).tolist()
    pairs = {(one, other) for one, other in both}
    assert len(pairs) == len(set(instances[inside].tolist()))


@settings(deadline=None, max_examples=30)
@given(
    arrays(np.int32, (6, 7), elements=st.integers(0, 3)),
    arrays(np.int32, (6, 7), elements=st.integers(0, 3)),
)
def test_panoptic_quality_is_that_of_the_objects_that_went_in(truth, prediction):
    """Things alone: merging must neither join, cut nor lose any."""
    nothing = np.zeros_like(truth)
    merged = [
        merge(nothing, things_of(labels, {}, CELL), CLASSES, NO_LIMIT)
        for labels in (truth, prediction)
    ]
    of_merged = score_panoptic(
        count(merged[0].labels, merged[1].labels),
        *({one.id: one.class_id for one in found.segments} for found in merged),
    )
    plain = dict.fromkeys(range(1, 4), CELL)
    assert of_merged == score_panoptic(count(truth, prediction), plain, plain)
