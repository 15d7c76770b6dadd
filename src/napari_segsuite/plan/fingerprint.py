"""The fingerprint of a data set: what the plan is chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_segsuite.data.axes import Spacing, spatial
from napari_segsuite.data.frames import Frames
from napari_segsuite.data.painted import PaintingSurvey
from napari_segsuite.errors import InputError
from napari_segsuite.plan.intensities import sample_pixels

# Together over all images; enough for extremes, quick enough while people wait.
_SAMPLE_PIXELS = 1 << 18
_FEWEST_PIXELS = 1 << 12
_LIKE_SPACING = 1.25


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Facts about training images and their painting."""

    channels: int
    """Channels of every image."""
    plane: tuple[int, int]
    """Median size in y and x, pixels."""
    depth: int
    """Median size in z; 1 where any image has no Z axis."""
    slices_painted: int
    """Slices (y, x planes) that carry paint."""
    classes_painted: int
    """Ids that occur in the painting."""
    spacing: Spacing | None
    """Median micrometre per pixel: (z, y, x), or (y, x); None where any is unknown."""
    spacings_differ: bool
    """Whether images differ in spacing by more than a quarter."""
    low: float
    """Lowest intensity in a sample of pixels."""
    high: float
    """Highest intensity in a sample of pixels."""
    signed: bool
    """Whether pixels can be negative by their dtype."""


def fingerprint(
    images: Sequence[Frames],
    painting: PaintingSurvey,
    spacings: Sequence[Spacing | None],
) -> Fingerprint:
    """Look at images and painting; numpy only, memory-safe, well under a second.

    Parameters
    ----------
    images : sequence of Frames
        The images, seen by two spatial dimensions (``Frames(array, axes, 2)``).
    painting : PaintingSurvey
        The survey of all their labels, seen so too (`data.painted.merge`).
    spacings : sequence of tuple of float or None
        Micrometre per pixel for each spatial axis of each image's axes, in their
        order.

    Raises
    ------
    InputError
        If images differ in channels, or pixels are NaN or infinite.
    """
    channels = {frames.channels for frames in images}
    if len(channels) > 1:
        msg = (
            "All training images need the same number of channels, but these have "
            f"{', '.join(str(n) for n in sorted(channels))}. Train one model for each, "
            "or leave some images out."
        )
        raise InputError(msg)
    share = max(_FEWEST_PIXELS, _SAMPLE_PIXELS // len(images))
    samples = [
        sample_pixels(frames, f"number {number + 1}", share)
        for number, frames in enumerate(images)
    ]
    sizes = np.median([_sizes(frames) for frames in images], axis=0).astype(int)
    in_stack = all("Z" in frames.axes for frames in images)
    known = [
        _in_order(frames.axes, spacing, in_stack)
        for frames, spacing in zip(images, spacings, strict=True)
        if spacing is not None
    ]
    complete = len(known) == len(images)
    differ = complete and np.ptp(np.log(known), axis=0).max() > np.log(_LIKE_SPACING)
    return Fingerprint(
        channels=channels.pop(),
        plane=(int(sizes[1]), int(sizes[2])),
        depth=int(sizes[0]) if in_stack else 1,
        slices_painted=sum(painting.frames_painted),
        classes_painted=len(painting.counts),
        spacing=tuple(np.median(known, axis=0).tolist()) if complete else None,
        spacings_differ=bool(differ),
        low=min(float(values.min()) for values in samples),
        high=max(float(values.max()) for values in samples),
        signed=all(frames.dtype.kind in "if" for frames in images),
    )


def _sizes(frames: Frames) -> tuple[int, int, int]:
    axes = "".join(letter for letter in frames.axes if letter in "YX")
    plane = dict(zip(axes, frames.spatial_shape, strict=True))
    leading = dict(zip(frames.leading_axes, frames.leading_shape, strict=True))
    return leading.get("Z", 1), plane["Y"], plane["X"]


def _in_order(axes: str, spacing: Spacing, in_stack: bool) -> Spacing:
    known = dict(zip(spatial(axes), spacing, strict=True))
    return tuple(known[letter] for letter in ("ZYX" if in_stack else "YX"))
