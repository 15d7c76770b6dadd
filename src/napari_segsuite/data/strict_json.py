"""JSON without ambiguity."""

from __future__ import annotations

from typing import Any


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object's members, for ``json.loads(object_pairs_hook=...)``.

    Raises
    ------
    ValueError
        If a name stands twice: readers would disagree about which one counts.
    """
    values = dict(pairs)
    if len(values) != len(pairs):
        msg = "a name stands twice"
        raise ValueError(msg)
    return values
