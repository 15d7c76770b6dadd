"""The scores of a report in words, and which way is better."""

from __future__ import annotations

import math
from collections.abc import Iterable

_TITLES = {
    "f1": "F1",
    "average_precision": "AP at IoU 0.5",
    "mean_average_precision": "AP, mean of 0.5 … 0.95",
    "panoptic_quality": "Panoptic quality",
    "aggregated_jaccard": "Aggregated Jaccard",
    "true_objects": "True objects",
    "predicted_objects": "Predicted objects",
    "pq": "Panoptic quality",
    "sq": "Segmentation quality",
    "rq": "Recognition quality",
    "mean_dice": "Mean Dice",
    "mean_iou": "Mean IoU",
    "pixel_accuracy": "Pixel accuracy",
    "boundary_f1": "Boundary F1",
    "boundary_iou": "Boundary IoU",
    "hausdorff_95": "Hausdorff 95",
    "mean_distance": "Mean surface distance",
    "surface_dice": "Surface Dice",
}
_COUNTS = frozenset({"true_objects", "predicted_objects"})
_DISTANCES = frozenset({"hausdorff", "hausdorff_95", "mean_distance"})


def title(name: str) -> str:
    """Return what people call the score that `Report.headline` calls `name`."""
    return _TITLES.get(name, name.replace("_", " ").capitalize())


def is_count(name: str) -> bool:
    """Whether the score is a number of objects, which no one is better for."""
    return name in _COUNTS


def in_unit(name: str) -> bool:
    """Whether the score lies in 0 … 1."""
    return name not in _COUNTS | _DISTANCES


def lower_is_better(name: str) -> bool:
    """Whether the score is a distance."""
    return name in _DISTANCES


def comparable(names: Iterable[str]) -> list[str]:
    """Return those of `names` that say how good a prediction is, in their order."""
    return [name for name in names if not is_count(name)]


def score_text(name: str, value: float) -> str:
    """Return a score for people, a dash for NaN, ∞ where a distance has no end.

    Scores in 0 … 1 have three decimals, distances three digits, counts are whole.
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    if is_count(name):
        return f"{value:,.0f}"
    if lower_is_better(name) and value < 100:
        return f"{value:#.3g}".rstrip(".")
    return f"{value:,.0f}" if lower_is_better(name) else f"{value:.3f}"
