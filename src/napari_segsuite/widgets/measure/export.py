"""The scores as a file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.errors import InputError
from napari_segsuite.metrics import Report
from napari_segsuite.metrics.html_page import Picture
from napari_segsuite.metrics.surfaces.report import SCORES
from napari_segsuite.metrics.tables import csv_text

FILTERS = "Table (*.csv);;JSON (*.json);;Page with pictures (*.html);;Text (*.txt)"
SUFFIXES = (".csv", ".json", ".html", ".txt")


def export_report(
    report: Report,
    path: Path,
    about: Mapping[str, str],
    *,
    table: str | None = None,
    pictures: Sequence[Picture] = (),
) -> None:
    """Write `report` in the format that the suffix of `path` says.

    Parameters
    ----------
    report : Report
        What to write.
    path : Path
        ``.csv``, ``.json``, ``.html`` or ``.txt``; an existing file is replaced.
    about : mapping of str to str
        What was scored: stands first in all but CSV.
    table : str, optional
        Which table goes into CSV; see `Report.rows`.
    pictures : sequence of Picture
        For the page.

    Raises
    ------
    InputError
        If the suffix is another one.
    StorageError
        If the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        text = table_text(report, table)
    elif suffix == ".json":
        values = {**about, **report.to_dict()}
        text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    elif suffix == ".html":
        title = f"{about.get('prediction', 'Prediction')} scored"
        text = report.to_html(title, about=about, pictures=pictures)
    elif suffix == ".txt":
        head = "".join(f"{key}: {value}\n" for key, value in about.items())
        text = f"{head}\n{report.to_text()}"
    else:
        msg = (
            f"{path.name} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, "
            "which says the format."
        )
        raise InputError(msg)
    with atomic_file(path, overwrite=True) as temporary:
        temporary.write_text(text, encoding="utf-8")


def table_text(report: Report, table: str | None, *, separator: str = ",") -> str:
    """Return a table of a report as CSV; see `Report.to_csv`.

    Objects get the surface scores of their pair too, where these were measured; those
    without a match have none.
    """
    lines = report.rows(table)
    if report.surfaces is not None and lines and "match" in lines[0]:
        # The surfaces of a pair go by the id of the true object.
        by_id = {entry.id: entry for entry in report.surfaces.classes}
        for line in lines:
            true_id = line["id"] if line["side"] == "truth" else line["match"]
            entry = by_id.get(true_id)
            line |= {name: getattr(entry, name, math.nan) for name in SCORES}
    return csv_text(lines, separator=separator)
