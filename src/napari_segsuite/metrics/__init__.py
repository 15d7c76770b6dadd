"""Scores of segmentations: counted once, scored many ways."""

from napari_segsuite.metrics.blocks import count_blocks, count_slices
from napari_segsuite.metrics.class_score import ClassScore
from napari_segsuite.metrics.contingency import ContingencyTable, empty_table
from napari_segsuite.metrics.evaluation import evaluate, score_table
from napari_segsuite.metrics.instances import (
    InstanceReport,
    Kind,
    ObjectTable,
    PanopticReport,
    score_detections,
    score_instances,
    score_panoptic,
)
from napari_segsuite.metrics.overlap import dice, iou, precision, recall, specificity
from napari_segsuite.metrics.overlap_report import (
    OverlapReport,
    score_overlap,
    total_overlap,
)
from napari_segsuite.metrics.report import Mode, Report, total
from napari_segsuite.metrics.running import RunningCount
from napari_segsuite.metrics.slices import SliceScores
from napari_segsuite.metrics.surfaces import (
    SurfaceReport,
    average_surface_distance,
    boundary_f1,
    boundary_iou,
    directed_surface_distance,
    hausdorff,
    hausdorff_95,
    score_surfaces,
    surface_dice,
)
from napari_segsuite.metrics.tally import Tally, count

__all__ = [
    "ClassScore",
    "ContingencyTable",
    "InstanceReport",
    "Kind",
    "Mode",
    "ObjectTable",
    "OverlapReport",
    "PanopticReport",
    "Report",
    "RunningCount",
    "SliceScores",
    "SurfaceReport",
    "Tally",
    "average_surface_distance",
    "boundary_f1",
    "boundary_iou",
    "count",
    "count_blocks",
    "count_slices",
    "dice",
    "directed_surface_distance",
    "empty_table",
    "evaluate",
    "hausdorff",
    "hausdorff_95",
    "iou",
    "precision",
    "recall",
    "score_detections",
    "score_instances",
    "score_overlap",
    "score_panoptic",
    "score_surfaces",
    "score_table",
    "specificity",
    "surface_dice",
    "total",
    "total_overlap",
]
