"""Which pixels of two Labels layers are compared, decided without a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from napari.layers import Labels

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.layers import full_resolution, is_result

Scope = Literal["whole", "slice"]
Window = tuple[slice, ...]

# How far two layers may lie apart, in pixels, and still be compared.
_SAME_PLACE = 0.05
_TRANSFORMS = ("scale", "translate", "rotate", "shear", "affine")


class ArrayPart:
    """A window of an array that is read only when it is sliced.

    Parameters
    ----------
    array : array
        Numpy, zarr, Dask: anything with `shape`, `dtype` and slicing.
    window : tuple of slice
        One slice with start and stop per axis.
    """

    def __init__(self, array: Any, window: Window) -> None:
        self._array = array
        self._window = window
        self.dtype = np.dtype(array.dtype)
        self.shape = tuple(part.stop - part.start for part in window)

    def __getitem__(self, inner: Window) -> npt.NDArray[Any]:
        """Return the pixels of `inner`, whose slices have start and stop."""
        outer = tuple(
            slice(part.start + cut.start, part.start + cut.stop)
            for part, cut in zip(self._window, inner, strict=True)
        )
        return np.asarray(self._array[outer])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two arrays of one shape that can be scored, and what they are in words.

    Parameters
    ----------
    truth, prediction : array
        Lazy where the layers are.
    where : str
        For people: "Whole stack", "Slice Z = 12".
    """

    truth: Any
    prediction: Any
    where: str


def compare(truth: Labels, prediction: Labels, dims: Any, scope: Scope) -> Comparison:
    """Return what is to be compared; nothing is read yet.

    Parameters
    ----------
    truth, prediction : Labels
        Layers of one image: the same shape and transform. A result for a region of
        the image may be smaller, if it lies pixel on pixel inside.
    dims : napari.components.Dims
        Where the viewer is.
    scope : {"whole", "slice"}
        Everything, or the slice that is shown; in the 3D view that is the volume.

    Raises
    ------
    InputError
        If the layers do not fit each other or are not in view.
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
    if scope == "slice":
        box, words = _slice(truth, dims, box, words)
    if true_array.shape == pred_array.shape and scope == "whole":
        return Comparison(true_array, pred_array, words)
    true_window = tuple(slice(start, stop) for start, stop in box)
    pred_window = tuple(
        slice(start - shift, stop - shift)
        for (start, stop), shift in zip(box, offset, strict=True)
    )
    return Comparison(
        ArrayPart(true_array, true_window), ArrayPart(pred_array, pred_window), words
    )


def guess_pair(layers: Sequence[Labels]) -> tuple[Labels | None, Labels | None]:
    """Return the layers most likely meant as truth and as prediction.

    The newest result of a model is the prediction; without any, the upper layer. The
    truth is a layer of the same shape that is no result, one that is called so first.
    """
    results = [layer for layer in layers if _is_prediction(layer)]
    if results:
        prediction = results[-1]
    elif len(layers) > 1:
        unnamed = [layer for layer in layers if not _called_truth(layer)]
        prediction = unnamed[-1] if unnamed else layers[-1]
    else:
        return (layers[0] if layers else None), None
    others = [layer for layer in layers if layer is not prediction]
    others.sort(
        key=lambda layer: (
            _is_prediction(layer),
            layer.ndim != prediction.ndim,
            full_resolution(layer).shape != full_resolution(prediction).shape,
            not _called_truth(layer),
        )
    )
    return (others[0] if others else None), prediction


def _is_prediction(layer: Labels) -> bool:
    # A sample's truth counts as a result too: neither is to be learned from.
    return is_result(layer) and not _called_truth(layer)


def _called_truth(layer: Labels) -> bool:
    return "truth" in layer.name.lower()


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


def _slice(
    truth: Labels, dims: Any, box: list[tuple[int, int]], words: str
) -> tuple[list[tuple[int, int]], str]:
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


def _place(layer: Labels, axis: int, index: int) -> str:
    label = str(layer.axis_labels[axis])
    # Axes without a name are called "-3", "-2", "-1".
    return f"{label.upper()} = {index}" if label.isalpha() else str(index)


def _times(shape: Sequence[int]) -> str:
    return " × ".join(str(n) for n in shape)


def _numbers(values: npt.NDArray[Any]) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in values.ravel()) + ")"
