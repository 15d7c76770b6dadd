"""The layer that shows what the network thinks of the slice in view, as it learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import ref

import numpy as np
from napari.layers import Image, Labels
from numpy.typing import NDArray

from napari_segsuite.data.axes import without_channels
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.widgets.layers import label_shape, labels_result


class PreviewLayer:
    """One preview layer; made with the first preview, left alone once it is deleted.

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
        Names and colours.
    """

    def __init__(
        self,
        viewer: Any,
        image: Image,
        axes: str,
        painting: Labels,
        classes: Sequence[ClassInfo],
    ) -> None:
        self.layer: Labels | None = None
        self.edited = False
        """Whether the user has painted in it: it is theirs then."""
        # Nothing here keeps a closed viewer, or after `release` a deleted image, alive.
        self._viewer = ref(viewer)
        self._same_image = ref(image)
        self._image: Image | None = image
        self._axes = axes
        self._painting: Labels | None = painting
        self._classes = tuple(classes)

    @property
    def is_open(self) -> bool:
        """Whether the layer is in the viewer: people may delete it."""
        viewer = self._viewer()
        return viewer is not None and self.layer in viewer.layers

    def shows(self, image: Image) -> bool:
        """Whether this is the preview of `image`."""
        return self._same_image() is image

    def release(self) -> None:
        """Let go of the layers it was made from; no more previews will come."""
        self._image = self._painting = None

    def take_over(self, other: PreviewLayer | None) -> None:
        """Go on in the layer of an earlier preview, unless the user painted in it."""
        if other is None or other.layer is None or other.edited:
            return
        image = self._image
        if image is None or not other.shows(image) or not other.is_open:
            return
        layer = other.layer
        if layer.data.shape == label_shape(image, self._axes):
            layer.data = np.zeros_like(layer.data)
            self._adopt(layer)
            self.set_classes(self._classes)

    def show(self, labels: NDArray[Any], frame: Sequence[int]) -> None:
        """Show a prediction.

        Parameters
        ----------
        labels : ndarray of int
            Ids over the spatial axes that the network sees.
        frame : sequence of int
            Where along the other axes (T, Z), in their order.
        """
        if self.layer is None:
            self._make()
        layer = self.layer
        if layer is None or not self.is_open:
            return
        where = self._where(labels.ndim, frame)
        if where is None or layer.data[where].shape != labels.shape:
            return
        layer.data[where] = labels
        layer.refresh(extent=False)

    def set_classes(self, classes: Sequence[ClassInfo]) -> None:
        """Draw with these classes from now on."""
        self._classes = tuple(classes)
        if self.layer is not None and self._image is not None:
            fresh = self._new_layer(self._image, self.layer.data)
            self.layer.colormap = fresh.colormap
            self.layer.features = fresh.features
            self.layer.metadata = fresh.metadata

    def _where(
        self, network_ndim: int, frame: Sequence[int]
    ) -> tuple[int | slice, ...] | None:
        """Return the index of a frame in the layer's data."""
        letters = "TZ" if network_ndim == 2 else "T"
        axes = without_channels(self._axes)
        if len(frame) != sum(letter in letters for letter in axes):
            return None
        indices = iter(frame)
        return tuple(
            int(next(indices)) if letter in letters else slice(None) for letter in axes
        )

    def _make(self) -> None:
        image, viewer = self._image, self._viewer()
        if image is None or viewer is None:
            return
        shape = label_shape(image, self._axes)
        # Zeros cost no memory until a slice is written.
        layer = self._new_layer(image, np.zeros(shape, np.int32))
        layers = viewer.layers
        selected, active = set(layers.selection), layers.selection.active
        here = self._painting in layers
        layers.insert(layers.index(self._painting) if here else len(layers), layer)
        layers.selection = selected
        layers.selection.active = active
        self._adopt(layer)

    def _new_layer(self, image: Image, array: NDArray[Any]) -> Labels:
        layer = labels_result(
            array,
            like=image,
            axes=self._axes,
            offset=(0,) * array.ndim,
            name=f"{image.name} preview",
            classes=self._classes,
            provenance={"preview": True},
        )
        layer.opacity = 0.5
        return layer

    def _adopt(self, layer: Labels) -> None:
        self.layer = layer
        layer.events.paint.connect(self._on_paint)

    def _on_paint(self, _event: object = None) -> None:
        self.edited = True
