"""The part of the Panoptic dock that picks two models and an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from napari.layers import Image
from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.prediction import Region
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, form
from napari_segsuite.widgets.layer_picker import ChannelPicker, LayerPicker
from napari_segsuite.widgets.layers import image_axes, is_result
from napari_segsuite.widgets.panoptic.models import (
    ClassModelPicker,
    ObjectModelPicker,
)
from napari_segsuite.widgets.regions import RegionKind, region_of
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.snapshots import channel_count


@dataclass(frozen=True)
class Chosen:
    """Two models, and what they are to be run on."""

    model: Path
    """The folder of the model of classes."""
    objects: Path
    """The folder of the model of objects."""
    images: tuple[Image, ...]
    """The image; several layers are its channels."""
    axes: str
    """The axes of each of them."""
    region: Region | None
    """(start, stop) per axis of the labels; None for everything."""


class ModelsPart(QWidget):
    """Picks a model of classes, one of objects, and what of which image to predict."""

    changed = Signal()
    """Another model, image or region is chosen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = session.viewer
        self.model = ClassModelPicker(session)
        self.objects = ObjectModelPicker(session)
        self.image = LayerPicker(
            self._viewer, lambda la: isinstance(la, Image) and not is_result(la)
        )
        self.channels = ChannelPicker(self._viewer)
        self.region = QComboBox()
        self.region.setMinimumContentsLength(4)
        for kind in get_args(RegionKind):
            self.region.addItem(kind, kind)
        self.axes = QLineEdit()
        fields = form()
        tip = "A model that learned classes, such as background and tissue."
        add_field(fields, "Classes", tip, self.model)
        tip = "A model that finds objects: a U-Net that learned them, or Mask R-CNN."
        add_field(fields, "Objects", tip, self.objects)
        add_field(fields, "Image", "The image to predict.", self.image)
        fields.addRow(self.channels)
        tip = "How much of the image to predict."
        add_field(fields, "Region", tip, self.region)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(fields)
        self._connections = Connections(self)
        for signal, slot in (
            (self.image.picked, self._image_picked),
            (self.channels.changed, self._tell),
            (self.model.changed, self._tell),
            (self.objects.changed, self._tell),
        ):
            self._connections.add(signal, slot)
        self.axes.textChanged.connect(self._tell)
        self._image_picked()

    @property
    def classes(self) -> ClassTable:
        """The classes of the first model; none without a model."""
        entry = self.model.entry
        return () if entry is None else entry.card.classes

    def chosen(self) -> Chosen:
        """Return the models and the image, if both can work on it.

        Raises
        ------
        InputError
            If something is missing or does not fit; the message says what to do.
        """
        image = self.image.layer
        if image is None:
            msg = "Open an image first: drop a file here, or File ▸ Open Sample."
            raise InputError(msg)
        axes = self.axes.text().strip().upper() or image_axes(image)
        images = self.channels.with_image(image)
        channels = channel_count(images, axes)
        for picker in (self.model, self.objects):
            picker.check(channels, axes)
        if self.model.entry is None:
            msg = (
                "Two models are needed. Train one on classes first, such as background "
                "and tissue."
            )
            raise InputError(msg)
        if self.objects.entry is None:
            msg = (
                "Two models are needed. Train one on objects first: in the Train dock "
                "with “Each id is an object”, or in the Instances dock."
            )
            raise InputError(msg)
        kind = cast(RegionKind, self.region.currentData())
        return Chosen(
            model=self.model.entry.folder,
            objects=self.objects.entry.folder,
            images=images,
            axes=axes,
            region=region_of(self._viewer, image, axes, kind),
        )

    def _image_picked(self, _layer: Any = None) -> None:
        image = self.image.layer
        self.channels.offer_for(image)
        try:
            self.axes.setText("" if image is None else image_axes(image))
        except InputError:
            self.axes.setText("")
        self._tell()

    def _tell(self, _event: object = None) -> None:
        self.changed.emit()
