"""Colour images for networks that see one channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.frames import Frames, Window

_COLOURS = 3


def is_colour(axes: str, channels: int) -> bool:
    """Whether an image is red, green, blue, and maybe alpha, rather than stains.

    Colours stand last, as in PNG files and where napari shows them as colours; what
    has its channels elsewhere was taken channel by channel.

    Parameters
    ----------
    axes : str
        The image's axes.
    channels : int
        Its channels.
    """
    return axes.endswith("C") and channels in (_COLOURS, _COLOURS + 1)


class GreyFrames(Frames):
    """A colour image seen as one channel: the mean of red, green and blue.

    Whole numbers, up to 2**53, are rounded, ties to even, and keep their dtype; alpha
    is left out. Where a colour is NaN or infinite, so is the mean.

    Parameters
    ----------
    frames : Frames
        The colour image (`is_colour`).
    """

    def __init__(self, frames: Frames) -> None:
        super().__init__(frames.array, frames.axes, frames.ndim)

    @property
    def channels(self) -> int:
        """1."""
        return 1

    def read(self, index: int, window: Window | None = None) -> NDArray[Any]:
        """Read one frame, or a window of it: shape (1, *window); see `Frames`."""
        colours = super().read(index, window)[:_COLOURS]
        # 64 bits: neither sums of integers nor of half-precision floats overflow.
        mean: NDArray[Any] = colours.mean(axis=0, keepdims=True, dtype=np.float64)
        if self.dtype.kind in "bui":
            mean = np.rint(mean)
        return mean.astype(self.dtype)


def as_seen(frames: Frames, channels: int) -> Frames:
    """Return an image as a network of so many channels sees it.

    That is in grey (`GreyFrames`) if it is in colour and the network sees one channel,
    else as it is, whether it fits or not.
    """
    if channels == 1 and is_colour(frames.axes, frames.channels):
        return GreyFrames(frames)
    return frames


def grey_notice(name: str, model: str) -> str:
    """Return what people are told when a model sees an image in grey."""
    return (
        f"The model {model} works on one channel, so the colours of {name} are "
        "averaged to grey."
    )
