"""How a report is laid out as lines: CSV for spreadsheets, plain text for people."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from napari_segsuite.metrics import overlap
from napari_segsuite.metrics.surfaces.report import SCORES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segsuite.metrics.class_score import ClassScore
    from napari_segsuite.metrics.instances import InstanceReport, PanopticReport
    from napari_segsuite.metrics.overlap_report import OverlapReport
    from napari_segsuite.metrics.report import Report
    from napari_segsuite.metrics.surfaces import SurfaceReport

# More surfaces are not listed one by one in the text.
_MOST_SURFACES = 40

COLUMNS = (
    "id",
    "name",
    "dice",
    "iou",
    "precision",
    "recall",
    "specificity",
    "volume_error",
    "true_pixels",
    "predicted_pixels",
    "common_pixels",
    "pixel_accuracy",
    "frequency_weighted_iou",
    "cohen_kappa",
)


def csv_text(report: OverlapReport, *, separator: str = ",") -> str:
    """Return `report` as CSV with the header `COLUMNS`.

    One line per class, then the means without and with the background, whose counts
    are sums; these two lines have no id. Scores that are NaN stay empty; numbers have
    full precision.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in report.classes:
        writer.writerow([entry.id, entry.name, *_numbers([entry]), "", "", ""])
    whole = [
        _number(score)
        for score in (
            report.pixel_accuracy,
            report.frequency_weighted_iou,
            report.cohen_kappa,
        )
    ]
    for name, classes in _means(report):
        writer.writerow(["", name, *_numbers(classes), *whole])
    return out.getvalue()


def plain_text(report: OverlapReport) -> str:
    """Return `report` as an aligned table with what was scored below it."""
    head = ("id", "class", "Dice", "IoU", "precision", "recall", "pixels", "predicted")
    rows: list[tuple[str, ...]] = [head]
    rows += [_text_row(str(entry.id), entry.name, [entry]) for entry in report.classes]
    rows += [_text_row("", name, classes) for name, classes in _means(report)]
    return "\n".join([*aligned(rows), _closing_line(report)]) + "\n"


def report_text(report: Report) -> str:
    """Return the tables of a whole report, one below the other."""
    parts = [plain_text(report.overlap)]
    if report.instances is not None:
        parts.append(_instances_text(report.instances))
    if report.panoptic is not None:
        parts.append(_panoptic_text(report.panoptic))
    if report.surfaces is not None:
        parts.append(_surfaces_text(report.surfaces))
    return "\n".join(parts)


def _instances_text(report: InstanceReport) -> str:
    head = ("", "matched at", "AP", "F1", "precision", "recall", "mean IoU", "PQ",
            "TP", "FP", "FN")  # fmt: skip
    rows: list[tuple[str, ...]] = [head]
    rows += [
        (
            "",
            f"IoU {entry.threshold:.2f}",
            *map(
                short,
                (
                    entry.average_precision,
                    entry.f1,
                    entry.precision,
                    entry.recall,
                    entry.mean_matched_iou,
                    entry.panoptic_quality,
                ),
            ),
            *(f"{n:,}" for n in (entry.tp, entry.fp, entry.fn)),
        )
        for entry in report.matches
    ]
    lines = [
        *aligned(rows),
        f"{report.n_true:,} true and {report.n_pred:,} predicted objects; "
        f"mean AP {short(report.mean_average_precision)}, "
        f"aggregated Jaccard {short(report.aggregated_jaccard)}, "
        f"SEG {short(report.seg)}.",
    ]
    return "\n".join(lines) + "\n"


def _panoptic_text(report: PanopticReport) -> str:
    head = ("id", "class", "PQ", "SQ", "RQ", "TP", "FP", "FN")
    rows: list[tuple[str, ...]] = [head]
    rows += [
        (
            str(entry.id),
            entry.name,
            *map(short, (entry.pq, entry.sq, entry.rq)),
            *(f"{n:,}" for n in (entry.tp, entry.fp, entry.fn)),
        )
        for entry in report.classes
    ]
    for name in ("overall", "things", "stuff"):
        mean = getattr(report, name)
        scores = map(short, (mean.pq, mean.sq, mean.rq))
        rows.append(("", f"mean, {name}", *scores, "", "", ""))
    return "\n".join(aligned(rows)) + "\n"


def _surfaces_text(report: SurfaceReport) -> str:
    unit = "pixels" if report.spacing is None else "µm"
    names = [name.replace("_", " ") for name in SCORES]
    rows: list[tuple[str, ...]] = [("id", "surface", *names)]
    rows += [
        (str(entry.id), "", *(short(getattr(entry, name)) for name in SCORES))
        for entry in report.classes[:_MOST_SURFACES]
    ]
    rows.append(("", "mean", *(short(report.mean(name)) for name in SCORES)))
    closing = f"Distances in {unit}; the tolerance is {report.tolerance:g} {unit}."
    left_out = len(report.classes) - _MOST_SURFACES
    if left_out > 0:
        closing += f" {left_out:,} more surfaces are in the mean."
    return "\n".join([*aligned(rows), closing]) + "\n"


def short(value: float) -> str:
    """Return a score with four digits after the point; a dash for NaN."""
    return "–" if math.isnan(value) else f"{value:.4f}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines whose cells stand in columns.

    Parameters
    ----------
    rows : sequence of sequence of str
        As many cells in each; the first row is the head. The second column holds
        words, which start at the left; numbers end at the right.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if i == 1 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _means(report: OverlapReport) -> list[tuple[str, Sequence[ClassScore]]]:
    if report.foreground == report.classes:
        return [("mean", report.classes)]
    return [
        ("mean without background", report.foreground),
        ("mean with background", report.classes),
    ]


def _scores(classes: Sequence[ClassScore]) -> tuple[float, ...]:
    return (
        overlap.mean(c.dice for c in classes),
        overlap.mean(c.iou for c in classes),
        overlap.mean(c.precision for c in classes),
        overlap.mean(c.recall for c in classes),
        overlap.mean(c.specificity for c in classes),
        overlap.mean(c.volume_error for c in classes),
    )


def _numbers(classes: Sequence[ClassScore]) -> list[str]:
    counts = (
        sum(c.n_true for c in classes),
        sum(c.n_pred for c in classes),
        sum(c.n_both for c in classes),
    )
    return [*(_number(s) for s in _scores(classes)), *(str(n) for n in counts)]


def _number(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def _text_row(label: str, name: str, classes: Sequence[ClassScore]) -> tuple[str, ...]:
    scores = (short(score) for score in _scores(classes)[:4])
    n_true = sum(c.n_true for c in classes)
    n_pred = sum(c.n_pred for c in classes)
    return (label, name, *scores, f"{n_true:,}", f"{n_pred:,}")


def _closing_line(report: OverlapReport) -> str:
    if not report.n_scored:
        return "No pixel was scored."
    accuracy = f"{report.pixel_accuracy:.4f}"
    line = f"Pixel accuracy {accuracy} on {report.n_scored:,} scored pixels"
    if report.ignore_id is None:
        return line + "."
    return (
        f"{line}, {100 * report.share_scored:.3g} % of all; pixels with id "
        f"{report.ignore_id} in the truth are not scored."
    )
