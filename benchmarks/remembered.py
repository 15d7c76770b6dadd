"""Figures that were measured before, so that a long benchmark goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_segsuite.data.atomic import atomic_file


class Remembered:
    """A folder with a JSON file per figure.

    Parameters
    ----------
    folder : Path
        It is made if it is missing. Delete it to measure anew.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def get(self, key: str, measure: Callable[[], Any]) -> Any:
        """Return the JSON value called `key`; it is measured if it is not there."""
        path = self._folder / f"{key}.json"
        if path.exists():
            return json.loads(path.read_text())
        value = measure()
        with atomic_file(path, overwrite=True) as new:
            new.write_text(json.dumps(value))
        return value
