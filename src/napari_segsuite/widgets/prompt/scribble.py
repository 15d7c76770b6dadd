"""The layer in which a rough mask is painted with napari's own brush."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import CyclicLabelColormap
from psygnal import Signal
from qtpy.QtCore import QObject

from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.widgets.layers import plane_result
from napari_segsuite.widgets.prompt.picture import Picture
from napari_segsuite.widgets.prompt.timers import single_shot

# Yellow of Okabe and Ito, which neither the masks' fill nor the points have.
_COLORS: Final = ((0.0, 0.0, 0.0, 0.0), (0.94, 0.89, 0.26, 0.8))


class Scribble(QObject):
    """Mirrors the rough mask of the plane in view, and tells when users paint it.

    Parameters
    ----------
    layers : napari.components.LayerList
        The viewer's layers.
    parent : QObject
        What it ends with.
    """

    painted = Signal()
    """The user painted, erased, undid or redid; `mask` says what is there."""

    def __init__(self, layers: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._layers = layers
        self._layer: Labels | None = None
        self._shown: MaskRuns | None = None
        self._soon = single_shot(self, self._look, 0)

    @property
    def layer(self) -> Labels | None:
        """The layer, if it is in the viewer."""
        return self._layer if self._layer in self._layers else None

    @property
    def mask(self) -> MaskRuns | None:
        """What is painted; None if nothing is."""
        layer = self.layer
        found = None if layer is None else MaskRuns.of(np.asarray(layer.data) > 0)
        return found if found is not None and found.area else None

    def begin(self, picture: Picture) -> None:
        """Have the layer, and the brush in hand."""
        layer = self.layer
        if layer is None:
            layer = plane_result(
                np.zeros(picture.plane_shape, np.uint8),
                like=picture.image,
                axes=picture.axes,
                name=f"{picture.image.name} scribble",
                provenance={"preview": True},
            )
            layer.colormap = CyclicLabelColormap(colors=np.array(_COLORS))
            layer.brush_size = max(3, min(picture.plane_shape) // 60)
            self._layers.append(layer)
            self._layer, self._shown = layer, None
            layer.events.paint.connect(self._on_paint)
            layer.events.set_data.connect(self._on_paint)
        self._layers.selection.active = layer
        layer.selected_label = 1
        layer.mode = "paint"

    def show(self, mask: MaskRuns | None) -> None:
        """Show the rough mask of the plane in view."""
        layer = self.layer
        if layer is None or mask == self._shown or self._soon.isActive():
            return
        self._shown = mask
        layer.data[...] = 0 if mask is None else mask.on_plane(layer.data.shape)
        layer.refresh(extent=False, thumbnail=False, highlight=False)
        self._soon.stop()

    def remove(self) -> None:
        """Take the layer out of the viewer."""
        layer, self._layer, self._shown = self.layer, None, None
        if layer is not None:
            self._layers.remove(layer)

    def _on_paint(self, _event: Any = None) -> None:
        # Before napari has written the pixels, and for slices that only pass by.
        self._soon.start()

    def _look(self) -> None:
        mask = self.mask
        if self.layer is not None and mask != self._shown:
            self._shown = mask
            self.painted.emit()
