"""One picture of a whole run: image, painting, truth, prediction, and the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from napari_segsuite.data.classes import ClassTable

_PANEL = 420
_GAP = 16
_CAPTION = 34
_BACKGROUND = "#ffffff"
_INK = "#222222"
_OPACITY = 0.5


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: the image, with labels over it or without.

    Parameters
    ----------
    caption : str
        What stands above it.
    labels : integer array of shape (Y, X) or None
        Class ids to draw over the image; 0 is left clear.
    painted : bool
        Whether the labels are strokes: drawn opaque, background too.
    """

    caption: str
    labels: NDArray[np.integer] | None = None
    painted: bool = False


def draw(
    image: NDArray[np.generic],
    panels: Sequence[Panel],
    classes: ClassTable,
    lines: Sequence[str],
) -> Image.Image:
    """Draw panels side by side, with lines of text below.

    Parameters
    ----------
    image : array of shape (Y, X)
        Shown in grey from its 1st to its 99.8th percentile.
    panels : sequence of Panel
        From left to right; labels of the image's shape.
    classes : tuple of ClassInfo
        Their colours. Background is left clear, but for strokes.
    lines : sequence of str
        Text below the panels.
    """
    height, width = image.shape
    zoom = _PANEL / max(height, width)
    size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
    grey = _grey(image)
    canvas = Image.new(
        "RGB",
        (
            _GAP + len(panels) * (size[0] + _GAP),
            _CAPTION + size[1] + _GAP + _CAPTION * len(lines),
        ),
        _BACKGROUND,
    )
    pen = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=20)
    for number, panel in enumerate(panels):
        left = _GAP + number * (size[0] + _GAP)
        pen.text((left, 6), panel.caption, fill=_INK, font=font)
        tile = Image.fromarray(_pixels(grey, panel, classes)).resize(
            size, Image.Resampling.NEAREST
        )
        canvas.paste(tile, (left, _CAPTION))
    for number, line in enumerate(lines):
        top = _CAPTION + size[1] + _GAP + number * _CAPTION
        pen.text((_GAP, top), line, fill=_INK, font=font)
    return canvas


def _grey(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return (Y, X, 3), uint8."""
    values = image.astype(np.float64)
    low, high = np.percentile(values, [1, 99.8])
    scaled = (values - low) / max(high - low, 1e-12)
    grey = (255 * np.clip(scaled, 0, 1)).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=-1)


def _pixels(
    grey: NDArray[np.uint8], panel: Panel, classes: ClassTable
) -> NDArray[np.uint8]:
    pixels = grey.astype(np.float64)
    if panel.labels is None:
        return grey
    opacity = 1.0 if panel.painted else _OPACITY
    for info in classes:
        if panel.painted or info.name != "background":
            colour = np.array([int(info.color[i : i + 2], 16) for i in (1, 3, 5)])
            inside = panel.labels == info.id
            pixels[inside] = (1 - opacity) * pixels[inside] + opacity * colour
    return pixels.round().astype(np.uint8)
