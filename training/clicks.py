"""Simulated people: where they click first, and where next."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.engine.prompting.click.maps import Hints, Spot

Mask = NDArray[np.bool_]


def centre(mask: Mask) -> tuple[int, int]:
    """Return the pixel that lies deepest inside a mask."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), mask.shape)
    return int(y), int(x)


def anywhere(mask: Mask, rng: np.random.Generator) -> tuple[int, int]:
    """Return a random pixel of a mask."""
    places = np.flatnonzero(mask)
    y, x = np.unravel_index(int(places[rng.integers(len(places))]), mask.shape)
    return int(y), int(x)


def correction(
    truth: Mask, answer: Mask, rng: np.random.Generator | None = None
) -> tuple[int, int, bool] | None:
    """Return a click in the largest region that is wrong; None if nothing is.

    Parameters
    ----------
    truth, answer : array of bool, (Y, X)
        The object meant, and the mask given.
    rng : numpy.random.Generator, optional
        If given, a random pixel of the region is clicked, else the deepest.
    """
    best: tuple[int, Mask, bool] | None = None
    for wrong, positive in ((truth & ~answer, True), (answer & ~truth, False)):
        pieces, count = ndimage.label(wrong)
        if not count:
            continue
        sizes = np.bincount(pieces.ravel())[1:]
        if best is None or sizes.max() > best[0]:
            best = int(sizes.max()), pieces == sizes.argmax() + 1, positive
    if best is None:
        return None
    y, x = centre(best[1]) if rng is None else anywhere(best[1], rng)
    return y, x, best[2]


def first_hints(truth: Mask, rng: np.random.Generator) -> tuple[Hints, Mask]:
    """Return what somebody says first about an object, and the piece that is meant."""
    kind = rng.choice(
        ["centre", "anywhere", "box", "mask", "both"], p=[0.3, 0.4, 0.14, 0.1, 0.06]
    )
    y, x = centre(truth) if kind == "centre" else anywhere(truth, rng)
    pieces, count = ndimage.label(truth)
    if count > 1:
        truth = pieces == pieces[y, x]
    clicks: tuple[Spot, ...] = ((float(y), float(x), True),)
    if kind in ("box", "both"):
        kept = clicks if kind == "both" else ()
        return Hints(kept, _box(truth, rng)), truth
    if kind == "mask":
        kept = clicks if rng.random() < 0.3 else ()
        return Hints(kept, None, _rough(truth, rng)), truth
    return Hints(clicks), truth


def next_hints(
    hints: Hints, truth: Mask, answer: torch.Tensor, rng: np.random.Generator
) -> Hints:
    """Return what somebody says after the answer: mostly one click more.

    Parameters
    ----------
    hints : Hints
        What was said before.
    truth : array of bool, (Y, X)
        The object meant.
    answer : tensor of float32, (Y, X)
        Probabilities.
    rng : numpy.random.Generator
        The randomness.
    """
    clicks = hints.clicks
    if rng.random() < 0.85:
        by_chance = rng if rng.random() < 0.4 else None
        click = correction(truth, answer.numpy() > 0.5, by_chance)
        if click is not None:
            clicks = (*clicks, (float(click[0]), float(click[1]), click[2]))
    return Hints(clicks, hints.box, answer if rng.random() < 0.85 else None)


def _box(mask: Mask, rng: np.random.Generator) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    y0, y1, x0, x1 = rows[0], rows[-1], columns[0], columns[-1]
    loose = rng.uniform(0, 0.12) * rng.normal(size=4) * max(y1 - y0, x1 - x0)
    grown = np.array([y0, x0, y1, x1], float) + np.clip(loose, -6, 6)
    grown[2:] = np.maximum(grown[2:], grown[:2] + 1)
    return tuple(grown.tolist())


def _rough(mask: Mask, rng: np.random.Generator) -> torch.Tensor:
    """Return a mask as a hasty hand or a neighbouring slice would give it."""
    size = np.sqrt(mask.sum())
    moved = ndimage.shift(
        mask.astype(np.float32), rng.normal(0, 0.06 * size, 2), order=1
    )
    noise = ndimage.gaussian_filter(rng.normal(size=mask.shape), max(1.0, 0.15 * size))
    noise *= 0.25 * rng.random() / max(noise.std(), 1e-9)
    soft = ndimage.gaussian_filter(moved, max(0.5, 0.1 * size)) + noise
    limit = np.clip(rng.normal(0.5, 0.15), 0.15, 0.85)
    near = ndimage.binary_dilation(mask, iterations=max(1, int(0.25 * size)))
    rough = (soft > limit) & near
    if rng.random() < 0.25:  # a scribble inside the object
        thin = ndimage.distance_transform_edt(mask)
        rough = thin > rng.uniform(0.4, 0.9) * thin.max()
    return torch.from_numpy(rough.astype(np.float32))
