"""Scores of surfaces: how far two boundaries lie apart, in physical units."""

from napari_segsuite.metrics.surfaces.bands import BandCounts, band_counts
from napari_segsuite.metrics.surfaces.boundary import boundary, inner_band
from napari_segsuite.metrics.surfaces.distances import (
    SurfaceDistances,
    surface_distances,
)
from napari_segsuite.metrics.surfaces.report import SurfaceReport, SurfaceScore
from napari_segsuite.metrics.surfaces.scores import (
    average_surface_distance,
    boundary_f1,
    boundary_iou,
    directed_surface_distance,
    hausdorff,
    hausdorff_95,
    surface_dice,
)
from napari_segsuite.metrics.surfaces.scoring import score_surfaces

__all__ = [
    "BandCounts",
    "SurfaceDistances",
    "SurfaceReport",
    "SurfaceScore",
    "average_surface_distance",
    "band_counts",
    "boundary",
    "boundary_f1",
    "boundary_iou",
    "directed_surface_distance",
    "hausdorff",
    "hausdorff_95",
    "inner_band",
    "score_surfaces",
    "surface_dice",
    "surface_distances",
]
