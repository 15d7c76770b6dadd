"""One call, three ways to read ids: worked by hand."""

import math

import dask.array as da
import numpy as np
import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import count, evaluate, score_table, total
from napari_segsuite.metrics.surfaces import score_surfaces

# Two objects of four pixels; the prediction finds one, with another id, and half of
# the other.
TRUE = np.array([[1, 1, 0, 2, 2], [1, 1, 0, 2, 2]])
PRED = np.array([[9, 9, 0, 0, 4], [9, 9, 0, 0, 4]])


def test_classes_are_scored_by_their_ids() -> None:
    report = evaluate(TRUE, TRUE.clip(max=1))

    assert report.mode == "classes"
    assert [c.id for c in report.classes] == [0, 1, 2]
    assert report.classes[1].iou == pytest.approx(4 / 8)
    assert report.mean_iou == pytest.approx((0.5 + 0) / 2)
    assert report.instances is report.panoptic is report.surfaces is None


def test_objects_are_matched_and_their_pixels_pooled() -> None:
    report = evaluate(TRUE, PRED, mode="instances")

    assert report.instances is not None
    assert (report.instances.n_true, report.instances.n_pred) == (2, 2)
    assert report.instances.f1 == 1.0  # an IoU of 0.5 is enough for the first threshold
    assert report.instances.mean_matched_iou == pytest.approx((1 + 0.5) / 2)
    assert [(c.name, c.n_true, c.n_pred) for c in report.classes] == [
        ("background", 2, 4),
        ("objects", 8, 6),
    ]
    assert report.mean_dice == pytest.approx(12 / 14)


def test_pixels_of_the_ignored_id_are_no_objects() -> None:
    void = np.where(TRUE == 2, 7, TRUE)

    report = evaluate(void, PRED, mode="instances", ignore_id=7)

    assert report.instances is not None
    assert (report.instances.n_true, report.instances.f1) == (1, 1.0)
    assert (report.overlap.n_ignored, report.overlap.ignore_id) == (4, 7)
    assert [c.id for c in report.classes] == [0, 1]
    assert report.mean_dice == 1.0


@pytest.mark.parametrize(("background", "ignored"), [(None, None), (0, 0)])
def test_objects_need_a_background(background: int | None, ignored: int | None) -> None:
    with pytest.raises(InputError, match="Objects need an id"):
        evaluate(
            TRUE, PRED, mode="instances", background_id=background, ignore_id=ignored
        )


def test_ids_of_segments_say_their_class() -> None:
    # Class 3 is stuff, classes 5 and 6 are things; 0 is void.
    true = np.array([3, 3, 3, 5001, 5001, 6001, 0, 0])
    pred = np.array([3, 3, 5002, 5002, 5002, 5003, 5003, 0])

    report = evaluate(true, pred, mode="panoptic", stuff_ids=[3])

    assert report.panoptic is not None
    assert {c.id: (c.tp, c.fp, c.fn) for c in report.panoptic.classes} == {
        3: (1, 0, 0),
        5: (1, 1, 0),
        6: (0, 0, 1),
    }
    assert [(c.id, c.n_true, c.n_pred, c.n_both) for c in report.classes] == [
        (3, 3, 2, 2),
        (5, 2, 4, 2),
        (6, 1, 0, 0),
    ]
    assert report.overlap.n_ignored == 2


def test_segments_may_come_with_their_classes() -> None:
    known = {1: 5, 2: 5}

    by_map = evaluate(TRUE, TRUE, mode="panoptic", true_classes=known,
                      pred_classes=known)  # fmt: skip
    by_id = evaluate(
        np.where(TRUE, TRUE + 5000, 0), np.where(TRUE, TRUE + 5000, 0), mode="panoptic"
    )

    assert by_map == by_id
    with pytest.raises(InputError, match="class"):
        evaluate(TRUE, PRED, mode="panoptic", true_classes=known, pred_classes=known)


def test_void_may_have_another_id() -> None:
    report = evaluate([255, 255, 7, 7], [7, 255, 7, 7], mode="panoptic", ignore_id=255)

    assert report.panoptic is not None
    assert [(c.id, c.tp, c.fp) for c in report.panoptic.classes] == [(7, 1, 0)]
    assert report.overlap.n_ignored == 2


def test_surfaces_of_classes_are_those_of_the_masks() -> None:
    true = np.zeros((8, 9), int)
    true[2:6, 2:6] = 1
    pred = np.roll(true, 1, axis=1)

    report = evaluate(true, pred, surfaces=True, spacing=(1.0, 0.25))

    assert report.surfaces == score_surfaces(true, pred, ids=[1], spacing=(1.0, 0.25))
    assert report.headline["hausdorff_95"] == 0.25


def test_surfaces_of_objects_are_those_of_matched_pairs() -> None:
    report = evaluate(TRUE, PRED, mode="instances", surfaces=True)

    assert report.surfaces is not None
    assert [c.id for c in report.surfaces.classes] == [1, 2]
    assert report.surfaces.classes[0].hausdorff == 0.0
    assert report.surfaces.classes[1].hausdorff == 1.0


def test_surfaces_of_segments_are_those_of_classes() -> None:
    segments = np.where(TRUE, TRUE + 5000, 0)

    report = evaluate(segments, segments, mode="panoptic", surfaces=True)

    assert report.surfaces is not None
    assert [(c.id, c.hausdorff) for c in report.surfaces.classes] == [(5, 0.0)]


def test_frames_are_no_axis_of_space() -> None:
    true = np.zeros((2, 6, 6), int)
    true[:, 2:4, 2:4] = 1

    report = evaluate(true, true, surfaces=True, spacing=(0.5, 0.5), n_frame_axes=1)

    assert report.surfaces is not None
    assert report.surfaces.spacing == (0.5, 0.5)


@pytest.mark.parametrize("mode", ["classes", "instances"])
def test_every_slice_gets_its_headline(mode: str) -> None:
    true, pred = np.stack([TRUE, TRUE]), np.stack([TRUE, PRED])

    report = evaluate(true, pred, mode=mode, per_axis=0)

    assert report.slices is not None
    assert report.slices.axis == 0
    for index in range(2):
        alone = evaluate(true[index], pred[index], mode=mode).headline
        assert dict(
            zip(report.slices.names, report.slices.values[index], strict=True)
        ) == pytest.approx(alone, nan_ok=True)
    assert report.overlap == evaluate(true, pred, mode=mode).overlap


def test_lazy_arrays_and_lists_score_like_arrays() -> None:
    lazy = [da.from_array(image, chunks=2) for image in (TRUE, PRED)]

    assert evaluate(*lazy, mode="instances") == evaluate(
        TRUE.tolist(), PRED.tolist(), mode="instances"
    )


def test_progress_runs_to_the_end_once() -> None:
    told: list[float] = []

    evaluate(TRUE, TRUE, surfaces=True, progress=told.append)

    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("mode", ["classes", "instances", "panoptic"])
def test_nothing_has_no_scores(mode: str) -> None:
    nothing = np.zeros((0, 3), int)

    report = evaluate(nothing, nothing, mode=mode)

    assert math.isnan(report.pixel_accuracy)
    assert all(math.isnan(value) or value == 0 for value in report.headline.values())


def test_unknown_modes_are_refused() -> None:
    with pytest.raises(InputError, match="got 'pixels'"):
        score_table(count([1], [1]), mode="pixels")


def test_reports_of_images_add_up() -> None:
    parts = [evaluate(TRUE, PRED, mode="instances") for _ in range(2)]

    whole = total(parts)

    assert whole.instances is not None
    assert whole.instances.n_true == 4
    assert whole.overlap.n_scored == 20
    with pytest.raises(InputError, match="same mode"):
        total([parts[0], evaluate(TRUE, PRED)])
    with pytest.raises(InputError, match="at least one"):
        total([])
