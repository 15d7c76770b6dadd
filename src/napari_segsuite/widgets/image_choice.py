"""What is worked on: an image, the layers that are its channels, and its axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari.layers import Image
from psygnal import Signal
from qtpy.QtWidgets import QFormLayout, QLineEdit, QWidget

from napari_segsuite.errors import InputError
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field
from napari_segsuite.widgets.layer_picker import ChannelPicker, LayerPicker
from napari_segsuite.widgets.layers import image_axes, is_result
from napari_segsuite.widgets.snapshots import channel_count


@dataclass(frozen=True)
class ChosenImage:
    """An image that a network can read."""

    layer: Image
    """The layer that was picked."""
    images: tuple[Image, ...]
    """It and the layers ticked as channels, in the order of the layer list."""
    axes: str
    """The axes of each of them."""
    channels: int
    """Channels that they make together."""


class ImageChoice:
    """Three widgets that choose an image, its channels and its axes.

    It is no widget itself: image and channels stand at the top of a dock, the axes
    under "Advanced", often in another panel.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose images are offered; results are not.
    parent : QWidget
        The panel that the choice is for, and ends with.
    """

    changed = Signal()
    """Another image, set of channels or text of axes is chosen."""

    def __init__(self, viewer: Any, parent: QWidget) -> None:
        # The channels show themselves once there are some: without a parent, as a
        # window of their own.
        self.image = LayerPicker(
            viewer,
            lambda la: isinstance(la, Image) and not is_result(la),
            parent=parent,
        )
        self.channels = ChannelPicker(viewer, parent)
        # Where no one asks for the axes they must not show, hence no parent yet.
        self.axes = QLineEdit()
        self._connections = Connections(parent)
        self._connections.add(self.image.picked, self._image_picked)
        self._connections.add(self.channels.changed, self._tell)
        self.axes.textChanged.connect(self._tell)
        self._image_picked()

    def add_image(self, to: QFormLayout, tip: str) -> None:
        """Add the image and its channels to a form; `tip` says what it is for."""
        add_field(to, "Image", tip, self.image)
        to.addRow(self.channels)

    def add_axes(self, to: QFormLayout) -> None:
        """Add the axes to a form."""
        tip = "What each axis of the image is: T time, C channel, Z depth, Y, X."
        add_field(to, "Axes", tip, self.axes)

    def axes_of(self, image: Image) -> str:
        """Return the axes of the image picked, as typed; guessed if none are.

        Raises
        ------
        InputError
            If none are typed, and the image has a number of dimensions that is not
            understood.
        """
        return str(self.axes.text()).strip().upper() or image_axes(image)

    def chosen(self) -> ChosenImage:
        """Return what is chosen, if a network can read it.

        Raises
        ------
        InputError
            If no image is open, the axes do not fit, or the channels do not fit
            together; the message says what to do.
        """
        layer = self.image.layer
        if layer is None:
            msg = "Open an image first: drop a file here, or File ▸ Open Sample."
            raise InputError(msg)
        axes = self.axes_of(layer)
        images = self.channels.with_image(layer)
        return ChosenImage(layer, images, axes, channel_count(images, axes))

    def _image_picked(self, _layer: object = None) -> None:
        image = self.image.layer
        # Told once, at the end: before, the axes are those of another image.
        with self.changed.blocked():
            self.channels.offer_for(image)
            try:
                self.axes.setText("" if image is None else image_axes(image))
            except InputError:
                self.axes.setText("")
        self._tell()

    def _tell(self, _event: object = None) -> None:
        self.changed.emit()
