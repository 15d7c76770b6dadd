import math

import numpy as np

from napari_segsuite.metrics import evaluate
from napari_segsuite.widgets.measure import score_names
from napari_segsuite.widgets.measure.score_names import (
    comparable,
    in_unit,
    lower_is_better,
    score_text,
    title,
)

LABELS = np.array([[0, 1], [2, 2]])


def test_every_score_of_a_report_has_a_title():
    for mode in ("classes", "instances", "panoptic"):
        for name in evaluate(LABELS, LABELS, mode=mode, surfaces=True).headline:
            assert name in score_names._TITLES


def test_an_unknown_score_is_still_named():
    assert title("new_score") == "New score"


def test_counts_and_distances_are_no_parts_of_one():
    assert in_unit("f1")
    assert not in_unit("hausdorff_95")
    assert not in_unit("true_objects")
    assert lower_is_better("hausdorff_95")
    assert comparable(["true_objects", "f1"]) == ["f1"]


def test_scores_for_people():
    assert score_text("f1", 0.12345) == "0.123"
    assert score_text("true_objects", 1234.0) == "1,234"
    assert score_text("f1", math.nan) == "–"
    assert score_text("hausdorff", math.inf) == "∞"
    assert score_text("hausdorff", 0.0) == "0.00"
    assert score_text("hausdorff_95", 12.345) == "12.3"
    assert score_text("mean_distance", 1234.5) == "1,234"
