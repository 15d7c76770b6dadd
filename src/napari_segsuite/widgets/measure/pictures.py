"""Pictures of one slice for a report: image, truth, prediction, right and wrong."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from napari_segsuite.metrics.html_page import Picture
from napari_segsuite.widgets.measure.judged import VERDICTS, Rule, judge

Colors = Callable[[NDArray[Any]], NDArray[Any]]
"""Ids of shape (n,) to RGBA in 0 … 1 of shape (n, 4), as a layer's colormap maps."""

_LONGEST_SIDE = 1024
_OPACITY = 0.5
# Dark grey, where there is no image to lie under labels.
_GROUND = 32
# What is darkest and brightest where no limits are given, in percent of the pixels.
_PERCENTILES = (1.0, 99.8)

Pixels = NDArray[np.uint8]


def report_pictures(
    *,
    truth: NDArray[Any],
    prediction: NDArray[Any],
    true_colors: Colors,
    pred_colors: Colors,
    rule: Rule,
    image: NDArray[Any] | None = None,
    limits: tuple[float, float] | None = None,
) -> tuple[Picture, ...]:
    """Return the pictures of a slice as PNG, none longer than 1,024 pixels.

    Larger slices are thinned out, not averaged: a pixel shown is a pixel there.

    Parameters
    ----------
    truth, prediction : ndarray of int, shape (Y, X)
        The labels.
    true_colors, pred_colors : callable
        Their colours; what is transparent shows the image.
    rule : Rule
        What is right and wrong.
    image : ndarray, shape (Y, X) or (Y, X, 3 or 4), optional
        The image below; RGB is 0 … 255 if it is of bytes, else 0 … 1. NaN and infinite
        pixels are black.
    limits : tuple of float, optional
        What is black and what is white in a grey image; by default its 1st and
        99.8th percentile.

    Returns
    -------
    tuple of Picture
        Image (if there is one), truth, prediction, and right and wrong. None of an
        empty slice.
    """
    if not truth.size:
        return ()
    step = -(-max(truth.shape) // _LONGEST_SIDE)
    true, pred = truth[::step, ::step], prediction[::step, ::step]
    ground = np.full((*true.shape, 3), _GROUND, np.uint8)
    pictures = []
    if image is not None:
        ground = _ground(image[::step, ::step], limits)
        pictures.append(Picture("Image", _png(ground)))
    legend = ", ".join(f"{info.name} {_COLOR_WORDS[info.id]}" for info in VERDICTS)
    pictures += [
        Picture("Truth", _png(_over(ground, true, true_colors))),
        Picture("Prediction", _png(_over(ground, pred, pred_colors))),
        Picture(
            f"Right and wrong: {legend}",
            _png(_over(ground, judge(true, pred, rule), _verdict_colors)),
        ),
    ]
    return tuple(pictures)


_COLOR_WORDS = {1: "green", 2: "orange", 3: "blue", 4: "yellow"}


def _verdict_colors(ids: NDArray[Any]) -> NDArray[Any]:
    colors = np.zeros((len(VERDICTS) + 1, 4))
    for info in VERDICTS:
        rgb = [int(info.color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        colors[info.id] = (*rgb, 1.0)
    return np.asarray(colors[ids])


def _ground(image: NDArray[Any], limits: tuple[float, float] | None) -> Pixels:
    """Return an image as RGB of bytes."""
    if image.ndim == 3:
        factor = 1 if image.dtype == np.uint8 else 255
        return _bytes(image[..., :3].astype(np.float64) * factor)
    values = image.astype(np.float64)
    finite = values[np.isfinite(values)]
    if limits is None and finite.size:
        limits = tuple(np.percentile(finite, _PERCENTILES))
    low, high = limits or (0.0, 1.0)
    grey = 255 * (values - low) / max(high - low, np.finfo(float).tiny)
    return np.repeat(_bytes(grey)[..., np.newaxis], 3, axis=-1)


def _bytes(values: NDArray[Any]) -> Pixels:
    known = np.where(np.isfinite(values), values, 0.0)
    return np.clip(np.rint(known), 0, 255).astype(np.uint8)


def _over(ground: Pixels, ids: NDArray[Any], colors: Colors) -> Pixels:
    """Return labels in their colours, half transparent, over RGB."""
    present, places = np.unique(ids, return_inverse=True)
    rgba = np.asarray(colors(present), np.float32)[places.reshape(ids.shape)]
    alpha = _OPACITY * rgba[..., 3:]
    return _bytes((1 - alpha) * ground + alpha * 255 * rgba[..., :3])


def _png(pixels: Pixels) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "png")
    return content.getvalue()
