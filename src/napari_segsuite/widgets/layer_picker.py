"""Pick layers of the viewer: one of a kind, or some more as channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.layers import Image, Layer
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QListWidget, QListWidgetItem, QWidget

from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.layers import is_result


class LayerPicker(QComboBox):
    """A list of the viewer's layers of some kind, the topmost first.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers; found by itself, not by where the widget lies.
    accepts : callable
        Whether a layer is offered.
    prefers : callable, optional
        Which layers may be chosen while the user has not chosen.
    """

    picked = Signal(object)
    """Another layer is chosen (or None), by the user or because one is gone."""

    def __init__(
        self,
        viewer: Any,
        accepts: Callable[[Layer], bool],
        *,
        prefers: Callable[[Layer], bool] = lambda _: True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._accepts = accepts
        self._prefers = prefers
        self._offered: list[Layer] = []
        self._last: Layer | None = None
        # A long layer name must not widen the dock.
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(4)
        self.currentIndexChanged.connect(self._changed)
        self._connections = Connections(self)
        events = viewer.layers.events
        for event in (
            events.inserted,
            events.removed,
            events.reordered,
            events.renamed,
        ):
            self._connections.add(event, self.refresh)
        self.refresh()

    @property
    def layer(self) -> Any:
        """The chosen layer, or None."""
        index = self.currentIndex()
        return self._offered[index] if 0 <= index < len(self._offered) else None

    def choose(self, layer: Layer) -> None:
        """Choose a layer, if it is offered."""
        self.refresh()
        if layer in self._offered:
            self.setCurrentIndex(self._offered.index(layer))

    def refresh(self) -> None:
        """Show the layers as they are now; keep the choice where it can be kept."""
        chosen = self.layer
        self.blockSignals(True)
        self._offered = [
            la for la in reversed(self._viewer.layers) if self._accepts(la)
        ]
        self.clear()
        self.addItems([layer.name for layer in self._offered])
        if chosen not in self._offered:
            preferred = [layer for layer in self._offered if self._prefers(layer)]
            chosen = next(iter(preferred), None)
        self.setCurrentIndex(-1 if chosen is None else self._offered.index(chosen))
        self.blockSignals(False)
        self._changed()

    def _changed(self) -> None:
        self.setToolTip(self.currentText())
        if self.layer is not self._last:
            self._last = self.layer
            self.picked.emit(self.layer)


class ChannelPicker(QListWidget):
    """Other image layers of the same shape, to be ticked as further channels.

    Hidden while there are none.
    """

    changed = Signal()
    """Another set of layers is ticked."""

    def __init__(self, viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._image: Image | None = None
        self._offered: list[Image] = []
        self.setToolTip("Layers of the same shape: tick those that are channels too.")
        self.itemChanged.connect(self._ticked)
        self._connections = Connections(self)
        events = viewer.layers.events
        for event in (
            events.inserted,
            events.removed,
            events.reordered,
            events.renamed,
        ):
            self._connections.add(event, self._refresh)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(60)
        self.hide()

    @property
    def ticked(self) -> tuple[Image, ...]:
        """The ticked layers, in the order of the layer list."""
        return tuple(
            layer
            for row, layer in enumerate(self._offered)
            if self.item(row).checkState() == Qt.CheckState.Checked
        )

    def with_image(self, image: Image) -> tuple[Image, ...]:
        """Return the image and the ticked layers, in the order of the layer list."""
        chosen = {image, *self.ticked}
        return tuple(layer for layer in self._viewer.layers if layer in chosen)

    def offer_for(self, image: Image | None) -> None:
        """Offer the layers that can be channels beside `image`."""
        self._image = image
        self._refresh()

    def _refresh(self) -> None:
        ticked = self.ticked
        self.blockSignals(True)
        self.clear()
        self._offered = [la for la in self._viewer.layers if self._fits(la)]
        for layer in self._offered:
            item = QListWidgetItem(f"also channel: {layer.name}")
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled)
            on = layer in ticked
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.addItem(item)
        self.blockSignals(False)
        self.setVisible(bool(self._offered))
        if self._offered:
            height = min(4, len(self._offered)) * self.sizeHintForRow(0)
            self.setFixedHeight(height + 2 * self.frameWidth() + 4)
        if self.ticked != ticked:
            self.changed.emit()

    def _ticked(self, _item: QListWidgetItem) -> None:
        self.changed.emit()

    def _fits(self, layer: Layer) -> bool:
        image = self._image
        return (
            image is not None
            and layer is not image
            and isinstance(layer, Image)
            and not image.rgb
            and not layer.rgb
            and not is_result(layer)
            and layer.ndim == image.ndim
            and tuple(layer.level_shapes[0]) == tuple(image.level_shapes[0])
        )
