"""The part of an image that is predicted, and where pieces of it lie in the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.frames import Frames, Window
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.prediction import Region


@dataclass(frozen=True, slots=True)
class Canvas:
    """The part of an image that is predicted."""

    frames: Frames
    """The image."""
    axes: str
    """Axes of the labels."""
    region: Region
    """(start, stop) in the image per axis of the labels."""

    @classmethod
    def of(cls, frames: Frames, region: Region | None) -> Self:
        """Return the canvas of a region; None is the whole image.

        Raises
        ------
        InputError
            If the region does not lie inside the image.
        """
        axes = without_channels(frames.axes)
        leading = dict(zip(frames.leading_axes, frames.leading_shape, strict=True))
        inner = iter(frames.spatial_shape)
        shape = [leading[a] if a in leading else next(inner) for a in axes]
        if region is None:
            return cls(frames, axes, tuple((0, size) for size in shape))
        fits = len(region) == len(shape) and all(
            0 <= start < stop <= size
            for (start, stop), size in zip(region, shape, strict=False)
        )
        if not fits:
            msg = (
                f"The region {region} does not lie inside the image, whose shape is "
                f"{tuple(shape)} ({axes}). Give (start, stop) for each axis."
            )
            raise InputError(msg)
        return cls(frames, axes, region)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the labels."""
        return tuple(stop - start for start, stop in self.region)

    @property
    def window(self) -> Window:
        """The pixels of each frame that are predicted."""
        outer = self.frames.leading_axes
        return tuple(
            slice(*span)
            for a, span in zip(self.axes, self.region, strict=True)
            if a not in outer
        )

    @property
    def indices(self) -> list[int]:
        """The frames that are predicted, ascending."""
        spans = dict(zip(self.axes, self.region, strict=True))
        leading = [spans[a] for a in self.frames.leading_axes]
        return [
            index
            for index in range(self.frames.count)
            if all(
                start <= i < stop
                for i, (start, stop) in zip(
                    self.frames.leading(index), leading, strict=True
                )
            )
        ]

    def place(self, frame: int, window: Window) -> tuple[int | slice, ...]:
        """Return where a window of a frame lies in the labels."""
        leading = dict(
            zip(self.frames.leading_axes, self.frames.leading(frame), strict=True)
        )
        inner = iter(window)
        where: list[int | slice] = []
        for axis, (start, _) in zip(self.axes, self.region, strict=True):
            if axis in leading:
                where.append(leading[axis] - start)
            else:
                part = next(inner)
                where.append(slice(part.start - start, part.stop - start))
        return tuple(where)
