"""Simulated painting: short strokes, as a person would draw them from exact labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.errors import InputError

_STEPS = (8, 30)
_NEAR_PIXELS = 8
_STARTS = 500


def paint_strokes(
    truth: NDArray[Any], rng: np.random.Generator, share: float = 0.03
) -> NDArray[Any]:
    """Paint strokes of every class onto at most `share` of the pixels.

    Strokes wander, three pixels wide, inside one class. Half of them begin near
    another class, where a person would show what is what; the classes share the
    paint equally. A stack is painted slice by slice.

    Parameters
    ----------
    truth : ndarray of an integer dtype, shape (..., y, x)
        The class of every pixel; 0 is left out.
    rng : numpy.random.Generator
        The randomness.
    share : float, optional
        The largest part of the pixels to paint, of each slice.

    Returns
    -------
    ndarray, shape and dtype of `truth`
        The painting: 0 is unpainted; painted pixels have the class they have in
        `truth`.

    Raises
    ------
    InputError
        If `truth` has fewer than 2 dimensions, or `share` is no part between 0 and 1.
    """
    if truth.ndim < 2 or not 0 < share <= 1:
        msg = (
            "Painting needs labels of at least 2 dimensions and a share between 0 and "
            f"1; got {truth.ndim} dimensions and a share of {share}."
        )
        raise InputError(msg)
    painted = np.zeros_like(truth)
    for index in np.ndindex(truth.shape[:-2]):
        _paint_slice(truth[index], painted[index], rng, share)
    return painted


def _paint_slice(
    truth: NDArray[Any], painted: NDArray[Any], rng: np.random.Generator, share: float
) -> None:
    ids = [value for value in np.unique(truth) if value != 0]
    for value in ids:
        region = truth == value
        budget = min(share * truth.size / len(ids), region.sum() / 2)
        starts = _starts(region, truth != 0, rng)
        while budget >= 1 and (start := next(starts, None)) is not None:
            budget = _stroke(region, painted, value, budget, start, rng)


def _starts(
    region: NDArray[np.bool_], known: NDArray[np.bool_], rng: np.random.Generator
) -> Iterator[NDArray[Any]]:
    inside = np.argwhere(region)
    others = known & ~region
    near = inside
    if others.any():
        away = ndimage.distance_transform_edt(~others)
        near = np.argwhere(region & (away <= _NEAR_PIXELS))
    for number in range(_STARTS):
        choice = near if number % 2 and len(near) else inside
        yield choice[rng.integers(len(choice))]


def _stroke(
    region: NDArray[np.bool_],
    painted: NDArray[Any],
    value: Any,
    budget: float,
    start: NDArray[Any],
    rng: np.random.Generator,
) -> float:
    """Draw one stroke; return what is left of the budget of pixels."""
    place = start.astype(float)
    heading = rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(*_STEPS))):
        y, x = (round(float(p)) for p in place)
        if not (0 <= y < region.shape[0] and 0 <= x < region.shape[1]):
            break
        if not region[y, x]:
            break
        brush = (slice(max(y - 1, 0), y + 2), slice(max(x - 1, 0), x + 2))
        fresh = region[brush] & (painted[brush] == 0)
        if fresh.sum() > budget:
            return 0.0
        painted[brush][fresh] = value
        budget -= int(fresh.sum())
        heading += rng.normal(0, 0.35)
        place += np.sin(heading), np.cos(heading)
    return budget
