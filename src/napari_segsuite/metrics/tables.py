"""The tables of a report: lists of dictionaries, as docks, CSV and notebooks want."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.instances import Kind
from napari_segsuite.metrics.surfaces.report import SCORES

if TYPE_CHECKING:
    from napari_segsuite.metrics.report import Report

Row = dict[str, Any]

_CLASS_SCORES = (
    "id",
    "name",
    "dice",
    "iou",
    "precision",
    "recall",
    "specificity",
    "volume_error",
    "n_true",
    "n_pred",
    "n_both",
)
_SEGMENT_SCORES = ("is_thing", "pq", "sq", "rq", "tp", "fp", "fn")
_MATCH_SCORES = (
    "threshold",
    "tp",
    "fp",
    "fn",
    "average_precision",
    "f1",
    "precision",
    "recall",
    "mean_matched_iou",
    "panoptic_quality",
)


def rows(report: Report, table: str | None = None) -> list[Row]:
    """Return a table of a report as one dictionary per line, all with the same keys.

    Parameters
    ----------
    report : Report
        What was scored.
    table : {"classes", "objects", "matches", "surfaces", "slices"}, optional
        ``"classes"``: a line per class, with panoptic and surface scores where they
        were taken. ``"objects"``: a line per true and per predicted object.
        ``"matches"``: a line per IoU threshold. ``"surfaces"``: a line per class or
        matched object. ``"slices"``: a line per slice. By default objects with mode
        "instances", else classes.

    Returns
    -------
    list of dict
        Empty if nothing of that kind was scored. Scores without value are NaN.

    Raises
    ------
    InputError
        If there is no such table.
    """
    makers = {
        "classes": _classes,
        "objects": _objects,
        "matches": _matches,
        "surfaces": _surfaces,
        "slices": _slices,
    }
    wanted = table or ("objects" if report.mode == "instances" else "classes")
    if wanted not in makers:
        msg = f"The tables of a report are {', '.join(makers)}; got {table!r}."
        raise InputError(msg)
    return makers[wanted](report)


def csv_text(lines: Sequence[Mapping[str, Any]], *, separator: str = ",") -> str:
    """Return lines with the same keys as CSV; NaN and None stay empty."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerows([list(lines[0])] if lines else [])
    writer.writerows([_cell(value) for value in line.values()] for line in lines)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return "" if value is None else value


def _classes(report: Report) -> list[Row]:
    lines = [
        {name: getattr(entry, name) for name in _CLASS_SCORES}
        for entry in report.overlap.classes
    ]
    if report.panoptic is not None:
        _join(lines, report.panoptic.classes, _SEGMENT_SCORES)
    if report.surfaces is not None and report.mode != "instances":
        _join(lines, report.surfaces.classes, SCORES)
    return lines


def _join(lines: list[Row], entries: Sequence[Any], names: Sequence[str]) -> None:
    """Add scores of `entries` to the lines of the same ids; NaN where there is none."""
    by_id = {entry.id: entry for entry in entries}
    for line in lines:
        entry = by_id.get(line["id"])
        line.update({name: getattr(entry, name, math.nan) for name in names})


def _objects(report: Report) -> list[Row]:
    if report.instances is None:
        return []
    table = report.instances.objects
    sides: tuple[tuple[Any, ...], ...] = (
        ("truth", table.true_ids, table.true_areas, table.true_ious,
         table.true_matches, table.true_kinds),
        ("prediction", table.pred_ids, table.pred_areas, table.pred_ious,
         table.pred_matches, table.pred_kinds),
    )  # fmt: skip
    kinds = {kind.value: kind.name.lower() for kind in Kind}
    return [
        {
            "side": side,
            "id": label,
            "area": area,
            "iou": iou,
            "match": match,
            "kind": kinds[kind],
        }
        for side, *columns in sides
        for label, area, iou, match, kind in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


def _matches(report: Report) -> list[Row]:
    if report.instances is None:
        return []
    return [
        {name: getattr(entry, name) for name in _MATCH_SCORES}
        for entry in report.instances.matches
    ]


def _surfaces(report: Report) -> list[Row]:
    if report.surfaces is None:
        return []
    return [
        {"id": entry.id} | {name: getattr(entry, name) for name in SCORES}
        for entry in report.surfaces.classes
    ]


def _slices(report: Report) -> list[Row]:
    if report.slices is None:
        return []
    names = report.slices.names
    return [
        {"slice": index, **dict(zip(names, values, strict=True))}
        for index, values in enumerate(report.slices.values.tolist())
    ]
