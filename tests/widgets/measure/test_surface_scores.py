"""Surfaces are measured in micrometre, frame by frame, where something is scored."""

from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import evaluate
from napari_segsuite.widgets.measure.meaning import Meaning
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.parts import ArrayPart, RegionPart
from napari_segsuite.widgets.measure.surface_scores import (
    MOST_PIXELS,
    Grid,
    grid_of,
    measure_surfaces,
    unit_of,
)

TRUE = np.zeros((20, 30), np.uint8)
TRUE[5:15, 5:15] = 1
# Two columns to the right: every distance is 0 … 2 pixels.
PRED = np.roll(TRUE, 2, axis=1)
FLAT = Grid((0, 1), 0, (2.0, 0.5))
CLASSES = Meaning("classes", unpainted=False, background_id=0)


def part(array: Any) -> ArrayPart:
    return ArrayPart(array, tuple(slice(0, n) for n in array.shape))


def measured(
    true: Any, pred: Any, meaning: Meaning = CLASSES, grid: Grid = FLAT
) -> Any:
    comparison = Comparison(part(true), part(pred), "")
    return measure_surfaces(comparison, meaning, grid, lambda _: None)


@pytest.mark.parametrize(
    ("layer", "grid"),
    [
        (Labels(TRUE, scale=(2, 0.5)), Grid((0, 1), 0, (2.0, 0.5))),
        (Labels(TRUE), Grid((0, 1), 0, None)),
        (
            Labels(TRUE, scale=(200, 50), units=("nm", "nm")),
            Grid((0, 1), 0, pytest.approx((0.2, 0.05))),
        ),
        (
            Labels(np.zeros((3, 4, 5, 6), int), scale=(9, 2, 1, 1)),
            Grid((0, 1, 2, 3), 1, (2.0, 1.0, 1.0)),  # the first of four is time
        ),
        (
            Labels(
                np.zeros((3, 5, 6), int), axis_labels=("y", "t", "x"), scale=(2, 9, 1)
            ),
            Grid((1, 0, 2), 1, (2.0, 1.0)),
        ),
    ],
)
def test_the_layer_says_how_its_pixels_lie(layer: Labels, grid: Grid) -> None:
    assert grid_of(layer) == grid


def test_distances_are_in_micrometre() -> None:
    report = measured(TRUE, PRED)

    assert [one.id for one in report.classes] == [1]
    assert report.classes[0].hausdorff == 1.0
    assert unit_of(report) == "µm"
    assert measured(TRUE, PRED, grid=Grid((0, 1), 0, None)).classes[0].hausdorff == 2.0
    assert unit_of(measured(TRUE, PRED, grid=Grid((0, 1), 0, None))) == "px"


def test_they_are_those_of_evaluate_in_every_mode() -> None:
    segments = {"true_classes": {1: 7}, "pred_classes": {1: 7}}
    panoptic = Meaning(
        "panoptic", True, None, true_segments={1: 7}, pred_segments={1: 7}
    )
    objects = Meaning("instances", False, 0)
    wanted = [
        (objects, {"mode": "instances"}),
        (panoptic, {"mode": "panoptic", "ignore_id": 0, **segments}),
    ]
    for meaning, options in wanted:
        expected = evaluate(
            TRUE,
            PRED,
            surfaces=True,
            spacing=(2.0, 0.5),
            **options,  # type: ignore[arg-type]
        ).surfaces
        assert repr(measured(TRUE, PRED, meaning)) == repr(expected)


def test_frames_are_measured_one_by_one() -> None:
    true = np.stack([TRUE, np.zeros_like(TRUE)], axis=1)
    pred = np.stack([PRED, np.zeros_like(TRUE)], axis=1)
    grid = Grid((1, 0, 2), 1, (2.0, 0.5))

    assert measured(true, pred, grid=grid).classes[0].hausdorff == 1.0


def test_beyond_a_region_nothing_is_a_surface() -> None:
    window = tuple(slice(0, n) for n in TRUE.shape)
    whole = ((-1.0, -1.0), (-1.0, 9.5), (21.0, 9.5), (21.0, -1.0))
    pred = TRUE.copy()
    pred[0:3, 20:30] = 1  # far outside
    comparison = Comparison(
        RegionPart(TRUE, window, (0, 1), [whole]), part(pred), "Inside"
    )

    report = measure_surfaces(comparison, CLASSES, FLAT, lambda _: None)

    assert report.classes[0].hausdorff == 0.0


def test_too_many_pixels_get_a_sentence() -> None:
    large = np.broadcast_to(np.uint8(1), (2, MOST_PIXELS))

    with pytest.raises(InputError, match="Score a slice"):
        measured(large, large)
