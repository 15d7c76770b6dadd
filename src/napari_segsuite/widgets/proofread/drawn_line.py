"""The line that is being drawn, shown over the labels while the mouse is down."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import CyclicLabelColormap
from numpy.typing import NDArray

from napari_segsuite.data.proofreading.strokes import stroke_pixels
from napari_segsuite.widgets.layers import METADATA_KEY, placement

# Vermilion of Okabe and Ito (2008): seen on dark and on light pictures.
_COLORS: Final = ((0.0, 0.0, 0.0, 0.0), (0.84, 0.37, 0.0, 1.0))


class DrawnLine:
    """A layer of labels with the pixels of one line, empty while none is drawn.

    Pixels, as they need no more of the graphics driver than labels do: where one draws
    in software, points and shapes that change within a stroke have crashed it.

    Parameters
    ----------
    layers : napari.components.LayerList
        The viewer's layers.
    """

    def __init__(self, layers: Any) -> None:
        self._layers = layers
        self._layer: Labels | None = None
        self._drawn: tuple[NDArray[np.intp], ...] = ()

    def prepare(self, labels: Labels) -> None:
        """Have the layer, lying on the last two axes of these labels."""
        self.remove()
        active = self._layers.selection.active
        # Other axes are left out: the line shows on every slice.
        axes = "C" * (labels.ndim - 2) + "YX"
        self._layer = Labels(
            np.zeros(labels.data.shape[-2:], np.uint8),
            name="proofreading line",
            colormap=CyclicLabelColormap(colors=np.array(_COLORS)),
            metadata={METADATA_KEY: {"overlay": True}},
            **placement(labels, axes, (0, 0)),
        )
        self._layers.append(self._layer)
        # The tools act while the labels are the active layer.
        self._layers.selection.active = active

    def show(self, line: NDArray[np.float64]) -> None:
        """Show the line between two places (row, column) of the plane."""
        layer = self._layer
        if layer is None:
            return
        self.hide()
        shape = layer.data.shape
        # Wide enough to be seen where the whole of a large image is in view.
        width = np.arange(max(1, max(shape) // 300))
        thick = np.stack(np.meshgrid(width, width), axis=-1).reshape(-1, 1, 2)
        pixels = (stroke_pixels(line, shape)[None] + thick).reshape(-1, 2)
        self._drawn = tuple(np.minimum(pixels, np.subtract(shape, 1)).T)
        layer.data_setitem(self._drawn, 1)

    def hide(self) -> None:
        """Show no line."""
        if self._layer is not None and self._drawn:
            self._layer.data_setitem(self._drawn, 0)
        self._drawn = ()

    def remove(self) -> None:
        """Take the layer away, if the user has not."""
        if self._layer is not None and self._layer in self._layers:
            self._layers.remove(self._layer)
        self._layer, self._drawn = None, ()
