"""Square windows on a plane, and the crops of fixed size that the network sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from napari_segsuite.engine.prompting.click.network import EDGE

# Contrast below this share of the plane's range is left as weak as it is.
_LEAST_SPREAD = 1e-3
# Beyond this many standard deviations, brighter is no other than bright.
_LIMIT = 6.0
# Windows with more rows than this are averaged first: it is faster and loses nothing.
_FINEST = 4 * EDGE


@dataclass(frozen=True, slots=True)
class Window:
    """A square of a plane; parts of it may lie outside the plane."""

    top: int
    """Row of its first pixel."""
    left: int
    """Column of its first pixel."""
    side: int
    """Rows and columns, at least 1."""

    @classmethod
    def around(cls, y: float, x: float, side: int) -> Window:
        """Return the window of that side with its middle nearest to (y, x)."""
        half = (side - 1) / 2
        return cls(int(np.floor(y - half + 0.5)), int(np.floor(x - half + 0.5)), side)

    @property
    def scale(self) -> float:
        """Pixels of the crop per pixel of the plane."""
        return EDGE / self.side

    def to_crop(self, y: float, x: float) -> tuple[float, float]:
        """Return where a place of the plane lies in the crop; centres are integers."""
        scale = self.scale
        return (
            (y - self.top + 0.5) * scale - 0.5,
            (x - self.left + 0.5) * scale - 0.5,
        )

    def to_plane(self, y: float, x: float) -> tuple[float, float]:
        """Return where a place of the crop lies in the plane; undoes `to_crop`."""
        scale = self.scale
        return (
            (y + 0.5) / scale - 0.5 + self.top,
            (x + 0.5) / scale - 0.5 + self.left,
        )

    def inside(self, shape: tuple[int, int]) -> tuple[slice, slice]:
        """Return the part of a plane of `shape` that the window covers."""
        return _overlap(self.top, self.side, shape[0]), _overlap(
            self.left, self.side, shape[1]
        )

    def take(self, plane: npt.NDArray[np.float32]) -> torch.Tensor:
        """Cut the window out of a plane, even out its contrast, and resample it.

        Parameters
        ----------
        plane : array of float32, (1, Y, X) or (3, Y, X)
            The plane.

        Returns
        -------
        tensor of float32, (3, `EDGE`, `EDGE`)
            The crop, see `normalised`; grey thrice. Outside of the plane, its rim goes
            on; a window that meets no pixel is 0.
        """
        rows, columns = self.inside((plane.shape[1], plane.shape[2]))
        part = torch.from_numpy(np.ascontiguousarray(plane[:, rows, columns]))
        cell = max(1, self.side // _FINEST)
        if cell > 1 and part.numel():
            part = functional.avg_pool2d(part, cell, ceil_mode=True)
        crop = self.show(normalised(part), (rows.start, columns.start), cell)
        return crop.expand(3, -1, -1)

    def show(
        self, part: torch.Tensor, offset: tuple[int, int], cell: int = 1
    ) -> torch.Tensor:
        """Return pixels of a plane as they lie in the crop; their rim goes on.

        Parameters and returned values are those of `place`.
        """
        return self._resampled(part, offset, cell, goes_on=part.numel() > 0)

    def place(
        self, part: torch.Tensor, offset: tuple[int, int], cell: int = 1
    ) -> torch.Tensor:
        """Return part of a plane as it lies in the crop, zero around it.

        Parameters
        ----------
        part : tensor of float32, (..., rows, columns)
            A part of the plane, anywhere.
        offset : (int, int)
            (y, x) of its first pixel in the plane.
        cell : int, optional
            Rows and columns of the plane that were averaged to one of the part.

        Returns
        -------
        tensor of float32, (..., `EDGE`, `EDGE`)
        """
        return self._resampled(part, offset, cell, goes_on=False)

    def carry(self, crop: torch.Tensor, other: Window) -> torch.Tensor:
        """Return the crop of another window as it lies in this one, zero around it.

        Parameters
        ----------
        crop : tensor of float32, (`EDGE`, `EDGE`)
            Probabilities in the crop of `other`.
        other : Window
            The window that it belongs to.
        """
        if other == self:
            return crop
        step = self.side / other.side
        pixels = (torch.arange(EDGE) + 0.5) * self.side / EDGE
        down = (pixels + self.top - other.top) * other.scale - 0.5
        across = (pixels + self.left - other.left) * other.scale - 0.5
        return _tent(down, EDGE, step) @ crop @ _tent(across, EDGE, step).T

    def covered(self, shape: tuple[int, int]) -> torch.Tensor:
        """Return which pixels of the crop show the plane: bool, (`EDGE`, `EDGE`)."""
        step = self.side / EDGE
        centres = (torch.arange(EDGE) + 0.5) * step - 0.5
        rows, columns = centres + self.top, centres + self.left
        down = (rows > -0.5) & (rows < shape[0] - 0.5)
        across = (columns > -0.5) & (columns < shape[1] - 0.5)
        return down[:, None] & across

    def back(
        self, crop: torch.Tensor, shape: tuple[int, int]
    ) -> tuple[torch.Tensor, tuple[int, int]]:
        """Return what is positive in a crop at the resolution of the plane.

        Parameters
        ----------
        crop : tensor of float32, (`EDGE`, `EDGE`)
            Logits, say.
        shape : (int, int)
            Rows and columns of the plane.

        Returns
        -------
        tensor of float32, (rows, columns)
            The part of the plane around the positive pixels; empty without any.
        (int, int)
            (y, x) of its first pixel in the plane.
        """
        rows, columns = self.inside(shape)
        positive = crop > 0
        down = self._weights(rows, positive.any(1), self.top)
        across = self._weights(columns, positive.any(0), self.left)
        values = down[1] @ crop @ across[1].T
        return values, (down[0], across[0])

    def _resampled(
        self, part: torch.Tensor, offset: tuple[int, int], cell: int, *, goes_on: bool
    ) -> torch.Tensor:
        step = self.side / EDGE / cell
        pixels = (torch.arange(EDGE) + 0.5) * step - 0.5
        down = pixels + (self.top - offset[0]) / cell
        across = pixels + (self.left - offset[1]) / cell
        rows, columns = part.shape[-2:]
        if goes_on:
            down, across = down.clamp(0, rows - 1), across.clamp(0, columns - 1)
        return _tent(down, rows, step) @ part @ _tent(across, columns, step).T

    def _weights(
        self, covered: slice, positive: torch.Tensor, first: int
    ) -> tuple[int, torch.Tensor]:
        """Return the first pixel wanted, and weights (pixels, EDGE) along one axis."""
        found = torch.nonzero(positive)
        if not len(found):
            return covered.start, torch.zeros(0, EDGE)
        scale = self.scale
        low = int((float(found[0]) - 1) / scale) + first - 1
        high = int((float(found[-1]) + 2) / scale) + first + 2
        start, stop = max(low, covered.start), min(high, covered.stop)
        at = (torch.arange(start, stop) - first + 0.5) * scale - 0.5
        weights = _tent(at.clamp(0, EDGE - 1), EDGE, scale)
        return start, weights / weights.sum(1, keepdim=True)


def _tent(at: torch.Tensor, count: int, width: float) -> torch.Tensor:
    """Return weights (places, count) of pixels around places.

    A tent one pixel wide interpolates; a wider one averages. Places between pixels
    have weights that sum to 1; there is nothing beyond the first and the last pixel.
    """
    width = max(1.0, width)
    beyond = int(width) + 1
    away = (at[:, None] - torch.arange(-beyond, count + beyond)).abs()
    weights = (1 - away / width).clamp_min(0)
    sums = weights.sum(1, keepdim=True).clamp_min(1e-6)
    return (weights / sums)[:, beyond : beyond + count]


def normalised(part: torch.Tensor) -> torch.Tensor:
    """Return pixels with mean 0 and standard deviation 1, over all channels together.

    Parameters
    ----------
    part : tensor of float32, (channels, rows, columns)
        Pixels from 0 to 1; an empty part stays empty.
    """
    if part.numel() == 0:
        return part
    spread = part.std(correction=0).clamp_min(_LEAST_SPREAD)
    return ((part - part.mean()) / spread).clamp(-_LIMIT, _LIMIT)


def _overlap(first: int, side: int, size: int) -> slice:
    start = min(max(first, 0), size)
    return slice(start, max(min(first + side, size), start))
