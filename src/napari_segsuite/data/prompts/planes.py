"""Planes of images, and how their channels become what a model sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from napari_segsuite._model import Model
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError

Window = tuple[float, float]
"""Intensities shown as black and as white."""

# The darkest and the brightest thousandth are noise and hot pixels.
_PERCENTILES = (0.1, 99.9)


class InputMap(Model):
    """Which channels a model sees, and how bright."""

    channels: tuple[int, ...] = Field(default=(), max_length=3)
    """Channels of the image shown as red, green, blue; one is shown as grey; none:
    the first three of a colour image, else the first."""
    windows: tuple[Window, ...] = ()
    """The intensity window of each of `channels`; none: percentiles 0.1 and 99.9."""

    @model_validator(mode="after")
    def _check(self) -> InputMap:
        if self.windows and len(self.windows) != len(self.channels):
            msg = "give one intensity window per channel, or none"
            raise ValueError(msg)
        for low, high in self.windows:
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                msg = f"an intensity window must be finite and rise, got {(low, high)}"
                raise ValueError(msg)
        return self

    def settled(self, planes: Sequence[npt.NDArray[Any]]) -> InputMap:
        """Return the map with channels and windows that suit all of some planes.

        Parameters
        ----------
        planes : sequence of array, (C, Y, X)
            At least one; windows that are set stay as they are.

        Raises
        ------
        InputError
            If a plane lacks a channel.
        """
        if self.windows:
            return self
        channels = self._channels(planes[0])
        windows = []
        for c in channels:
            found = [_percentiles(np.asarray(plane[c], np.float32)) for plane in planes]
            lows, highs = zip(*found, strict=True)
            windows.append((min(lows), max(highs)))
        if not all(low < high for low, high in windows):
            return self  # a plane of one grey, which needs no window
        return InputMap(channels=channels, windows=tuple(windows))

    def apply(self, plane: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return what the model sees.

        Parameters
        ----------
        plane : array, (C, Y, X)
            The plane, in any real dtype; NaN and infinite pixels count as dark.

        Returns
        -------
        array of float32, (1, Y, X) or (3, Y, X)
            From 0 (black) to 1 (white).

        Raises
        ------
        InputError
            If the plane lacks a channel.
        """
        channels = self._channels(plane)
        if len(channels) == 2:  # red and green; blue stays dark
            shown = [self._grey(plane[c], i) for i, c in enumerate(channels)]
            return np.stack([*shown, np.zeros_like(shown[0])])
        return np.stack([self._grey(plane[c], i) for i, c in enumerate(channels)])

    def _channels(self, plane: npt.NDArray[Any]) -> tuple[int, ...]:
        count = len(plane)
        channels = self.channels or (tuple(range(3)) if count >= 3 else (0,))
        missing = [c for c in channels if not 0 <= c < count]
        if missing:
            msg = (
                f"The model is to see channel {missing[0]}, but the image has "
                f"{count} (counted from 0). Choose the channels again."
            )
            raise InputError(msg)
        return channels

    def _grey(self, channel: npt.NDArray[Any], place: int) -> npt.NDArray[np.float32]:
        values = np.asarray(channel, np.float32)
        finite = np.isfinite(values)
        if not finite.all():
            values = np.where(finite, values, np.nan)
        if self.windows:
            low, high = self.windows[place]
        else:
            low, high = _percentiles(values)
        if not high > low:
            return np.zeros(values.shape, np.float32)
        scaled = np.clip((values - low) / (high - low), 0, 1)
        shown: npt.NDArray[np.float32] = np.nan_to_num(scaled, nan=0.0)
        return shown.astype(np.float32, copy=False)


class PlaneRef(Model):
    """One plane of an image in a file."""

    image: ArrayRef
    """The image, or a file that holds the plane alone."""
    index: tuple[int, ...] = ()
    """Where the plane lies along the image's axes other than Y, X and C, in their
    order."""
    shown: InputMap = InputMap()
    """What the model sees of it."""

    @model_validator(mode="after")
    def _check(self) -> PlaneRef:
        others = [letter for letter in self.image.axes if letter not in "YXC"]
        if len(others) != len(self.index):
            msg = f"axes {self.image.axes} need one index per axis of {others}"
            raise ValueError(msg)
        return self

    def read(self) -> npt.NDArray[Any]:
        """Return the plane as it is in the file.

        Returns
        -------
        array, (C, Y, X)
            C is 1 for images without channels.

        Raises
        ------
        InputError
            If the file cannot be read, has no pixels, or the index lies outside.
        """
        array, axes = self.image.open(), self.image.axes
        index = iter(self.index)
        where: list[int | slice] = []
        for letter, size in zip(axes, array.shape, strict=True):
            if letter in "YXC":
                where.append(slice(None))
                continue
            place = next(index)
            if not 0 <= place < size:
                msg = f"There is no plane {place} along {letter}, which has {size}."
                raise InputError(msg)
            where.append(place)
        plane = np.asarray(array[tuple(where)])
        if plane.size == 0:
            msg = f"The image {self.image.path} has no pixels."
            raise InputError(msg)
        left = [letter for letter in axes if letter in "YXC"]
        if "C" not in left:
            left.insert(0, "C")
            plane = plane[np.newaxis]
        return plane.transpose([left.index(letter) for letter in "CYX"])


def _percentiles(values: npt.NDArray[np.float32]) -> Window:
    """Return the window of a channel; (0, 0) if no pixel is finite."""
    finite = np.isfinite(values)
    known = values if finite.all() else values[finite]
    if known.size == 0:
        return 0.0, 0.0
    low, high = np.percentile(_sample(known), _PERCENTILES)
    return float(low), float(high)


def _sample(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return at most about a quarter of a million of the values, evenly spread."""
    step = max(1, values.size // 250_000)
    return values.ravel()[::step]
