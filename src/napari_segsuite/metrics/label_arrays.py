"""Which arrays are label images, and their pixels as plain integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_segsuite.errors import InputError


def check_alike(y_true: Any, y_pred: Any) -> None:
    """Refuse two arrays, lazy or not, that cannot be compared pixel by pixel.

    Raises
    ------
    InputError
        If shapes differ or a dtype cannot hold ids.
    """
    if tuple(y_true.shape) != tuple(y_pred.shape):
        msg = (
            "The truth and the prediction must have the same shape, but the truth is "
            f"{_sizes(y_true.shape)} and the prediction {_sizes(y_pred.shape)}. "
            "Pick the two label images that belong together."
        )
        raise InputError(msg)
    for array, what in ((y_true, "truth"), (y_pred, "prediction")):
        if np.dtype(array.dtype).kind not in "biuf":
            msg = (
                f"The {what} must hold whole numbers (ids), but its type is "
                f"{array.dtype}. Convert it to an integer type."
            )
            raise InputError(msg)


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape) if shape else "a single value"


def as_ids(flat: NDArray[Any], what: str) -> NDArray[Any]:
    """Return `flat` in an integer type whose values fit int64, without a copy if it is.

    Parameters
    ----------
    flat : ndarray, shape (pixels,)
        Of any integer, boolean or floating point dtype.
    what : str
        What it is, for messages: "truth", "prediction".

    Raises
    ------
    InputError
        If a value is no whole number, or beyond the range of int64.
    """
    if flat.dtype.kind == "b":
        return flat.view(np.uint8)
    if flat.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            # Strictly below 2^63, which int64 does not reach.
            whole = (flat == np.trunc(flat)) & (np.abs(flat) < 2.0**63)
        if not whole.all():
            worst = flat[np.flatnonzero(~whole)[0]]
            msg = (
                f"The {what} must hold whole numbers (ids), but {worst:g} is among its "
                "values. Use a label image, not probabilities or intensities."
            )
            raise InputError(msg)
        return flat.astype(np.int64)
    if flat.dtype.kind == "u" and flat.dtype.itemsize == 8 and flat.size:
        largest = int(flat.max())
        if largest > np.iinfo(np.int64).max:
            msg = (
                f"The {what} holds the id {largest}; ids up to 2^63 - 1 can be scored."
            )
            raise InputError(msg)
    return flat
