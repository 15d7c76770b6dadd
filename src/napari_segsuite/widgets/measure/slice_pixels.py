"""The pixels of an image below the slice of labels that is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image, Labels
from numpy.typing import NDArray

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import (
    check_same_place,
    full_resolution,
    image_axes,
)


def shown_image(layers: Any, labels: Labels) -> Image | None:
    """Return the topmost visible image on which the labels lie pixel on pixel.

    Parameters
    ----------
    layers : iterable of napari.layers.Layer
        The viewer's layers, the lowest first.
    labels : Labels
        The labels.
    """
    for layer in reversed(list(layers)):
        if isinstance(layer, Image) and layer.visible and _fits(layer, labels):
            return layer
    return None


def image_slice(image: Image, index: tuple[int | slice, ...]) -> NDArray[Any]:
    """Return the part of an image that lies below a part of its labels.

    Parameters
    ----------
    image : Image
        An image on which the labels lie pixel on pixel.
    index : tuple of int or slice
        The part, one entry per axis of the labels; two of them are slices.

    Returns
    -------
    ndarray, shape (Y, X), or (Y, X, 3 or 4) of an RGB image
        Of several channels, the mean.
    """
    axes = image_axes(image)
    array = full_resolution(image)
    if image.rgb:
        return np.asarray(array[(*index, slice(None))])
    if "C" not in axes:
        return np.asarray(array[index])
    channel = axes.index("C")
    part = np.asarray(array[(*index[:channel], slice(None), *index[channel:])])
    before = sum(isinstance(one, slice) for one in index[:channel])
    return np.asarray(part.mean(axis=before))


def _fits(image: Image, labels: Labels) -> bool:
    try:
        check_same_place(image, image_axes(image), labels)
    except InputError:
        return False
    return True
