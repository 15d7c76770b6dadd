"""The scores as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from napari_segsuite.data.atomic import atomic_file
from napari_segsuite.errors import InputError
from napari_segsuite.metrics import OverlapReport

FILTERS = "Table (*.csv);;JSON (*.json);;Text (*.txt)"


def export_report(report: OverlapReport, path: Path, about: Mapping[str, str]) -> None:
    """Write `report` in the format that the suffix of `path` says.

    Parameters
    ----------
    report : OverlapReport
        What to write.
    path : Path
        ``.csv``, ``.json`` or ``.txt``; an existing file is replaced.
    about : mapping of str to str
        What was scored: stands first in JSON and text.

    Raises
    ------
    InputError
        If the suffix is another one.
    StorageError
        If the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        text = report.to_csv()
    elif suffix == ".json":
        values = {**about, **report.to_dict()}
        text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    elif suffix == ".txt":
        head = "".join(f"{key}: {value}\n" for key, value in about.items())
        text = f"{head}\n{report.to_text()}"
    else:
        msg = f"{path.name} must end in .csv, .json or .txt, which says the format."
        raise InputError(msg)
    with atomic_file(path, overwrite=True) as temporary:
        temporary.write_text(text, encoding="utf-8")
