"""Where the pixels of a plane lie in the square that SAM sees, and back.

SAM sees a square of `size` pixels (1024): the plane, scaled so that its longer side
fills it, in the upper left corner; the rest is empty. Masks come out, and rough masks
go in, on a grid that is four times as coarse as the square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from segment_anything.utils.transforms import ResizeLongestSide
from torch.nn import functional

from napari_segsuite.errors import InputError

COARSENESS = 4
"""Pixels of the square per pixel of the grid, along each axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """The rows (or the columns) of a plane, of the square, and of the grid."""

    inside: int
    """Pixels of the square that the plane fills."""
    finer: torch.Tensor
    """float32, (plane, grid): takes logits from the grid to the plane."""
    coarser: torch.Tensor
    """float32, (grid, plane): the mean over what a pixel of the grid covers of the
    plane; zeros where the plane has ended."""
    lowest: npt.NDArray[np.intp]
    """By pixel of the plane: the first of the grid that it depends on."""
    highest: npt.NDArray[np.intp]
    """By pixel of the plane: the last of the grid that it depends on."""

    @classmethod
    def of(cls, length: int, inside: int, size: int) -> Axis:
        """Return the axis of a plane with `length` pixels along it."""
        grid = size // COARSENESS
        # Two linear interpolations, one after the other, as Meta's
        # Sam.postprocess_masks has it; being linear, they are one matrix.
        square = _linear(torch.eye(grid), size)[:, :inside]
        finer = _linear(square, length).T.contiguous()
        used = finer.numpy() != 0
        return cls(
            inside,
            finer,
            _means(length, inside / (COARSENESS * length), grid),
            used.argmax(1),
            grid - 1 - used[:, ::-1].argmax(1),
        )

    @property
    def scale(self) -> float:
        """Pixels of the square per pixel of the plane."""
        return self.inside / len(self.finer)

    def reach(self, first: int, last: int) -> slice:
        """Return the pixels of the plane that depend on some of the grid.

        Parameters
        ----------
        first, last : int
            The first and the last pixel of the grid.
        """
        start = int(np.searchsorted(self.highest, first, "left"))
        stop = int(np.searchsorted(self.lowest, last, "right"))
        return slice(start, max(start, stop))

    def used(self, pixels: slice) -> slice:
        """Return the pixels of the grid that some of the plane depend on."""
        if pixels.start >= pixels.stop:
            return slice(0, 0)
        first, last = self.lowest[pixels.start], self.highest[pixels.stop - 1]
        return slice(int(first), int(last) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A plane in the square that SAM sees."""

    rows: Axis
    columns: Axis

    @classmethod
    def of(cls, shape: tuple[int, int], size: int) -> Frame:
        """Return the frame of a plane.

        Parameters
        ----------
        shape : (int, int)
            Rows and columns of the plane.
        size : int
            Side of the square.

        Raises
        ------
        InputError
            If the plane is so narrow that nothing would be left of it.
        """
        height, width = ResizeLongestSide.get_preprocess_shape(*shape, size)
        if min(height, width) < 1:
            msg = (
                f"The plane has {shape[0]} × {shape[1]} pixels (y, x), which is too "
                "narrow for Segment Anything. Crop it, or choose another model."
            )
            raise InputError(msg)
        return cls(Axis.of(shape[0], height, size), Axis.of(shape[1], width, size))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plane."""
        return len(self.rows.finer), len(self.columns.finer)


def _linear(rows: torch.Tensor, length: int) -> torch.Tensor:
    """Return (n, length) for (n, m): rows, interpolated between pixel centres."""
    return functional.interpolate(
        rows[None], size=length, mode="linear", align_corners=False
    )[0]


def _means(length: int, scale: float, grid: int) -> torch.Tensor:
    """Return `Axis.coarser`; `scale` is pixels of the grid per pixel of the plane."""
    cells, pixels = np.arange(grid)[:, None] / scale, np.arange(length)[None]
    overlap = np.minimum(cells + 1 / scale, pixels + 1) - np.maximum(cells, pixels)
    overlap = np.clip(overlap, 0, None)
    total = overlap.sum(1, keepdims=True)
    means = np.divide(overlap, total, out=np.zeros_like(overlap), where=total > 1e-6)
    return torch.from_numpy(means.astype(np.float32))
