"""The layer that shows what the network thinks of the slice in view, as it learns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final
from weakref import ref

import numpy as np
from napari.layers import Image, Labels
from numpy.typing import NDArray

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.widgets.layers import label_shape, labels_result, placement

# A layer of larger slices opens with one pixel: it would be long in drawing nothing.
_MOST_PIXELS: Final = 1 << 20


class PreviewLayer:
    """One preview layer: opened empty, filled by the first preview.

    napari takes a while to add a layer, and to draw it for the first time: opened
    before the worker begins, it has only its pixels changed while that works. Of large
    images it holds a part, and moves with it.

    Parameters
    ----------
    viewer : napari.Viewer
        Where it is shown.
    image : Image
        The image, which may be deleted meanwhile.
    axes : str
        The axes of the image.
    painting : Labels
        The strokes; the preview lies below them and never takes the selection.
    classes : sequence of ClassInfo
        Names and colours; without any, previews hold objects.
    before : PreviewLayer, optional
        An earlier preview. If it is of the same image, still open, and the user has
        not painted in it, its layer is used again; it shows what it did until the
        first preview comes.
    """

    def __init__(
        self,
        viewer: Any,
        image: Image,
        axes: str,
        painting: Labels,
        classes: Sequence[ClassInfo],
        before: PreviewLayer | None = None,
    ) -> None:
        self.edited = False
        """Whether the user has painted in it: it is theirs then."""
        self.empty = True
        """Whether it has shown nothing yet."""
        # Nothing here keeps a closed viewer, or after `release` a deleted image, alive.
        self._viewer = ref(viewer)
        self._same_image = ref(image)
        self._image: Image | None = image
        self._axes = axes
        self._shape = label_shape(image, axes)
        self._painting: Labels | None = painting
        self.classes = tuple(classes)
        """Names and colours that it is drawn with."""
        self._place: tuple[tuple[int, ...], tuple[int, ...]] | None = None
        self.aside = False
        """Whether it was hidden by what came after it."""
        self.layer = self._new_layer(image)
        if before is not None and before.goes_on(image, len(self._shape)):
            self.layer, fresh, self.empty = before.layer, self.layer, False
            if before.aside:
                self.layer.visible = True
            if self.classes != before.classes:
                _draw_like(self.layer, fresh)
        else:
            self._place = self.layer.data.shape, (0,) * len(self._shape)
        self.layer.events.paint.connect(self._on_paint)

    @property
    def is_open(self) -> bool:
        """Whether the layer is in the viewer: people may delete it."""
        viewer = self._viewer()
        return viewer is not None and self.layer in viewer.layers

    def goes_on(self, image: Image, ndim: int) -> bool:
        """Whether its layer will do for another training on `image`."""
        return (
            self.layer.ndim == ndim
            and not self.edited
            and self._same_image() is image
            and self.is_open
        )

    def open(self) -> None:
        """Add the layer to the viewer; the selection stays."""
        viewer = self._viewer()
        if viewer is not None and not self.is_open:
            _insert_below(viewer.layers, self.layer, self._painting)

    def release(self) -> None:
        """Let go of the layers it was made from; no more previews will come.

        A layer that never showed any goes.
        """
        viewer = self._viewer()
        if self.empty and not self.edited and viewer is not None and self.is_open:
            viewer.layers.remove(self.layer)
        self._image = self._painting = None

    def show(
        self, labels: NDArray[Any], frame: Sequence[int], start: Sequence[int]
    ) -> None:
        """Show a prediction.

        Parameters
        ----------
        labels : ndarray of int
            Ids over the spatial axes that the network sees, of all the frame or of a
            part.
        frame : sequence of int
            Where along the other axes (T, Z), in their order.
        start : sequence of int
            Where along the spatial axes the part starts.
        """
        layer, image = self.layer, self._image
        if image is None or self.edited or not self.is_open:
            return
        shape, offset = list(self._shape), [0] * len(self._shape)
        where: list[int | slice] = [slice(None)] * len(self._shape)
        leading, spatial = self._dims(labels.ndim)
        if len(leading) != len(frame) or len(spatial) != labels.ndim:
            return
        for dim, index in zip(leading, frame, strict=True):
            where[dim] = index
        for dim, size, first in zip(spatial, labels.shape, start, strict=True):
            shape[dim], offset[dim] = size, first
        place = tuple(shape), tuple(offset)
        if place == self._place and layer.data.shape == tuple(shape):
            layer.data[tuple(where)] = labels
            layer.refresh(extent=False)
        else:
            self._place = place
            # Zeros cost no memory until a slice is written.
            array = np.zeros(shape, np.int32)
            array[tuple(where)] = labels
            layer.data = array
            there = placement(image, self._axes, offset)
            for name in ("scale", "translate"):
                if not np.array_equal(getattr(layer, name), there[name]):
                    setattr(layer, name, there[name])
        self.empty = False

    def step_aside(self, image: Image) -> None:
        """Hide, if it is of `image`: what lies over it now is better.

        The next training shows it again, as the eye in the layer list does.
        """
        if not self.empty and self.goes_on(image, self.layer.ndim):
            self.aside = True
            self.layer.visible = False

    def set_classes(self, classes: Sequence[ClassInfo]) -> None:
        """Draw with these classes from now on."""
        if tuple(classes) != self.classes and self._image is not None:
            self.classes = tuple(classes)
            _draw_like(self.layer, self._new_layer(self._image))

    def _dims(self, network_ndim: int) -> tuple[list[int], list[int]]:
        """Return the dimensions that the network does not see, and those it does."""
        letters = "TZ" if network_ndim == 2 else "T"
        axes = without_channels(self._axes)
        return (
            [dim for dim, letter in enumerate(axes) if letter in letters],
            [dim for dim, letter in enumerate(axes) if letter not in letters],
        )

    def _new_layer(self, image: Image) -> Labels:
        _, plane = self._dims(2)
        small = math.prod(self._shape[dim] for dim in plane) <= _MOST_PIXELS
        layer = labels_result(
            np.zeros(self._shape if small else (1,) * len(self._shape), np.int32),
            like=image,
            axes=self._axes,
            offset=(0,) * len(self._shape),
            name=f"{image.name} preview",
            classes=self.classes,
            provenance={"preview": True},
        )
        layer.opacity = 0.5
        return layer

    def _on_paint(self, _event: object = None) -> None:
        self.edited = True


def _draw_like(layer: Labels, other: Labels) -> None:
    layer.colormap = other.colormap
    layer.features = other.features
    layer.metadata = other.metadata


def _insert_below(layers: Any, layer: Labels, upper: Labels | None) -> None:
    """Insert a layer below another one; the selection stays."""
    selected = set(layers.selection)
    # napari selects what is inserted and would show its controls, only for us to turn
    # back to the painting: that takes half as long again, and leaves paint mode.
    with layers.selection.events.blocker_all():
        layers.insert(layers.index(upper) if upper in layers else len(layers), layer)
        layers.selection = selected
