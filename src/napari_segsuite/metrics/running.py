"""A count that follows two label images while they are painted on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_segsuite.errors import InputError
from napari_segsuite.metrics.blocks import count_blocks
from napari_segsuite.metrics.contingency import ContingencyTable, merged
from napari_segsuite.metrics.label_arrays import as_ids, check_alike
from napari_segsuite.metrics.tally import count

Window = tuple[slice | int, ...]


class RunningCount:
    """The contingency table of two label images, kept up to date without recounts.

    It keeps copies of the images as they were counted, so that it needs to be told
    only where something changed, not what was there before: a window that is told
    twice, too late or too large does no harm.

    Parameters
    ----------
    y_true, y_pred : array
        Two label arrays of one shape; copied. Values as for `count`.

    Raises
    ------
    InputError
        If shapes differ or values are no ids.
    """

    def __init__(self, y_true: ArrayLike, y_pred: ArrayLike) -> None:
        true, pred = np.asarray(y_true), np.asarray(y_pred)
        check_alike(true, pred)
        shape = true.shape
        self._true = as_ids(true.flatten(), "truth").reshape(shape)
        self._pred = as_ids(pred.flatten(), "prediction").reshape(shape)
        self._table = count_blocks(self._true, self._pred)

    @property
    def table(self) -> ContingencyTable:
        """The table of the images as they were last told."""
        return self._table

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of both images."""
        return self._true.shape

    def update(
        self,
        window: Window,
        *,
        true: ArrayLike | None = None,
        pred: ArrayLike | None = None,
    ) -> ContingencyTable:
        """Take over new pixels in a window, and return the table.

        Parameters
        ----------
        window : tuple of slice or int
            Where pixels may have changed, as in ``array[window]``; an empty tuple is
            the whole image.
        true, pred : array_like of int, optional
            The pixels that are there now; None for an image that did not change. The
            shape is that of ``array[window]``, the dtype may differ from the first.

        Returns
        -------
        ContingencyTable
            Equal to that of a full recount.

        Raises
        ------
        InputError
            If the new pixels do not fit the window, or are no ids.
        """
        old_true, old_pred = self._true[window], self._pred[window]
        new_true = _fitting(true, old_true, "truth")
        new_pred = _fitting(pred, old_pred, "prediction")
        changed = (new_true != old_true) | (new_pred != old_pred)
        if not changed.any():
            return self._table
        gained = count(new_true[changed], new_pred[changed])
        lost = count(old_true[changed], old_pred[changed])
        self._table = merged(
            [
                self._table.columns,
                gained.columns,
                (lost.true_ids, lost.pred_ids, -lost.counts),
            ]
        )
        self._true = _written(self._true, window, new_true)
        self._pred = _written(self._pred, window, new_pred)
        return self._table


def _fitting(new: ArrayLike | None, old: NDArray[Any], what: str) -> NDArray[Any]:
    """Return the new pixels of one image; the old ones if there are none."""
    if new is None:
        return old
    pixels = np.asarray(new)
    if pixels.shape != old.shape:
        msg = (
            f"The changed pixels of the {what} have the shape {pixels.shape}, their "
            f"window the shape {old.shape}. Pass all pixels of the window."
        )
        raise InputError(msg)
    return pixels


def _written(image: NDArray[Any], window: Window, pixels: NDArray[Any]) -> NDArray[Any]:
    """Return `image` with `pixels` in it: the same array, unless a wider type needs."""
    if pixels.dtype != image.dtype and not np.can_cast(pixels.dtype, image.dtype):
        image = image.astype(np.int64)
    image[window] = pixels
    return image
