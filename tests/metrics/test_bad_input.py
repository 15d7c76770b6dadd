"""Input that is no pair of label images, or has nothing to score: each way to score."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import (
    Report,
    count,
    evaluate,
    score_instances,
    score_panoptic,
    score_surfaces,
)

TRUE = np.zeros((6, 7), np.int64)
TRUE[1:3, 1:3] = 1
TRUE[3:5, 4:6] = 2
PRED = TRUE.copy()
PRED[1:3, 3] = 1

CLASSES = {1: 1, 2: 1}
WAYS: dict[str, Callable[..., Any]] = {
    "classes": lambda t, p: evaluate(t, p, surfaces=True),
    "instances": lambda t, p: evaluate(t, p, mode="instances", surfaces=True),
    "panoptic": lambda t, p: evaluate(t, p, mode="panoptic", surfaces=True),
    "score_surfaces": score_surfaces,
    "score_instances": lambda t, p: score_instances(count(t, p)),
    "score_panoptic": lambda t, p: score_panoptic(count(t, p), CLASSES, CLASSES),
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
every_mode = pytest.mark.parametrize("mode", ["classes", "instances", "panoptic"])


def scores(report: Report) -> list[float]:
    """Return the headline without numbers of objects."""
    counts = ("true_objects", "predicted_objects")
    return [value for name, value in report.headline.items() if name not in counts]


@every_way
@pytest.mark.parametrize(
    ("true", "pred", "words"),
    [
        (TRUE, PRED[:5], "same shape, but the truth is 6 × 7 and the prediction 5 × 7"),
        (TRUE, PRED[np.newaxis], "the prediction 1 × 6 × 7"),
        (TRUE + 0.5, PRED, r"truth must hold whole numbers \(ids\), but 0.5 is among"),
        (TRUE, PRED * 0.5, "prediction must hold whole numbers .* but 0.5 is among"),
        (np.where(TRUE == 1, np.nan, TRUE), PRED, "but nan is among its values"),
        (TRUE, np.where(PRED == 1, -np.inf, PRED), "but -inf is among its values"),
        (TRUE * 1e30, PRED, r"1e\+30 is among its values"),
        (TRUE.astype(complex), PRED, "its type is complex128"),
        (TRUE, PRED.astype(str), "its type is <U21"),
        (TRUE.astype(np.uint64) << np.uint64(63), PRED, r"ids up to 2\^63 - 1"),
    ],
)
def test_what_is_no_pair_of_label_images_is_refused(
    way: Callable[..., Any], true: np.ndarray, pred: np.ndarray, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        way(true, pred)


@every_way
def test_dtypes_may_differ(way: Callable[..., Any]) -> None:
    expected = way(TRUE, PRED)

    assert way(TRUE.astype(np.uint8), PRED.astype(np.float32)) == expected
    assert way(TRUE.astype(">i2"), PRED.astype(np.uint64)) == expected


def test_negative_ids_are_classes_but_no_objects() -> None:
    true, pred = np.where(TRUE == 1, -1, TRUE), np.where(PRED == 1, -1, PRED)

    by_class = evaluate(true, pred, surfaces=True)
    assert [c.id for c in by_class.classes] == [-1, 0, 2]
    assert scores(by_class) == pytest.approx(
        scores(evaluate(TRUE, PRED, surfaces=True))
    )
    assert [c.id for c in score_surfaces(true, pred).classes] == [-1, 2]
    by_segment = score_panoptic(count(true, pred), {-1: 1, 2: 2}, {-1: 1, 2: 2})
    # What was predicted too much lies on void, which is in no union.
    assert [c.pq for c in by_segment.classes] == [1, 1]
    with pytest.raises(InputError, match="truth holds -1"):
        evaluate(true, PRED, mode="instances")
    with pytest.raises(InputError, match=r"prediction holds -1\. Give the object"):
        evaluate(TRUE, pred, mode="instances")
    with pytest.raises(InputError, match="prediction holds -1"):
        # Refused wherever it lies, so that painting does not change what is accepted.
        score_instances(count([3, 1], [-1, 1]), ignore_ids=[3])
    with pytest.raises(InputError, match="segment -1 of the truth has none"):
        score_panoptic(count(true, PRED), CLASSES, CLASSES)


@pytest.mark.parametrize("large", [2**31, 2**32 + 1, 2**63 - 1])
def test_large_ids_score_as_small_ones_do(large: int) -> None:
    true, pred = np.where(TRUE == 1, large, TRUE), np.where(PRED == 1, large, PRED)

    for mode in ("classes", "instances"):
        report = evaluate(true, pred, mode=mode, surfaces=True)
        expected = evaluate(TRUE, PRED, mode=mode, surfaces=True)
        assert report.headline == expected.headline
    classes = {large: 1, 2: 1}
    assert score_panoptic(count(true, pred), classes, classes) == score_panoptic(
        count(TRUE, PRED), CLASSES, CLASSES
    )


@every_mode
@pytest.mark.parametrize(
    ("true", "pred", "options"),
    [
        (TRUE[:0], PRED[:0], {}),
        (TRUE[:, :0], PRED[:, :0], {"ignore_id": 9}),
        (np.full_like(TRUE, 9), PRED, {"ignore_id": 9}),
    ],
    ids=["no rows", "no columns", "void everywhere"],
)
def test_where_nothing_is_scored_there_are_no_scores(
    mode: Any, true: np.ndarray, pred: np.ndarray, options: dict[str, int]
) -> None:
    report = evaluate(true, pred, mode=mode, surfaces=True, **options)

    assert all(math.isnan(score) for score in scores(report))
    assert report.overlap.n_scored == 0
    assert report.to_json()
    assert report.to_text()


@every_mode
def test_background_alone_has_no_scores_but_those_of_pixels(mode: Any) -> None:
    report = evaluate(TRUE * 0, PRED * 0, mode=mode, surfaces=True)

    numbers = report.headline
    # Panoptic pixels of 0 are void, not scored.
    assert numbers.pop("pixel_accuracy") == (1 if mode != "panoptic" else pytest.approx(
        math.nan, nan_ok=True))  # fmt: skip
    assert all(math.isnan(value) or value == 0 for value in numbers.values())


@every_mode
def test_one_side_without_anything_scores_zero(mode: Any) -> None:
    report = evaluate(TRUE, PRED * 0, mode=mode)

    assert {s for s in scores(report) if not math.isnan(s)} <= {0, 34 / 42}
    assert report.mean_dice == 0


@every_mode
@pytest.mark.parametrize("shape", [(1,), (1, 1), (1, 1, 1), ()])
def test_one_pixel_is_an_image(mode: Any, shape: tuple[int, ...]) -> None:
    pixel = np.ones(shape, np.uint8)

    headline = evaluate(pixel, pixel, mode=mode, surfaces=True).headline

    assert headline.pop("hausdorff_95") == 0
    assert set(headline.values()) == {1}


def test_one_object_that_grew_worked_by_hand() -> None:
    report = evaluate(TRUE == 1, PRED == 1, mode="instances", surfaces=True)

    assert report.instances is not None
    assert (report.instances.n_true, report.instances.n_pred) == (1, 1)
    assert report.instances.mean_matched_iou == pytest.approx(4 / 6)
    assert report.mean_dice == pytest.approx(8 / 10)
    assert report.headline["hausdorff_95"] == 1


def test_a_class_in_the_truth_only_is_missed_everywhere() -> None:
    true = np.where(TRUE == 2, 3, TRUE)

    report = evaluate(true, np.where(PRED == 2, 0, PRED), surfaces=True)

    missed = report.classes[2]
    assert (missed.id, missed.dice, missed.iou, missed.recall) == (3, 0, 0, 0)
    assert math.isnan(missed.precision)
    assert report.mean_dice == pytest.approx((0.8 + 0) / 2)
    assert report.surfaces is not None
    assert report.surfaces.classes[1].hausdorff == math.inf
    assert report.surfaces.classes[1].surface_dice == 0
    segments = evaluate(true, true * (true == 1), mode="panoptic").panoptic
    assert segments is not None
    assert [(c.id, c.pq) for c in segments.classes] == [(1, 1), (3, 0)]


@every_mode
@pytest.mark.parametrize(
    "spacing", [(math.nan, 1), (1, math.inf), (0, 1), (-1, 1), (1,), (1, 1, 1)]
)
def test_lengths_that_are_none_are_refused(
    mode: Any, spacing: tuple[float, ...]
) -> None:
    with pytest.raises(InputError, match="2 positive, finite numbers"):
        evaluate(TRUE, PRED, mode=mode, surfaces=True, spacing=spacing)
    with pytest.raises(InputError, match="2 positive, finite numbers"):
        score_surfaces(TRUE, PRED, spacing=spacing)
    with pytest.raises(InputError, match="tolerance must be a finite length"):
        score_surfaces(TRUE, PRED, tolerance=math.nan)
