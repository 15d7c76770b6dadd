"""Scores of objects: matching, instance and panoptic reports, COCO's precision."""

from napari_segsuite.metrics.instances.average_precision import MatchScore
from napari_segsuite.metrics.instances.coco_precision import (
    RankedDetections,
    score_detections,
)
from napari_segsuite.metrics.instances.mistakes import Kind
from napari_segsuite.metrics.instances.objects import ObjectTable
from napari_segsuite.metrics.instances.panoptic import score_panoptic
from napari_segsuite.metrics.instances.panoptic_report import (
    PanopticMean,
    PanopticReport,
    PanopticScore,
)
from napari_segsuite.metrics.instances.report import InstanceReport, total
from napari_segsuite.metrics.instances.scoring import score_instances

__all__ = [
    "InstanceReport",
    "Kind",
    "MatchScore",
    "ObjectTable",
    "PanopticMean",
    "PanopticReport",
    "PanopticScore",
    "RankedDetections",
    "score_detections",
    "score_instances",
    "score_panoptic",
    "total",
]
