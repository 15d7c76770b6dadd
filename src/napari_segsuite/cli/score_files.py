"""The scores of several pairs of files: as a table, and written down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_segsuite.data.atomic import atomic_file, refuse_existing
from napari_segsuite.errors import InputError

if TYPE_CHECKING:
    from napari_segsuite.metrics import Report

TOGETHER = "all together"


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two files and how they compare."""

    truth: Path
    prediction: Path
    report: Report


def file_rows(pairs: Sequence[ScoredPair], whole: Report) -> list[dict[str, Any]]:
    """Return the headline numbers of each pair and, last, of all together.

    Distances do not add up: those of all together are the means of the pairs'.
    """
    from napari_segsuite.metrics.overlap import mean

    headlines = [pair.report.headline for pair in pairs]
    together = {
        name: whole.headline[name]
        if name in whole.headline
        else mean(headline[name] for headline in headlines)
        for name in headlines[0]
    }
    names = [pair.prediction.name for pair in pairs]
    return [
        {"file": name, **headline}
        for name, headline in zip(
            [*names, TOGETHER], [*headlines, together], strict=True
        )
    ]


def files_table(pairs: Sequence[ScoredPair], whole: Report) -> str:
    """Return one line per pair with its headline numbers, and one of all together."""
    from napari_segsuite.metrics.layout import aligned, short

    lines = file_rows(pairs, whole)
    head = ["", *(name.replace("_", " ") for name in lines[0])]
    rows = [
        [
            "",
            line["file"],
            *(
                f"{value:,.0f}" if name.endswith("_objects") else short(value)
                for name, value in line.items()
                if name != "file"
            ),
        ]
        for line in lines
    ]
    return "\n".join(line.removeprefix("  ") for line in aligned([head, *rows]))


def check_target(path: Path, suffix: str) -> None:
    """Refuse a file that cannot be written, before anything is scored.

    Raises
    ------
    InputError
        If the suffix says no format that is known.
    StorageError
        If it exists already.
    """
    if suffix not in _WRITERS:
        msg = (
            f"{path.name} must end in {', '.join(_WRITERS)}, which says the format. "
            "Name the file so."
        )
        raise InputError(msg)
    refuse_existing(path)


def write_scores(
    path: Path,
    suffix: str,
    whole: Report,
    pairs: Sequence[ScoredPair],
    left_out: Sequence[Path],
) -> None:
    """Write the scores in the format of `suffix`, one that `check_target` let pass.

    JSON holds the report of all pixels, with that of each pair under ``"files"``; CSV a
    line per pair and one of all together; HTML a page with all tables.
    """
    text = _WRITERS[suffix](whole, pairs, left_out)
    with atomic_file(path) as new:
        new.write_text(text, encoding="utf-8")


def _json(whole: Report, pairs: Sequence[ScoredPair], left_out: Sequence[Path]) -> str:
    values = {
        # Every object is listed with its file.
        **whole.to_dict(objects=False),
        "files": [
            {
                "truth": str(pair.truth),
                "prediction": str(pair.prediction),
                **pair.report.to_dict(),
            }
            for pair in pairs
        ],
        "left_out": [str(path) for path in left_out],
    }
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _csv(whole: Report, pairs: Sequence[ScoredPair], left_out: Sequence[Path]) -> str:
    from napari_segsuite.metrics.tables import csv_text

    return csv_text(file_rows(pairs, whole))


def _html(whole: Report, pairs: Sequence[ScoredPair], left_out: Sequence[Path]) -> str:
    from napari_segsuite.metrics.html_page import report_page

    about = {"Left out": ", ".join(map(str, left_out))} if left_out else {}
    if len(pairs) == 1:
        about = {
            "Truth": str(pairs[0].truth),
            "Prediction": str(pairs[0].prediction),
            **about,
        }
    return report_page(
        whole,
        f"Scores of {len(pairs)} pairs" if len(pairs) > 1 else "Scores",
        about=about,
        files=file_rows(pairs, whole) if len(pairs) > 1 else (),
    )


_WRITERS = {".json": _json, ".csv": _csv, ".html": _html}
