"""Views of a large image, and which of them has which object."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segsuite.engine.maskrcnn.views import margin_of, views
from napari_segsuite.plan.maskrcnn import MaskRCNNPlan

PLAN = MaskRCNNPlan(
    backbone="small",
    channels=1,
    normalisation="range",
    scale=1.0,
    object_size=12.0,
    anchor_sizes=(4, 8, 16, 32, 64),
    patch_size=(64, 64),
    batch_size=1,
    detections_per_patch=50,
)
WHOLE = (slice(0, 200), slice(0, 300))


def boxes(*values):
    return np.array(values, np.float32)


def test_the_margin_holds_two_objects():
    assert margin_of(PLAN) == 64  # 24, up to a multiple of the coarsest stride
    assert margin_of(PLAN.replace(scale=3.0)) == 128


def test_a_small_image_is_one_view():
    (view,) = views((slice(0, 50), slice(0, 60)), (50, 60), PLAN)

    assert view.core == view.outer == (slice(0, 50), slice(0, 60))
    assert view.has(boxes((0, 0, 1, 1), (49, 59, 50, 60))).all()
    assert not view.cuts(boxes((0, 0, 50, 60))).any()


@pytest.mark.parametrize("edge", [0, 96, 160, 200])
def test_cores_cover_everything_once(edge):
    count = np.zeros((200, 300), int)
    for view in views(WHOLE, (200, 300), PLAN, edge):
        count[view.core] += 1
        for core, outer, size in zip(view.core, view.outer, (200, 300), strict=True):
            assert outer.start <= max(0, core.start - 64)
            assert outer.stop >= min(size, core.stop + 64)
            assert outer.start % 64 == 0

    assert np.all(count == 1)


def test_a_part_of_the_image_is_seen_with_its_surroundings():
    (view,) = views((slice(200, 250), slice(200, 250)), (400, 450), PLAN)

    assert view.outer == (slice(128, 314), slice(128, 314))
    # There is no other view that could have what lies across the part's rim.
    assert view.has(boxes((180, 180, 190, 210))).all()
    assert view.cuts(boxes((128, 200, 190, 210), (180, 200, 314, 210))).all()
    assert not view.cuts(boxes((180, 200, 190, 210))).any()


def test_every_object_is_had_by_a_view_that_does_not_cut_it():
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 180, (500, 2)) * (1, 1.5)
    some = np.concatenate((start, start + rng.uniform(1, 20, (500, 2))), axis=1)
    all_views = views(WHOLE, (200, 300), PLAN, 96)
    assert len(all_views) == 6

    whole = sum((v.has(some) & ~v.cuts(some)).astype(int) for v in all_views)
    assert np.all(whole >= 1)


def test_views_that_differ_about_a_middle_do_not_lose_the_object():
    first, second = views((slice(0, 50), slice(0, 200)), (50, 200), PLAN, 164)[:2]
    border = first.core[1].stop

    # Each of them takes the middle to be on the other's side.
    assert first.has(boxes((0, border - 4, 9, border + 6))).all()
    assert second.has(boxes((0, border - 6, 9, border + 4))).all()
