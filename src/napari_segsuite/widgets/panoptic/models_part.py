"""The part of the Panoptic dock that picks two models and an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from napari.layers import Image
from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget

from napari_segsuite.data.classes import ClassTable
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.prediction import Region
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, form
from napari_segsuite.widgets.image_choice import ImageChoice
from napari_segsuite.widgets.panoptic.models import (
    ClassModelPicker,
    ObjectModelPicker,
)
from napari_segsuite.widgets.regions import RegionKind, region_of
from napari_segsuite.widgets.session import Session


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
        self.choice = ImageChoice(self._viewer, self)
        self.region = QComboBox()
        self.region.setMinimumContentsLength(4)
        for kind in get_args(RegionKind):
            self.region.addItem(kind, kind)
        fields = form()
        tip = "A model that learned classes, such as background and tissue."
        add_field(fields, "Classes", tip, self.model)
        tip = "A model that finds objects: a U-Net that learned them, or Mask R-CNN."
        add_field(fields, "Objects", tip, self.objects)
        self.choice.add_image(fields, "The image to predict.")
        tip = "How much of the image to predict."
        add_field(fields, "Region", tip, self.region)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(fields)
        self._connections = Connections(self)
        for signal, slot in (
            (self.choice.changed, self._tell),
            (self.model.changed, self._tell),
            (self.objects.changed, self._tell),
        ):
            self._connections.add(signal, slot)

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
        image = self.choice.chosen()
        for picker in (self.model, self.objects):
            picker.check(image.channels, image.axes)
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
            images=image.images,
            axes=image.axes,
            region=region_of(self._viewer, image.layer, image.axes, kind),
        )

    def _tell(self, _event: object = None) -> None:
        self.changed.emit()
