"""JSON files that others wrote: read without trust."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from napari_segsuite.data.strict_json import without_duplicates
from napari_segsuite.errors import InputError

_LARGEST_FILE = 1 << 30


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises
    ------
    InputError
        If the file is missing, larger than 1 GiB, nested without end, no JSON object,
        or holds a name twice or a number that is not finite.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            msg = f"{path} is larger than 1 GiB. Split it into several files."
            raise InputError(msg)
        content = json.loads(
            path.read_bytes().decode("utf-8-sig"),
            object_pairs_hook=without_duplicates,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except InputError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        if isinstance(error, RecursionError):
            reason = "it is nested too deeply"
        msg = f"{path} cannot be read as JSON: {reason}. Get a fresh copy of it."
        raise InputError(msg) from error
    if not isinstance(content, dict):
        msg = (
            f"{path} holds a list of something, but an object with “images”, "
            "“annotations” and “categories” is needed. Export the whole data set."
        )
        raise InputError(msg)
    return content


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        msg = f"{text} is no finite number"
        raise ValueError(msg)
    return value
