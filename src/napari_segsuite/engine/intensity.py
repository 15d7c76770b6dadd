"""Intensities on a common scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.data.frames import Frames
from napari_segsuite.plan.intensities import sample_pixels
from napari_segsuite.plan.unet import Normalisation

PERCENTILES = (1.0, 99.8)
"""What becomes 0 and 1 where a plan says percentile."""

# Fat is at -100, water at 0, organs at 30 to 80: they get most of the scale.
_HOUNSFIELD = (-160.0, 240.0)
# Hot pixels and metal must not drown the rest.
LIMITS = (-3.0, 6.0)
"""Where scaled intensities are cut off."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The intensities of an image that become 0 and 1, per channel."""

    zero: NDArray[np.float32]
    """Shape (channels,)."""
    one: NDArray[np.float32]
    """Shape (channels,); differs from `zero`."""

    def apply(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Scale intensities.

        Parameters
        ----------
        values : ndarray, shape (channels, *spatial)
            Pixels of the image, of any dtype.

        Returns
        -------
        ndarray of float32, same shape
            Mostly 0 to 1, within -3 to 6.
        """
        shape = (-1, *(1,) * (values.ndim - 1))
        zero, one = self.zero.reshape(shape), self.one.reshape(shape)
        scaled = (values.astype(np.float32) - zero) / (one - zero)
        return np.clip(scaled, *LIMITS, out=scaled)


def measure(frames: Frames, normalisation: Normalisation, name: str) -> Scale:
    """Return the scale of an image.

    Parameters
    ----------
    frames : Frames
        The image; a sample of its pixels is read if the rule needs it.
    normalisation : str
        The rule of the plan.
    name : str
        What to call the image in messages.

    Raises
    ------
    InputError
        If pixels that were read are NaN or infinite.
    """
    channels = np.ones(frames.channels, dtype=np.float32)
    if normalisation == "hounsfield":
        return Scale(channels * _HOUNSFIELD[0], channels * _HOUNSFIELD[1])
    if normalisation == "range":
        is_float = frames.dtype.kind == "f"
        is_bool = frames.dtype.kind == "b"
        top = 1.0 if is_float or is_bool else float(np.iinfo(frames.dtype).max)
        return Scale(channels * 0, channels * np.float32(top))
    values = sample_pixels(frames, name)
    if normalisation == "zscore":
        zero = values.mean(axis=1)
        return _spread(zero, zero + values.std(axis=1))
    low, high = np.percentile(values, PERCENTILES, axis=1)
    # Where nearly all is one value (a black sky), take what stands out of it.
    return _spread(low, np.where(high > low, high, values.max(axis=1)))


def _spread(zero: NDArray[Any], one: NDArray[Any]) -> Scale:
    one = np.where(one > zero, one, zero + 1)
    return Scale(zero.astype(np.float32), one.astype(np.float32))
