"""What a file says about the array in it, before the array is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# Micrometre in one unit, by the names that microscopes and programs write.
_MICROMETRES = {
    "nm": 1e-3,
    "nanometer": 1e-3,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometers": 1.0,
    "micrometre": 1.0,
    "mm": 1e3,
    "millimeter": 1e3,
    "cm": 1e4,
    "centimeter": 1e4,
    "inch": 25_400.0,
    "m": 1e6,
    "meter": 1e6,
    "å": 1e-4,
    "angstrom": 1e-4,
}


@dataclass(frozen=True, slots=True)
class Source:
    """An array in a file, described by the file's header."""

    shape: tuple[int, ...]
    """Its shape."""
    dtype: np.dtype[Any]
    """Its dtype, as stored."""
    axes: str | None
    """One letter of TCZYX per dimension; None if the file does not say."""
    spacing: dict[str, float]
    """Micrometre per pixel along those of Z, Y, X for which the file tells it."""
    load: Callable[[], Any]
    """Open the array, lazily where the format allows it."""
    rgb: bool = False
    """Whether the last dimension holds colours."""


def micrometres(unit: str) -> float | None:
    """Return how many micrometre one `unit` has; None if it is no known length."""
    name = unit.strip().lower().replace("µ", "u").replace("μ", "u")
    return _MICROMETRES.get(name.replace("\\u00b5", "u"))


def positive(values: dict[str, float | None]) -> dict[str, float]:
    """Return those of `values` that are known, finite and positive."""
    return {
        letter: value
        for letter, value in values.items()
        if value is not None and 0 < value < float("inf")
    }
