"""Between jobs and napari layers: geometry in, results out.

Nothing else in the package reads the transform of a layer or adds one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels, Points
from napari.utils.colormaps import CyclicLabelColormap, DirectLabelColormap
from napari.utils.transforms import CompositeAffine

from napari_segsuite.data.axes import (
    KNOWN,
    SPATIAL,
    Spacing,
    check_axes,
    guess_axes,
)
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.errors import InputError

METADATA_KEY = "segsuite"

# How far image and painting may lie apart, in pixels, before they count as
# different: rounding of scales in files is far below, a shifted layer far above.
_SAME_PLACE = 0.05

_OTHERS = "#808080"
_CYCLE = 1024


def full_resolution(layer: Image | Labels) -> Any:
    """Return the array of `layer`; of a multiscale layer its largest level."""
    return layer.data[0] if layer.multiscale else layer.data


def image_axes(layer: Image) -> str:
    """Return the axes of the layer's array: as the layer names them, else guessed.

    Raises
    ------
    InputError
        If the array has a number of dimensions that is not understood.
    """
    shape = full_resolution(layer).shape
    named = "".join(str(label).upper() for label in layer.axis_labels)
    rgb = "C" if layer.rgb else ""
    known = len(named) == layer.ndim and set(named) <= set(KNOWN)
    if known and len(set(named + rgb)) == len(shape) and {"Y", "X"} <= set(named):
        return named + rgb
    return guess_axes(shape, rgb=layer.rgb)


def check_image(layer: Image, axes: str) -> None:
    """Check that a network can read the image under `axes`.

    Raises
    ------
    InputError
        If the image is empty, `axes` do not fit, or its channels stand where napari
        could not lay labels over it.
    """
    array = full_resolution(layer)
    check_axes(axes, len(array.shape))
    if 0 in array.shape:
        msg = f"The image {layer.name!r} has no pixels: its shape is {array.shape}."
        raise InputError(msg)
    channel = axes.find("C")
    if channel > 0 and not (layer.rgb and channel == len(axes) - 1):
        msg = (
            f"The channels of {layer.name!r} are axis {channel + 1} of {axes}; they "
            "must come first. Right-click the layer and split its stack along that "
            "axis, then tick the channels."
        )
        raise InputError(msg)


def spacing(layer: Image | Labels, axes: str) -> Spacing | None:
    """Return the micrometre per pixel of the spatial axes; None if never set.

    A scale without a unit counts as micrometre: its ratios matter most.
    """
    dims = [i for i, letter in enumerate(axes) if letter in SPATIAL]
    values = []
    for dim in dims:
        unit = layer.units[dim]
        factor = 1.0
        if unit.dimensionality == {"[length]": 1}:
            factor = float((1 * unit).to("micrometer").magnitude)
        values.append(abs(float(layer.scale[dim])) * factor)
    plain = all(str(layer.units[dim]) == "pixel" for dim in dims)
    if plain and all(value == 1.0 for value in values):
        return None
    return tuple(values)


def label_dims(axes: str) -> list[int]:
    """Return the dimensions of an image with `axes` that its labels share."""
    return [i for i, letter in enumerate(axes) if letter != "C"]


def label_shape(layer: Image, axes: str) -> tuple[int, ...]:
    """Return the shape that labels for the image have."""
    shape = full_resolution(layer).shape
    return tuple(shape[dim] for dim in label_dims(axes))


def check_same_place(image: Image, axes: str, labels: Labels) -> None:
    """Check that labels lie pixel on pixel over the image.

    Raises
    ------
    InputError
        If the shapes or the transforms differ; both are named.
    """
    needed = label_shape(image, axes)
    found = tuple(full_resolution(labels).shape)
    if found != needed:
        msg = (
            f"{labels.name!r} has the shape {_times(found)}, but {image.name!r} "
            f"needs {_times(needed)}. Press New to make a layer that fits."
        )
        raise InputError(msg)
    dims = label_dims(axes)
    for corner in _corners(needed):
        in_image = np.zeros(image.ndim)
        in_image[dims] = corner
        in_world = np.asarray(image.data_to_world(in_image))[dims]
        in_labels = labels.world_to_data(in_world)
        if np.abs(np.subtract(in_labels, corner)).max() > _SAME_PLACE:
            msg = (
                f"{labels.name!r} does not lie on {image.name!r}: its scale is "
                f"{_numbers(labels.scale)}, its translate "
                f"{_numbers(labels.translate)}; the image's are "
                f"{_numbers(image.scale[dims])} and "
                f"{_numbers(image.translate[dims])}. Press New to make a layer that "
                "fits."
            )
            raise InputError(msg)


def new_painting(image: Image, axes: str) -> Labels:
    """Return an empty Labels layer that lies on the image, ready to be painted.

    Its ids go up to 255, as many classes as a model can have.
    """
    shape = label_shape(image, axes)
    return Labels(
        np.zeros(shape, np.uint8),
        name=f"{image.name} painting",
        **placement(image, axes, (0,) * len(shape)),
    )


def labels_result(
    array: Any,
    *,
    like: Image | Labels,
    axes: str,
    offset: Sequence[int],
    name: str,
    classes: Sequence[ClassInfo],
    provenance: Mapping[str, Any],
) -> Labels:
    """Return a new Labels layer with a result, lying on the image it belongs to.

    Parameters
    ----------
    array : array of int, axes of the image without channels
        The labels, cut to a region if need be; read when they are shown.
    like : Image or Labels
        The image; its scale, translate, rotate, shear, affine, units and axis
        labels are taken over.
    axes : str
        The axes of the image.
    offset : sequence of int
        Where the region starts, in pixels per axis of `array`.
    name : str
        The layer's name.
    classes : sequence of ClassInfo
        Names and colours; without any, ids are objects in napari's own colours.
    provenance : mapping
        Where the result comes from; kept in ``layer.metadata["segsuite"]``.
    """
    return Labels(
        array,
        name=name,
        colormap=class_colormap(classes) if classes else None,
        features=class_features(classes) if classes else None,
        metadata={
            METADATA_KEY: {
                **provenance,
                "classes": [info.model_dump() for info in classes],
            }
        },
        **placement(like, axes, offset),
    )


def probability_result(
    array: npt.NDArray[Any],
    *,
    like: Image,
    axes: str,
    offset: Sequence[int],
    name: str,
    provenance: Mapping[str, Any],
) -> Image:
    """Return an Image layer with the probability (0 to 1) of one class.

    Parameters are those of `labels_result`.
    """
    return Image(
        array,
        name=name,
        colormap="viridis",
        contrast_limits=(0.0, 1.0),
        blending="additive",
        visible=False,
        metadata={METADATA_KEY: dict(provenance)},
        **placement(like, axes, offset),
    )


def new_objects(image: Image, axes: str) -> Labels:
    """Return an empty Labels layer that lies on the image, for many objects.

    Its ids go up to 2,147,483,647.
    """
    shape = label_shape(image, axes)
    return Labels(
        np.zeros(shape, np.int32),
        name=f"{image.name} objects",
        metadata={METADATA_KEY: {"objects": True}},
        **placement(image, axes, (0,) * len(shape)),
    )


def plane_result(
    array: npt.NDArray[np.uint8],
    *,
    like: Image,
    axes: str,
    name: str,
    provenance: Mapping[str, Any],
) -> Labels:
    """Return a Labels layer of one plane, (Y, X), which is shown on every slice.

    Parameters are those of `labels_result`.
    """
    plane_axes = "".join(letter if letter in "YX" else "C" for letter in axes)
    return Labels(
        array,
        name=name,
        metadata={METADATA_KEY: dict(provenance)},
        **placement(like, plane_axes, (0, 0)),
    )


def points_like(image: Image, axes: str, name: str, **options: Any) -> Points:
    """Return an empty Points layer in the pixels of the image's labels."""
    ndim = len(label_dims(axes))
    return Points(
        np.zeros((0, ndim)),
        ndim=ndim,
        name=name,
        **options,
        **placement(image, axes, (0,) * ndim),
    )


def is_result(layer: Any) -> bool:
    """Whether a job made the layer, or it is a sample's truth: not to learn from."""
    facts = layer.metadata.get(METADATA_KEY, {})
    return not {"preview", "model", "truth", "overlay"}.isdisjoint(facts)


def is_overlay(layer: Any) -> bool:
    """Whether the layer only draws a comparison of others: never to be compared."""
    return "overlay" in layer.metadata.get(METADATA_KEY, {})


def class_colormap(
    classes: Sequence[ClassInfo],
) -> CyclicLabelColormap | DirectLabelColormap:
    """Return the colormap that draws each class in its colour."""
    colors = {info.id: info.color for info in classes}
    most = max(colors, default=1)
    if most >= _CYCLE:
        direct: dict[int | None, str] = {info.id: info.color for info in classes}
        direct |= {None: _OTHERS, 0: "transparent"}
        return DirectLabelColormap(color_dict=direct)
    # A cycle longer than the ids draws each in its own colour. napari compiles what
    # draws other named colours for a second or more, in the GUI thread.
    return CyclicLabelColormap(
        colors=["transparent", *(colors.get(i, _OTHERS) for i in range(1, most + 2))]
    )


def class_features(classes: Sequence[ClassInfo]) -> dict[str, list[Any]]:
    """Return layer features that let the status bar name the class under the mouse."""
    return {
        "index": [info.id for info in classes],
        "class": [info.name for info in classes],
    }


def placement(
    layer: Image | Labels, axes: str, offset: Sequence[int]
) -> dict[str, Any]:
    """Return where labels lie that begin at a pixel of an image.

    Parameters
    ----------
    layer : Image or Labels
        The image.
    axes : str
        The axes of the image.
    offset : sequence of int
        Where the labels begin, in pixels per axis of the image without channels.

    Returns
    -------
    dict
        Arguments of a layer: scale, translate, rotate, shear, affine, units and axis
        labels.
    """
    dims = label_dims(axes)
    physical = CompositeAffine(
        layer.scale,
        layer.translate,
        rotate=layer.rotate,
        shear=layer.shear,
        ndim=layer.ndim,
    ).set_slice(dims)
    return {
        "scale": physical.scale,
        "translate": physical.translate
        + physical.linear_matrix @ np.asarray(offset, float),
        "rotate": physical.rotate,
        "shear": physical.shear,
        "affine": layer.affine.set_slice(dims).affine_matrix,
        "units": [layer.units[dim] for dim in dims],
        "axis_labels": [layer.axis_labels[dim] for dim in dims],
    }


def _corners(shape: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return the origin, the far end of each axis, and the far corner."""
    far = np.asarray(shape, float) - 1
    return np.vstack([np.zeros_like(far), np.diag(far), far])


def _times(shape: Sequence[int]) -> str:
    return " × ".join(str(size) for size in shape)


def _numbers(values: Sequence[float]) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in values) + ")"
