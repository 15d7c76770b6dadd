"""Where to look: the window that shows an object as the network knows objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari_segsuite.data.prompts.prompt import Click
from napari_segsuite.engine.prompting.click.crop import Window
from napari_segsuite.engine.prompting.click.network import EDGE

GOAL = 44
"""Rows or columns of the crop that an object should take: the longer of the two. The
network was trained on objects of 7 to 220, most around 35."""

# Between these the object is seen well enough.
_SMALL, _LARGE = 26, 76
# Magnified further, there would be nothing more to see.
_LEAST_SIDE = 24
# A part of the crop that clicks may spread over.
_SPREAD = 0.75


@dataclass(frozen=True, slots=True)
class Extent:
    """A rectangle of a plane that holds something; pixel centres are integers."""

    top: float
    left: float
    bottom: float
    right: float

    @classmethod
    def of(cls, places: Sequence[tuple[float, float]]) -> Extent:
        """Return the extent of places (y, x)."""
        ys, xs = zip(*places, strict=True)
        return cls(min(ys), min(xs), max(ys), max(xs))

    @property
    def middle(self) -> tuple[float, float]:
        """(y, x) of its middle."""
        return (self.top + self.bottom) / 2, (self.left + self.right) / 2

    @property
    def length(self) -> float:
        """Pixels along its longer side."""
        return max(self.bottom - self.top, self.right - self.left) + 1

    def with_clicks(self, clicks: Sequence[Click]) -> Extent:
        """Return the extent that holds positive clicks, too."""
        held = [(click.y, click.x) for click in clicks if click.positive]
        return Extent.of([(self.top, self.left), (self.bottom, self.right), *held])


def first_window(clicks: Sequence[Click]) -> Window:
    """Return where to look when there are positive clicks alone: pixel by pixel."""
    held = Extent.of([(click.y, click.x) for click in clicks if click.positive])
    side = max(EDGE, round(held.length / _SPREAD))
    return Window.around(*held.middle, side)


def fitting(extent: Extent, shape: tuple[int, int]) -> Window:
    """Return the window in which an object of that extent is seen best.

    Parameters
    ----------
    extent : Extent
        Where the object is.
    shape : (int, int)
        Rows and columns of the plane: there is no use in looking much beyond it.
    """
    side = min(extent.length * EDGE / GOAL, 1.3 * max(shape))
    side = max(_LEAST_SIDE, round(side))
    return Window.around(*extent.middle, side)


def elsewhere(window: Window, shape: tuple[int, int]) -> list[list[Window]]:
    """Return from where else to look at an object that was not recognised.

    Parameters
    ----------
    window : Window
        Where the network looked.
    shape : (int, int)
        Rows and columns of the plane.

    Returns
    -------
    list of list of Window
        Half and twice as far; then ever farther, until the whole plane is seen.
    """
    y, x = window.to_plane((EDGE - 1) / 2, (EDGE - 1) / 2)
    near = [window.side // 2, window.side * 2]
    far = [window.side * 2**k for k in range(2, 8)]
    useful = [
        [side for side in sides if _LEAST_SIDE <= side < 2.6 * max(shape)]
        for sides in (near, far)
    ]
    return [[Window.around(y, x, side) for side in sides] for sides in useful if sides]


def holding(window: Window, extent: Extent, clicks: Sequence[Click]) -> Window:
    """Return the window for an object that was seen before and for its clicks.

    It is the window of before, unless a click is not, or hardly, inside of it.
    """
    edge = (1 - _SPREAD) / 2 * EDGE
    places = [window.to_crop(c.y, c.x) for c in clicks if c.positive]
    if all(edge <= min(at) and max(at) <= EDGE - edge for at in places):
        return window
    wider = extent.with_clicks(clicks)
    side = max(window.side, round(wider.length / _SPREAD))
    return Window.around(*wider.middle, side)


def better(
    window: Window, extent: Extent, shape: tuple[int, int], clicks: Sequence[Click]
) -> Window | None:
    """Return where to look again; None if the object was seen well.

    Parameters
    ----------
    window : Window
        Where the network looked.
    extent : Extent
        What it found.
    shape : (int, int)
        Rows and columns of the plane.
    clicks : sequence of Click
        What the window has to show besides.
    """
    if reaches_rim(window, extent, shape):
        if window.side >= 2 * max(shape):
            return None
        return Window.around(*extent.middle, 2 * window.side)
    seen = extent.length * window.scale
    if _SMALL <= seen <= _LARGE:
        return None
    new = fitting(extent.with_clicks(clicks), shape)
    return None if new.side == window.side else new


def reaches_rim(window: Window, extent: Extent, shape: tuple[int, int]) -> bool:
    """Return whether something found may go on where the window ends."""
    near = 1.5 / window.scale
    below, right = window.top + window.side - 1, window.left + window.side - 1
    return (
        (window.top > 0 and extent.top - window.top < near)
        or (window.left > 0 and extent.left - window.left < near)
        or (below < shape[0] - 1 and below - extent.bottom < near)
        or (right < shape[1] - 1 and right - extent.right < near)
    )
