"""A report as one HTML page that holds everything: no scripts, no other files."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from napari_segsuite.metrics.layout import short

if TYPE_CHECKING:
    from napari_segsuite.metrics.report import Report

# Longer tables are cut, and say so: CSV and JSON hold all of it.
_MOST_ROWS = 500

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #8886; text-align: right; }
th:nth-child(2), td:nth-child(2) { text-align: left; }
figure { display: inline-block; margin: 0 1rem 1rem 0; }
img { max-width: 100%; }
"""

_TITLES = {
    "classes": "Classes",
    "matches": "Objects matched at each IoU",
    "objects": "Objects that are wrong",
    "surfaces": "Surfaces",
    "slices": "Slices",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for the page.

    Parameters
    ----------
    caption : str
        What it shows.
    png : bytes
        The content of a PNG file.
    """

    caption: str
    png: bytes


def report_page(
    report: Report,
    title: str,
    *,
    about: Mapping[str, str],
    pictures: Sequence[Picture] = (),
    files: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return a report as an HTML page.

    Parameters
    ----------
    report : Report
        What was scored.
    title : str
        The heading.
    about : mapping of str to str
        What was compared, line by line: truth, prediction, date …
    pictures : sequence of Picture, optional
        Shown below the headline numbers.
    files : sequence of mapping, optional
        A line per pair of files, all with the same keys, if the report is their total.

    Returns
    -------
    str
        The whole page, in UTF-8 once it is written. Texts are escaped.
    """
    headline = [
        {"score": _words(name), "value": value}
        for name, value in report.headline.items()
    ]
    parts = [
        f"<h1>{escape(title)}</h1>",
        *(f"<p>{escape(key)}: {escape(text)}</p>" for key, text in about.items()),
        _table(headline),
        *map(_figure, pictures),
    ]
    if files:
        parts += ["<h2>Files</h2>", _table(files)]
    for name, heading in _TITLES.items():
        lines = report.rows(name)
        if name == "objects":
            lines = [line for line in lines if line["kind"] != "correct"]
        if lines:
            parts += [f"<h2>{heading}</h2>", _table(lines)]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _table(lines: Sequence[Mapping[str, Any]]) -> str:
    head = "".join(f"<th>{escape(_words(name))}</th>" for name in lines[0])
    rows = [
        "<tr>"
        + "".join(f"<td>{_cell(value)}</td>" for value in line.values())
        + "</tr>"
        for line in lines[:_MOST_ROWS]
    ]
    left_out = len(lines) - _MOST_ROWS
    note = f"<p>{left_out:,} more lines are left out.</p>" if left_out > 0 else ""
    return f"<table>\n<tr>{head}</tr>\n" + "\n".join(rows) + f"\n</table>{note}"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        whole = math.isfinite(value) and value.is_integer() and abs(value) > 1
        return f"{value:,.0f}" if whole else short(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _figure(picture: Picture) -> str:
    data = b64encode(picture.png).decode("ascii")
    caption = escape(picture.caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
