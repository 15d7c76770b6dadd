"""The one report: whatever was scored of two label images, and how it is passed on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Literal, Self, cast, get_args

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.class_score import ClassScore
from napari_segsuite.metrics.instances import InstanceReport, PanopticReport
from napari_segsuite.metrics.instances import total as total_instances
from napari_segsuite.metrics.overlap_report import (
    OverlapReport,
    total_overlap,
)
from napari_segsuite.metrics.slices import SliceScores
from napari_segsuite.metrics.surfaces import SurfaceReport

if TYPE_CHECKING:
    from napari_segsuite.metrics.html_page import Picture

Mode = Literal["classes", "instances", "panoptic"]
"""What ids mean: classes; objects; or segments, each of which has a class."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was scored of a prediction against the truth.

    Parameters
    ----------
    mode : {"classes", "instances", "panoptic"}
        How ids were read.
    overlap : OverlapReport
        Pixel by pixel: of classes; with instances, of the two classes background (0)
        and objects (1).
    instances : InstanceReport or None
        Object by object, with mode "instances".
    panoptic : PanopticReport or None
        Segment by segment, with mode "panoptic".
    surfaces : SurfaceReport or None
        How far surfaces lie apart, if wanted: of classes; with instances, of the true
        objects that have a match. None in a total: distances do not add up.
    slices : SliceScores or None
        The headline numbers slice by slice, if wanted. None in a total.
    """

    mode: Mode
    overlap: OverlapReport
    instances: InstanceReport | None = None
    panoptic: PanopticReport | None = None
    surfaces: SurfaceReport | None = None
    slices: SliceScores | None = None

    @property
    def classes(self) -> tuple[ClassScore, ...]:
        """The classes of `overlap`."""
        return self.overlap.classes

    @property
    def mean_dice(self) -> float:
        """Mean Dice over the classes without the background; NaN if none is left."""
        return self.overlap.mean_dice

    @property
    def mean_iou(self) -> float:
        """Mean IoU over the classes without the background; NaN if none is left."""
        return self.overlap.mean_iou

    @property
    def pixel_accuracy(self) -> float:
        """Part of the scored pixels on which both arrays agree; NaN without pixels."""
        return self.overlap.pixel_accuracy

    @property
    def headline(self) -> dict[str, float]:
        """The few numbers that people compare, best first; NaN where there is none."""
        numbers: dict[str, float] = {}
        if self.instances is not None:
            numbers |= {
                "f1": self.instances.f1,
                "average_precision": self.instances.average_precision,
                "mean_average_precision": self.instances.mean_average_precision,
                "panoptic_quality": self.instances.panoptic_quality,
                "aggregated_jaccard": self.instances.aggregated_jaccard,
                "true_objects": float(self.instances.n_true),
                "predicted_objects": float(self.instances.n_pred),
            }
        if self.panoptic is not None:
            numbers |= {
                "pq": self.panoptic.overall.pq,
                "sq": self.panoptic.overall.sq,
                "rq": self.panoptic.overall.rq,
            }
        numbers |= {
            "mean_dice": self.mean_dice,
            "mean_iou": self.mean_iou,
            "pixel_accuracy": self.pixel_accuracy,
        }
        if self.surfaces is not None:
            numbers |= {
                name: self.surfaces.mean(name)
                for name in ("boundary_f1", "hausdorff_95")
            }
        return numbers

    def to_dict(self, *, objects: bool = True) -> dict[str, Any]:
        """Return the report as JSON values: NaN becomes None, infinite ``"inf"``.

        The overlap's entries stand at the top; ``"instances"``, ``"panoptic"``,
        ``"surfaces"`` and ``"slices"`` are None where nothing was scored.

        Parameters
        ----------
        objects : bool
            Whether to list every single object.
        """
        return {
            "mode": self.mode,
            **self.overlap.to_dict(),
            "instances": self.instances and self.instances.to_dict(objects=objects),
            "panoptic": self.panoptic and self.panoptic.to_dict(),
            "surfaces": self.surfaces and self.surfaces.to_dict(),
            "slices": self.slices and self.slices.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the report that `to_dict` wrote; scores are derived anew.

        Raises
        ------
        InputError
            If an entry is missing or of another kind.
        """
        if values.get("mode") not in get_args(Mode):
            msg = (
                f"The mode of a report is one of {', '.join(get_args(Mode))}; got "
                f"{values.get('mode')!r}. Evaluate the label images again."
            )
            raise InputError(msg)
        parts = {
            name: kind.from_dict(values[name]) if values.get(name) is not None else None
            for name, kind in _PARTS.items()
        }
        return cls(
            mode=cast("Mode", values["mode"]),
            overlap=OverlapReport.from_dict(values),
            **cast("Any", parts),
        )

    def to_json(self) -> str:
        """Return the report as JSON text, indented."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    def rows(self, table: str | None = None) -> list[dict[str, Any]]:
        """Return a table as one dictionary per line; see `tables.rows`."""
        from napari_segsuite.metrics.tables import rows

        return rows(self, table)

    def to_csv(self, table: str | None = None, *, separator: str = ",") -> str:
        """Return a table as CSV with a head; see `tables.rows`.

        Scores that are NaN stay empty, numbers have full precision.
        """
        from napari_segsuite.metrics.tables import csv_text

        return csv_text(self.rows(table), separator=separator)

    def to_text(self) -> str:
        """Return tables for people, in plain text."""
        from napari_segsuite.metrics.layout import report_text

        return report_text(self)

    def to_html(
        self,
        title: str,
        *,
        about: Mapping[str, str] | None = None,
        pictures: Sequence[Picture] = (),
    ) -> str:
        """Return a page to keep and to send; see `html_page.report_page`."""
        from napari_segsuite.metrics.html_page import report_page

        return report_page(self, title, about=about or {}, pictures=pictures)


def total(reports: Iterable[Report]) -> Report:
    """Return the report of the pixels, objects and segments of several images together.

    This is not the mean of their scores: large images and large classes weigh more.

    Parameters
    ----------
    reports : iterable of Report
        All with the same mode, ignored id, background and thresholds.

    Raises
    ------
    InputError
        If there is none, or these conventions differ.
    """
    parts = list(reports)
    modes = {part.mode for part in parts}
    if len(modes) > 1:
        msg = (
            "Reports can be added up if all have the same mode; got "
            f"{', '.join(sorted(modes))}. Evaluate all with the same choice."
        )
        raise InputError(msg)
    overlap = total_overlap(part.overlap for part in parts)
    instances: Sequence[InstanceReport] = [p.instances for p in parts if p.instances]
    panoptic: Sequence[PanopticReport] = [p.panoptic for p in parts if p.panoptic]
    return Report(
        mode=parts[0].mode,
        overlap=overlap,
        instances=total_instances(instances) if instances else None,
        panoptic=reduce(add, panoptic) if panoptic else None,
    )


_PARTS: Mapping[str, Any] = {
    "instances": InstanceReport,
    "panoptic": PanopticReport,
    "surfaces": SurfaceReport,
    "slices": SliceScores,
}
