"""A small picture of what a journal holds, made tile by tile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.classes import table_of
from napari_segsuite.data.journal.records import Content
from napari_segsuite.data.journal.vectors import VectorState

_EDGE: Final = 64


@dataclass(frozen=True)
class Preview:
    """What a lost layer looked like."""

    picture: NDArray[np.uint8]
    """All planes over each other: rows × columns × RGB, at most 64 × 64; black where
    nothing was painted."""
    painted: int
    """Pixels that are not 0."""


def preview(content: Content) -> Preview:
    """Return a picture of the painting in a journal; damaged tiles stay black."""
    tiling = content.tiling
    height, width = (1, *tiling.shape)[-2:]
    step = max(1, -(-max(height, width) // _EDGE))
    ids = np.zeros((-(-height // step), -(-width // step)), np.int64)
    painted = 0
    for index, packed in content.tiles.items():
        with suppress(ValueError):
            tile = tiling.unpack(index, packed)
            where = np.nonzero(tile.reshape((-1, *(1, *tile.shape)[-2:])))
            starts = (0, *(part.start for part in tiling.window(index)))
            rows, columns = where[1] + starts[-2], where[2] + starts[-1]
            painted += len(rows)
            # Of pixels that fall on one point, whichever comes last: thin strokes stay.
            ids[rows // step, columns // step] = tile[tile != 0].astype(np.int64)
    return Preview(_colored(ids, content), painted)


def vector_picture(state: VectorState) -> NDArray[np.uint8]:
    """Return a picture of points and shapes, all planes over each other.

    Returns
    -------
    ndarray of uint8, shape (64, 64, 3)
        White on black; the box around them fills it. Shapes show their vertices'
        polygon.
    """
    picture = np.zeros((_EDGE, _EDGE, 3), np.uint8)
    outlines = [np.array(one, float)[:, -2:] for one in state.vertices if one]
    outlines = [one[np.isfinite(one).all(axis=1)] for one in outlines]
    outlines = [one for one in outlines if len(one)]
    if not outlines:
        return picture
    every = np.concatenate(outlines)
    low = every.min(axis=0)
    step = max(float((every.max(axis=0) - low).max()), 1.0) / (_EDGE - 3)
    for outline in outlines:
        ends = np.roll(outline, -1, axis=0)
        along = np.linspace(0, 1, _EDGE)[:, np.newaxis, np.newaxis]
        lines = outline + along * (ends - outline)
        rows, columns = ((lines - low) / step + 1).round().astype(int).reshape(-1, 2).T
        picture[rows, columns] = 255
    return picture


def _colored(ids: NDArray[np.int64], content: Content) -> NDArray[np.uint8]:
    classes = () if content.facts is None else content.facts.classes
    picture = np.zeros((*ids.shape, 3), np.uint8)
    for label in np.unique(ids[ids != 0]).tolist():
        known = {info.id: info for info in classes}
        # Ids that no class table can hold get a colour of the palette too.
        info = known.get(label) or table_of([1 + (label - 1) % 8])[0]
        picture[ids == label] = tuple(bytes.fromhex(info.color[1:]))
    return picture
