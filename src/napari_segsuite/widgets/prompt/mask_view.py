"""The layer that shows the masks offered: the chosen one filled, all as outlines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from weakref import ref

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import CyclicLabelColormap
from numpy.typing import NDArray

from napari_segsuite.data.prompts.prompt import Box, Click
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.widgets.layers import plane_result
from napari_segsuite.widgets.prompt.picture import Picture

FILLED: Final = 1
OUTLINES: Final = (2, 3, 4)
"""The values of the outlines: of the chosen mask, and of the other two."""

FRAME: Final = 5
"""The value of a box."""
MARK: Final = 6
"""The value of clicks of other planes."""

# Half the width of such a mark, in pixels of the screen.
_MARK: Final = 5.0

# Sky blue, vermilion and yellow of Okabe and Ito, which colour-blind people tell
# apart; the third outline is dotted besides.
_COLORS: Final = (
    (0.0, 0.0, 0.0, 0.0),
    (0.34, 0.71, 0.91, 0.45),
    (0.34, 0.71, 0.91, 1.0),
    (0.84, 0.37, 0.0, 1.0),
    (0.94, 0.89, 0.26, 1.0),
    (1.0, 1.0, 1.0, 0.9),
    (1.0, 1.0, 1.0, 0.4),
)

Window = tuple[slice, slice]


class MaskView:
    """Draws masks of one plane into a layer of the size of a plane.

    The layer has no axes but Y and X, so napari shows it on every slice; what belongs
    to the slice in view is drawn into it.

    Parameters
    ----------
    layers : napari.components.LayerList
        The viewer's layers.
    """

    def __init__(self, layers: Any) -> None:
        self._layers = layers
        self._picture: Any = lambda: None
        self._layer: Labels | None = None
        self._drawn: Window | None = None

    @property
    def layer(self) -> Labels | None:
        """The layer, if it is in the viewer."""
        return self._layer if self._layer in self._layers else None

    def prepare(self, picture: Picture) -> None:
        """Have the layer, before there is anything to draw."""
        self._layer_for(picture)

    def show(
        self,
        picture: Picture,
        chosen: Sequence[MaskRuns],
        others: Sequence[MaskRuns],
        box: Box | None = None,
        marks: Sequence[Click] = (),
        *,
        zoom: float = 1.0,
    ) -> None:
        """Draw these masks, and the box, and nothing else.

        Parameters
        ----------
        picture : Picture
            The image that they lie on.
        chosen : sequence of MaskRuns
            Drawn filled.
        others : sequence of MaskRuns
            Drawn as outlines; at most two are told apart.
        box : box, optional
            Drawn as a frame.
        marks : sequence of Click, optional
            Clicks of other planes, drawn faintly: squares for the object, crosses for
            what is not the object.
        zoom : float, optional
            Pixels of the screen per pixel of the image: how wide lines must be.
        """
        if self.layer is None and not (chosen or others or box or marks):
            return
        layer = self._layer_for(picture)
        shape = picture.plane_shape
        window = _around([*chosen, *others], shape)
        frame = None if box is None else _frame(box, shape)
        window = _joined(window, frame)
        reach = max(1, round(_MARK / max(zoom, 1e-3)))
        spots = [spot for mark in marks if (spot := _spot(mark, reach, shape))]
        for spot in spots:
            window = _joined(window, spot[0])
        both = _joined(window, self._drawn)
        self._drawn = window
        if both is None:
            return
        part = np.zeros([s.stop - s.start for s in both], np.uint8)
        origin = both[0].start, both[1].start
        for where, sign in spots:
            moved = _moved(where, origin)
            part[moved][sign] = MARK
        for number, mask in enumerate(others[:2], start=1):
            _paint(part, origin, mask, None, OUTLINES[number], dotted=number == 2)
        for mask in chosen:
            _paint(part, origin, mask, FILLED, OUTLINES[0])
        if frame is not None:
            width = max(1, round(1.5 / max(zoom, 1e-3)))
            _draw_frame(part, origin, frame, width)
        layer.data[both] = part
        # Neither its place nor its size has changed.
        layer.refresh(extent=False, thumbnail=False, highlight=False)

    def remove(self) -> None:
        """Take the layer out of the viewer."""
        layer = self.layer
        if layer is not None:
            self._layers.remove(layer)
        self._layer = None

    def _layer_for(self, picture: Picture) -> Labels:
        layer = self.layer
        if layer is not None and self._picture() is picture:
            return layer
        name = f"{picture.image.name} mask"
        fresh = plane_result(
            np.zeros(picture.plane_shape, np.uint8),
            like=picture.image,
            axes=picture.axes,
            name=name,
            provenance={"preview": True},
        )
        fresh.colormap = CyclicLabelColormap(colors=np.array(_COLORS))
        fresh.opacity = 1.0
        self.remove()
        selected = set(self._layers.selection)
        # napari selects what is inserted; the tool in hand is to stay.
        with self._layers.selection.events.blocker_all():
            self._layers.append(fresh)
            self._layers.selection = selected
        self._layer, self._picture, self._drawn = fresh, ref(picture), None
        return fresh


def outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a mask (Y, X) with a neighbour, of four, outside it.

    The rim of the array counts as outside.
    """
    framed = np.pad(mask, 1)
    inside = framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2]
    edge: NDArray[np.bool_] = mask & ~(inside & framed[1:-1, 2:])
    return edge


def _paint(
    part: NDArray[np.uint8],
    origin: tuple[int, int],
    runs: MaskRuns,
    fill: int | None,
    rim: int,
    *,
    dotted: bool = False,
) -> None:
    offset = runs.offset[0] - origin[0], runs.offset[1] - origin[1]
    height, width = part.shape[0], part.shape[1]
    top, left = max(0, offset[0]), max(0, offset[1])
    bottom = min(height, offset[0] + runs.shape[0])
    right = min(width, offset[1] + runs.shape[1])
    if top >= bottom or left >= right:
        return
    mask = runs.array()
    cut = (
        slice(top - offset[0], bottom - offset[0]),
        slice(left - offset[1], right - offset[1]),
    )
    target = part[top:bottom, left:right]
    edge = outline(mask)[cut]
    if dotted:
        rows, columns = np.arange(edge.shape[0]), np.arange(edge.shape[1])
        edge &= (rows[:, np.newaxis] + columns) % 4 < 2
    if fill is not None:
        target[mask[cut]] = fill
    target[edge] = rim


def _around(masks: Sequence[MaskRuns], shape: tuple[int, int]) -> Window | None:
    found: Window | None = None
    for mask in masks:
        top, left = max(0, mask.offset[0]), max(0, mask.offset[1])
        bottom = min(shape[0], mask.offset[0] + mask.shape[0])
        right = min(shape[1], mask.offset[1] + mask.shape[1])
        if top < bottom and left < right:
            found = _joined(found, (slice(top, bottom), slice(left, right)))
    return found


def _frame(box: Box, shape: tuple[int, int]) -> Window | None:
    """Return the pixels that a box covers; None if it lies outside."""
    top, left = (max(0, round(edge)) for edge in box[:2])
    bottom = min(shape[0], round(box[2]) + 1)
    right = min(shape[1], round(box[3]) + 1)
    if top >= bottom or left >= right:
        return None
    return slice(top, bottom), slice(left, right)


def _moved(window: Window, origin: tuple[int, int]) -> Window:
    rows, columns = (
        slice(edge.start - start, edge.stop - start)
        for edge, start in zip(window, origin, strict=True)
    )
    return rows, columns


def _spot(
    click: Click, reach: int, shape: tuple[int, int]
) -> tuple[Window, NDArray[np.bool_]] | None:
    """Return where a click is marked, and how; None if that lies outside."""
    side = 2 * reach + 1
    if click.positive:
        sign = outline(np.ones((side, side), np.bool_))
    else:
        sign = np.eye(side, dtype=np.bool_) | np.eye(side, dtype=np.bool_)[::-1]
    top, left = round(click.y) - reach, round(click.x) - reach
    window = _frame((top, left, top + side - 1, left + side - 1), shape)
    if window is None:
        return None
    return window, sign[_moved(window, (top, left))]


def _draw_frame(
    part: NDArray[np.uint8], origin: tuple[int, int], frame: Window, width: int
) -> None:
    inside = part[_moved(frame, origin)]
    inside[:width] = inside[-width:] = FRAME
    inside[:, :width] = inside[:, -width:] = FRAME


def _joined(one: Window | None, other: Window | None) -> Window | None:
    if one is None or other is None:
        return one if other is None else other
    rows, columns = (
        slice(min(a.start, b.start), max(a.stop, b.stop))
        for a, b in zip(one, other, strict=True)
    )
    return rows, columns
