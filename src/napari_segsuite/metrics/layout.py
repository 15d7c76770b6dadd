"""How a report is laid out as lines: CSV for spreadsheets, plain text for people."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from napari_segsuite.metrics import overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segsuite.metrics.report import ClassScore, OverlapReport

COLUMNS = (
    "id",
    "name",
    "dice",
    "iou",
    "precision",
    "recall",
    "true_pixels",
    "predicted_pixels",
    "common_pixels",
    "pixel_accuracy",
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
        writer.writerow([entry.id, entry.name, *_numbers([entry]), ""])
    for name, classes in _means(report):
        accuracy = _number(report.pixel_accuracy)
        writer.writerow(["", name, *_numbers(classes), accuracy])
    return out.getvalue()


def plain_text(report: OverlapReport) -> str:
    """Return `report` as an aligned table with what was scored below it."""
    head = ("id", "class", "Dice", "IoU", "precision", "recall", "pixels", "predicted")
    rows: list[tuple[str, ...]] = [head]
    rows += [_text_row(str(entry.id), entry.name, [entry]) for entry in report.classes]
    rows += [_text_row("", name, classes) for name, classes in _means(report)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 1 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, _closing_line(report)]) + "\n"


def _means(report: OverlapReport) -> list[tuple[str, Sequence[ClassScore]]]:
    if report.foreground == report.classes:
        return [("mean", report.classes)]
    return [
        ("mean without background", report.foreground),
        ("mean with background", report.classes),
    ]


def _scores(classes: Sequence[ClassScore]) -> tuple[float, float, float, float]:
    return (
        overlap.mean(c.dice for c in classes),
        overlap.mean(c.iou for c in classes),
        overlap.mean(c.precision for c in classes),
        overlap.mean(c.recall for c in classes),
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
    scores = ("–" if math.isnan(s) else f"{s:.4f}" for s in _scores(classes))
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
