"""Scores of segmentations: numpy alone, counted once, scored many ways."""

from napari_segsuite.metrics.blocks import count_blocks
from napari_segsuite.metrics.contingency import ContingencyTable, count, empty_table
from napari_segsuite.metrics.overlap import dice, iou, precision, recall
from napari_segsuite.metrics.report import (
    ClassScore,
    OverlapReport,
    evaluate,
    score,
    total,
)

__all__ = [
    "ClassScore",
    "ContingencyTable",
    "OverlapReport",
    "count",
    "count_blocks",
    "dice",
    "empty_table",
    "evaluate",
    "iou",
    "precision",
    "recall",
    "score",
    "total",
]
