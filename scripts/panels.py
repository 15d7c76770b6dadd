"""Pictures of the docs: parts of images, with what was found or clicked there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from napari_segsuite.data.classes import ClassTable

EDGE, GAP, TITLE = 256, 8, 26
"""Pixels of a panel, between panels, and above them."""
LINES = ((255, 225, 0), (0, 220, 255), (255, 105, 225), (110, 255, 90), (255, 150, 40))
"""Colours of outlines, taken in turn by id."""

Window = tuple[int, int, int]
"""First row, first column, edge of the square that is shown."""
Places = Sequence[tuple[int, int]]
"""Row and column of each."""


@dataclass(frozen=True)
class Panel:
    """A part of an image, and what was found or said there."""

    title: str
    image: NDArray[Any]
    """Shape (Y, X), or (Y, X, 3) and uint8."""
    window: Window
    labels: NDArray[Any] | None = None
    """An id per object, shape (Y, X): outlined."""
    clicks: Places = ()
    classes: ClassTable = ()
    """If given, ids are these classes: filled."""

    def draw(self) -> Image.Image:
        """Return the panel, without its title."""
        top, left, edge = self.window
        part = np.s_[top : top + edge, left : left + edge]
        tile = Image.fromarray(_rgb(self.image[part]))
        pixels = np.array(tile.resize((EDGE, EDGE), Image.Resampling.BICUBIC))
        if self.labels is not None:
            at = np.arange(EDGE) * edge // EDGE
            _mark(pixels, self.labels[part][np.ix_(at, at)], self.classes)
        tile = Image.fromarray(pixels)
        pen = ImageDraw.Draw(tile)
        for row, column in self.clicks:
            y, x = ((n + 0.5) * EDGE / edge for n in (row - top, column - left))
            pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill="lime", outline="black")
        return tile


def _rgb(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return shape (Y, X, 3); grey is stretched between percentiles."""
    if image.ndim == 3:
        return np.asarray(image, np.uint8)
    low, high = np.percentile(image, (0.2, 99.5))
    grey = np.clip((image.astype(np.float64) - low) / max(high - low, 1e-12), 0, 1)
    return np.repeat((255 * grey).astype(np.uint8)[..., np.newaxis], 3, axis=-1)


def _mark(pixels: NDArray[Any], labels: NDArray[Any], classes: ClassTable) -> None:
    """Fill classes, or outline objects two pixels wide, in place."""
    for info in classes:
        colour = [int(info.color[i : i + 2], 16) for i in (1, 3, 5)]
        inside = labels == info.id
        pixels[inside] = pixels[inside] * 0.45 + np.array(colour) * 0.55
    if not classes:
        edge = ndimage.minimum_filter(labels, 5) != ndimage.maximum_filter(labels, 5)
        line = edge & (labels > 0)
        pixels[line] = np.array(LINES)[labels[line] % len(LINES)]


def side_by_side(panels: Sequence[Panel]) -> Image.Image:
    """Return panels with their titles, in few colours to keep the file small."""
    size = (GAP + len(panels) * (EDGE + GAP), TITLE + EDGE + GAP)
    canvas = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(size=15)
    for number, panel in enumerate(panels):
        left = GAP + number * (EDGE + GAP)
        pen.text((left, 4), panel.title, fill="black", font=font)
        canvas.paste(panel.draw(), (left, TITLE))
    # Pillow's octree keeps thin coloured lines in grey pictures, but few greys.
    some = canvas.quantize(128, Image.Quantize.FASTOCTREE)
    greys = [level for level in range(0, 256, 2) for _ in range(3)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(some.getpalette() or [])[: 3 * 128], *greys])
    return canvas.quantize(palette=palette, dither=Image.Dither.NONE)
