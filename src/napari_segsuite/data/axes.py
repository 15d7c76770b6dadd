"""Axes and spacing: which dimension of an array is what.

Axes are a string with one upper-case letter per dimension, slowest first, out of
``T`` (time), ``C`` (channel), ``Z``, ``Y``, ``X``; for example ``"ZYX"``,
``"YXC"``, ``"TCZYX"``. Spacing is micrometre per pixel for the axes of ``"ZYX"``
that are present, in the order in which they stand.
"""

from __future__ import annotations

from collections.abc import Sequence

from napari_segsuite.errors import InputError

Spacing = tuple[float, ...]

KNOWN = "TCZYX"
SPATIAL = "ZYX"


def check_axes(axes: str, ndim: int) -> str:
    """Return `axes` if it names every one of `ndim` dimensions once.

    Raises
    ------
    InputError
        If a letter is unknown or doubled, Y or X is missing, or the number of
        letters is not `ndim`.
    """
    if len(axes) != ndim:
        msg = (
            f"The axes {axes!r} name {len(axes)} dimensions, but the array has {ndim}. "
            "Give one letter per dimension."
        )
        raise InputError(msg)
    unknown = sorted(set(axes) - set(KNOWN))
    if unknown or len(set(axes)) != len(axes) or not {"Y", "X"} <= set(axes):
        msg = (
            f"The axes {axes!r} cannot be used: each of T, C, Z, Y, X may stand "
            "once, and Y and X must be there. Examples: YX, ZYX, YXC, TCZYX."
        )
        raise InputError(msg)
    return axes


def spatial(axes: str) -> str:
    """Return the spatial letters of `axes`, in their order: ``"YXC"`` → ``"YX"``."""
    return "".join(letter for letter in axes if letter in SPATIAL)


def without_channels(axes: str) -> str:
    """Return `axes` without the channel: the axes of a labels array for it."""
    return axes.replace("C", "")


def guess_axes(shape: Sequence[int], *, rgb: bool = False, labels: bool = False) -> str:
    """Guess the axes of an array that says nothing about itself.

    Parameters
    ----------
    shape : sequence of int
        The array's shape.
    rgb : bool, optional
        Whether the last axis holds red, green, blue (and alpha).
    labels : bool, optional
        Whether the array holds labels, which have no channels.

    Returns
    -------
    str
        ``YX``, ``ZYX``, ``TZYX`` or ``TCZYX`` by the number of dimensions; an RGB
        image has its colours last; an image of 3 or 4 dimensions whose first axis
        has at most 4 entries, while the others have more than 16, is taken to
        have its channels first.

    Raises
    ------
    InputError
        If there are fewer than 2 or too many dimensions.
    """
    if rgb:
        return guess_axes(shape[:-1], labels=True) + "C"
    ndim = len(shape)
    channels_first = (
        not labels
        and ndim in (3, 4)
        and shape[0] <= 4
        and min(shape[1:], default=0) > 16
    )
    if channels_first:
        return "C" + guess_axes(shape[1:], labels=True)
    by_ndim = {2: "YX", 3: "ZYX", 4: "TZYX"}
    if not labels:
        by_ndim[5] = "TCZYX"
    if ndim not in by_ndim:
        msg = (
            f"An array of {ndim} dimensions (shape {tuple(shape)}) cannot be used: "
            f"{', '.join(by_ndim.values())} are understood."
        )
        raise InputError(msg)
    return by_ndim[ndim]


def check_label_order(axes: str) -> str:
    """Return `axes` if OME files can hold labels so, that is in the order T, Z, Y, X.

    Raises
    ------
    InputError
        If they cannot.
    """
    if axes != "".join(letter for letter in "TZYX" if letter in axes):
        msg = (
            "OME-TIFF and OME-Zarr hold labels with axes in the order T, Z, Y, X, "
            f"without channels, not {axes}. Save them as .npy."
        )
        raise InputError(msg)
    return axes
