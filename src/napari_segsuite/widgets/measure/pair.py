"""Which pixels of two Labels layers are compared, decided without a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from napari.layers import Labels, Shapes

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import full_resolution, is_result
from napari_segsuite.widgets.measure.parts import ArrayPart, RegionPart
from napari_segsuite.widgets.measure.shapes_region import region_of_shapes
from napari_segsuite.widgets.regions import region_of

Scope = Literal["whole", "slice", "view", "shapes"]
Box = list[tuple[int, int]]

# How far two layers may lie apart, in pixels, and still be compared.
_SAME_PLACE = 0.05
_TRANSFORMS = ("scale", "translate", "rotate", "shear", "affine")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two arrays of one shape that can be scored, and what they are in words.

    Two are equal if they are of the same pixels of the same arrays.

    Parameters
    ----------
    truth, prediction : ArrayPart
        Lazy: nothing is read before they are sliced. In a region, the truth holds
        `parts.OUTSIDE` beyond it.
    where : str
        For people: "Whole stack", "Slice Z = 12".
    """

    truth: ArrayPart
    prediction: ArrayPart
    where: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of both."""
        return self.truth.shape

    @property
    def offset(self) -> tuple[int, ...]:
        """Where the first pixel lies, in pixels of the truth's layer."""
        return tuple(part.start for part in self.truth.window)


def compare(
    truth: Labels,
    prediction: Labels,
    viewer: Any,
    scope: Scope,
    shapes: Shapes | None = None,
) -> Comparison:
    """Return what is to be compared; nothing is read yet.

    Parameters
    ----------
    truth, prediction : Labels
        Layers of one image: the same shape and transform. A result for a region of
        the image may be smaller, if it lies pixel on pixel inside.
    viewer : napari.components.ViewerModel
        Its dims say which slice is shown, its camera what is in view.
    scope : {"whole", "slice", "view", "shapes"}
        Everything; the slice that is shown, in the 3D view the volume; of that, what
        is in view; or what `shapes` enclose, through all slices.
    shapes : Shapes, optional
        The region; needed by the last scope alone.

    Raises
    ------
    InputError
        If the layers do not fit each other, are not in view, or have no pixel there.
    """
    if truth is prediction:
        msg = "Truth and prediction are the same layer. Pick two different ones."
        raise InputError(msg)
    true_array, pred_array = full_resolution(truth), full_resolution(prediction)
    _check_shapes(truth, prediction, true_array.shape, pred_array.shape)
    offset = _offset(truth, prediction, pred_array.shape)
    # The common box, in pixels of the truth.
    box = [
        (max(0, shift), min(n_true, shift + n_pred))
        for shift, n_true, n_pred in zip(
            offset, true_array.shape, pred_array.shape, strict=True
        )
    ]
    words = "Whole stack" if truth.ndim > 2 else "Whole image"
    if true_array.shape != pred_array.shape:
        sizes = " × ".join(str(stop - start) for start, stop in box)
        words = f"Where both lie, {sizes}"
    region = None
    if scope == "slice":
        box, words = _slice(truth, viewer.dims, box, words)
    elif scope == "view":
        box, words = _view(truth, viewer, box)
    elif scope == "shapes":
        if shapes is None:
            msg = "There is no Shapes layer. Add one and draw a region, or score all."
            raise InputError(msg)
        region = region_of_shapes(shapes, truth)
        box = _within(box, dict(zip(region.axes, region.box, strict=True)))
        words = f"Inside “{shapes.name}”"
    if any(start >= stop for start, stop in box) and 0 not in true_array.shape:
        msg = f"{words}: there are no labels. Choose another region, or score all."
        raise InputError(msg)
    true_window = tuple(slice(start, max(start, stop)) for start, stop in box)
    pred_window = tuple(
        slice(part.start - shift, part.stop - shift)
        for part, shift in zip(true_window, offset, strict=True)
    )
    true_part = (
        ArrayPart(true_array, true_window)
        if region is None
        else RegionPart(true_array, true_window, region.axes, region.polygons)
    )
    return Comparison(true_part, ArrayPart(pred_array, pred_window), words)


def _check_shapes(
    truth: Labels,
    prediction: Labels,
    true_shape: Sequence[int],
    pred_shape: Sequence[int],
) -> None:
    if tuple(true_shape) == tuple(pred_shape):
        return
    if len(true_shape) == len(pred_shape) and (
        is_result(truth) or is_result(prediction)
    ):
        return  # The result of a region: its place is checked instead.
    msg = (
        f"“{truth.name}” has the shape {_times(true_shape)}, “{prediction.name}” has "
        f"{_times(pred_shape)}. Pick two layers of the same image."
    )
    raise InputError(msg)


def _offset(
    truth: Labels, prediction: Labels, pred_shape: Sequence[int]
) -> tuple[int, ...]:
    """Return where the prediction's first pixel lies, in pixels of the truth."""
    far = np.asarray(pred_shape, float) - 1
    corners = np.vstack([np.zeros_like(far), np.diag(far), far])
    in_truth = np.array(
        [truth.world_to_data(prediction.data_to_world(corner)) for corner in corners]
    )
    shifts = in_truth - corners
    offset = np.rint(shifts[0])
    same_shape = tuple(full_resolution(truth).shape) == tuple(pred_shape)
    inside = (offset >= 0).all() and (
        offset + pred_shape <= full_resolution(truth).shape
    ).all()
    around = (offset <= 0).all() and (
        offset + pred_shape >= full_resolution(truth).shape
    ).all()
    fits = not offset.any() if same_shape else inside or around
    if np.abs(shifts - offset).max() > _SAME_PLACE or not fits:
        raise InputError(_apart(truth, prediction))
    return tuple(int(n) for n in offset)


def _apart(truth: Labels, prediction: Labels) -> str:
    differing = []
    for name in _TRANSFORMS:
        mine, theirs = (np.asarray(getattr(x, name)) for x in (truth, prediction))
        if mine.shape != theirs.shape or not np.allclose(mine, theirs):
            described = f"{name} {_numbers(mine)} and {_numbers(theirs)}"
            differing.append(described if mine.ndim == 1 else name)
    return (
        f"“{truth.name}” and “{prediction.name}” do not lie on each other; they differ "
        f"in {', '.join(differing) or 'their place'}. Give both the same transform, or "
        "pick two layers of the same image."
    )


def _slice(truth: Labels, dims: Any, box: Box, words: str) -> tuple[Box, str]:
    """Cut `box` to the slice that is shown, and say which it is."""
    surplus = dims.ndim - truth.ndim
    point = np.rint(truth.world_to_data(dims.point)).astype(int)
    cut = list(box)
    places = []
    for axis in range(truth.ndim):
        if axis + surplus in dims.displayed:
            continue
        start, stop = box[axis]
        if not start <= point[axis] < stop:
            msg = (
                "The slice that is shown lies outside the labels. Move the slider, or "
                "score the whole."
            )
            raise InputError(msg)
        cut[axis] = (int(point[axis]), int(point[axis]) + 1)
        places.append(_place(truth, axis, int(point[axis])))
    if not places:
        return cut, words
    return cut, "Slice " + ", ".join(places)


def _view(truth: Labels, viewer: Any, box: Box) -> tuple[Box, str]:
    """Cut `box` to what is in view, and say so."""
    # Labels have no channels, whatever their other axes are called.
    shown = region_of(viewer, truth, "?" * truth.ndim, "visible region")
    words = "What is in view"
    if shown is None:
        return box, words
    return _within(box, dict(enumerate(shown))), words


def _within(box: Box, limits: Mapping[int, tuple[int, int]]) -> Box:
    return [
        (max(start, limits[axis][0]), min(stop, limits[axis][1]))
        if axis in limits
        else (start, stop)
        for axis, (start, stop) in enumerate(box)
    ]


def _place(layer: Labels, axis: int, index: int) -> str:
    label = str(layer.axis_labels[axis])
    # Axes without a name are called "-3", "-2", "-1".
    return f"{label.upper()} = {index}" if label.isalpha() else str(index)


def _times(shape: Sequence[int]) -> str:
    return " × ".join(str(n) for n in shape)


def _numbers(values: npt.NDArray[Any]) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in values.ravel()) + ")"
