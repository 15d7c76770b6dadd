"""Masks as runs: small enough to travel inside a line of JSON."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from napari_segsuite._model import Model


class MaskRuns(Model):
    """A mask of part of a plane: lengths of alternating runs, row by row."""

    offset: tuple[int, int]
    """(y, x) of the part's first pixel in the plane; may be negative."""
    shape: tuple[int, int]
    """Rows and columns of the part."""
    runs: tuple[int, ...] = Field(default=())
    """Lengths of the runs in row-major order: outside, inside, outside, and so on;
    the first may be 0."""

    @model_validator(mode="after")
    def _check(self) -> MaskRuns:
        if min(self.shape) < 0 or any(run < 0 for run in self.runs):
            msg = "shape and runs of a mask must not be negative"
            raise ValueError(msg)
        if sum(self.runs) != self.shape[0] * self.shape[1]:
            msg = (
                f"the runs of a mask of {self.shape[0]} × {self.shape[1]} pixels add "
                f"up to {sum(self.runs)}"
            )
            raise ValueError(msg)
        return self

    @classmethod
    def of(
        cls, mask: npt.NDArray[np.bool_], offset: tuple[int, int] = (0, 0)
    ) -> MaskRuns:
        """Return the runs of a mask, cropped to what lies inside.

        Parameters
        ----------
        mask : array of bool, (Y, X)
            The mask, or a part of one.
        offset : (int, int), optional
            (y, x) of ``mask[0, 0]`` in the plane.
        """
        rows = np.flatnonzero(mask.any(axis=1))
        if rows.size == 0:
            return cls(offset=offset, shape=(0, 0))
        columns = np.flatnonzero(mask.any(axis=0))
        part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        flat = np.concatenate(([False], part.ravel()))
        changes = np.flatnonzero(flat[1:] != flat[:-1])
        bounds = np.concatenate(([0], changes, [part.size]))
        return cls(
            offset=(offset[0] + int(rows[0]), offset[1] + int(columns[0])),
            shape=(int(part.shape[0]), int(part.shape[1])),
            runs=tuple(np.diff(bounds).tolist()),
        )

    def array(self) -> npt.NDArray[np.bool_]:
        """Return the part as an array of bool with `shape`."""
        inside = np.arange(len(self.runs)) % 2 == 1
        return np.repeat(inside, self.runs).reshape(self.shape)

    def on_plane(self, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Return the mask on a whole plane of `shape`; what lies outside is cut off."""
        plane = np.zeros(shape, np.bool_)
        y, x = self.offset
        top, left = max(y, 0), max(x, 0)
        bottom = min(y + self.shape[0], shape[0])
        right = min(x + self.shape[1], shape[1])
        if top < bottom and left < right:
            part = self.array()[top - y : bottom - y, left - x : right - x]
            plane[top:bottom, left:right] = part
        return plane

    @property
    def area(self) -> int:
        """Number of pixels inside."""
        return sum(self.runs[1::2])
