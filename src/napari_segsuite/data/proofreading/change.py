"""Pixels that change, and to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """New ids of some pixels of a label array."""

    indices: tuple[NDArray[np.intp], ...]
    """The pixels: an array of indices per axis, all of one length."""
    before: NDArray[Any]
    """Their ids before, of the array's dtype."""
    after: NDArray[Any]
    """Their ids after, of the same dtype; each differs from the one before."""

    @property
    def size(self) -> int:
        """How many pixels change."""
        return int(self.after.size)

    def placed(self, fixed: Mapping[int, int], ndim: int) -> Change:
        """Return the change in an array of which this was about a part.

        Parameters
        ----------
        fixed : mapping of int to int
            Axes of the array that the part lacks, and where the part lies on them.
        ndim : int
            Axes of the array.
        """
        own = iter(self.indices)
        indices = tuple(
            np.full(self.size, fixed[axis], np.intp) if axis in fixed else next(own)
            for axis in range(ndim)
        )
        return Change(indices, self.before, self.after)

    def still_valid(self, labels: NDArray[Any]) -> Change:
        """Return the change of those pixels that are still as they were."""
        same = labels[self.indices] == self.before
        if same.all():
            return self
        indices = tuple(one[same] for one in self.indices)
        return Change(indices, self.before[same], self.after[same])


def change_to(
    labels: NDArray[Any],
    new: NDArray[Any],
    start: tuple[int, ...] | None = None,
) -> Change:
    """Return what differs between labels and what part of them is to become.

    Parameters
    ----------
    labels : integer array
        The labels.
    new : array of the same dtype
        What a box of them becomes.
    start : tuple of int, optional
        The first pixel of the box; by default the box is the whole array.
    """
    corner = start or (0,) * labels.ndim
    sides = zip(corner, new.shape, strict=True)
    old = labels[tuple(slice(low, low + size) for low, size in sides)]
    where = np.nonzero(old != new)
    indices = tuple(one + low for one, low in zip(where, corner, strict=True))
    return Change(indices, old[where], new[where])


def joined(changes: list[Change], labels: NDArray[Any]) -> Change:
    """Return several changes of different pixels as one; of none, an empty one."""
    if not changes:
        none = np.zeros(0, np.intp)
        nothing = np.zeros(0, labels.dtype)
        return Change((none,) * labels.ndim, nothing, nothing)
    return Change(
        tuple(
            np.concatenate(own)
            for own in zip(*(c.indices for c in changes), strict=True)
        ),
        np.concatenate([c.before for c in changes]),
        np.concatenate([c.after for c in changes]),
    )
