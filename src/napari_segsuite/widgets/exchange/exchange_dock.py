"""The dock "Import and export": COCO, COCO panoptic, ImageJ."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, cast

from napari.layers import Image, Labels
from qtpy.QtWidgets import QCheckBox, QComboBox, QFileDialog, QFormLayout, QLabel

from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.jobs.exchange import Format, Shape
from napari_segsuite.jobs.prediction import Region
from napari_segsuite.widgets.dock import Dock, add_field, button, form
from napari_segsuite.widgets.exchange.exchanging import (
    Exchanging,
    ExportRequest,
    ImportRequest,
)
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.layer_segments import labels_axes
from napari_segsuite.widgets.layers import is_overlay, is_result
from napari_segsuite.widgets.regions import region_of
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.status_view import StatusView

_FORMATS: Final = (
    ("COCO instances", "coco"),
    ("COCO panoptic", "panoptic"),
    ("ImageJ ROIs", "imagej"),
)
_OPENED: Final = {
    "coco": "COCO instances (*.json)",
    "panoptic": "COCO panoptic (*.json)",
    "imagej": "ImageJ ROIs (*.zip *.roi)",
}
_SUFFIXES: Final = {"coco": ".json", "panoptic": "", "imagej": ".zip"}
_IMPORT: Final = "Read a file; its labels become new layers."
_EXPORT: Final = "Write the labels for another program."
_NO_IMAGE: Final = (
    "ROIs of ImageJ do not say how large their image is. Open the image first."
)
_NO_LABELS: Final = "There is no Labels layer to export."


class ExchangeDock(Dock):
    """Bring labels in from other programs, and out to them."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__(napari_viewer, session)
        self.work = self.session.shared(Exchanging)
        self._build()
        for signal, slot in (
            (self.image.picked, self._refresh),
            (self.labels.picked, self._refresh),
            (self.work.changed, self._enable),
        ):
            self.connections.add(signal, slot)
        self.format.currentIndexChanged.connect(self._refresh)
        self.every_image.toggled.connect(self._refresh)
        self._refresh()

    def warm_up(self) -> None:
        """Start nothing: files are seldom exchanged at once."""

    @property
    def chosen(self) -> Format:
        """The format to read or write."""
        return cast(Format, self.format.currentData())

    def import_file(self, source: Path) -> None:
        """Import a file as new layers."""
        image = self.image.layer
        rois = self.chosen == "imagej"
        try:
            if rois and image is None:
                raise InputError(_NO_IMAGE)
            if self.every_image.isChecked() and not rois:
                image = None
            self.work.import_file(ImportRequest(source, self.chosen, image))
        except SegsuiteError as error:
            self.status.hint(str(error))

    def export_to(self, out: Path, *, overwrite: bool = False) -> None:
        """Export the chosen layer.

        Parameters
        ----------
        out : Path
            The file to make; of COCO's panoptic format, the folder.
        overwrite : bool, optional
            Whether the user agreed to replace the file.
        """
        try:
            layer = self.labels.layer
            if layer is None:
                raise InputError(_NO_LABELS)
            self.work.export_layer(
                ExportRequest(
                    labels=layer,
                    format=self.chosen,
                    out=out,
                    overwrite=overwrite,
                    region=self._region(layer),
                    shape=cast(Shape, self.shape.currentData()),
                )
            )
        except SegsuiteError as error:
            self.status.hint(str(error))

    def _build(self) -> None:
        self.format = QComboBox()
        for text, format_ in _FORMATS:
            self.format.addItem(text, format_)
        self.image = LayerPicker(
            self.viewer, lambda la: isinstance(la, Image) and not is_result(la)
        )
        self.every_image = QCheckBox("every image of the file")
        self.every_image.setToolTip(
            "Import the labels of all images that the file speaks of, not only of the "
            "image above."
        )
        self.import_button = button("Import…", _IMPORT, self._ask_import)
        self.labels = LayerPicker(
            self.viewer, lambda la: isinstance(la, Labels) and not is_overlay(la)
        )
        self.part = QComboBox()
        for text in ("whole layer", "slice shown"):
            self.part.addItem(text, text)
        self.shape = QComboBox()
        self.shape.addItem("run-length code", "rle")
        self.shape.addItem("polygons", "polygons")
        self.export_button = button("Export…", _EXPORT, self._ask_export)
        self.cancel = button("Cancel", "Give up and keep nothing.", self.work.cancel)
        self.status = StatusView(self.work)
        top = form()
        tip = "What the other program reads and writes."
        add_field(top, "Format", tip, self.format)
        incoming = form()
        tip = "The image that the labels in the file belong to."
        add_field(incoming, "For", tip, self.image)
        incoming.addRow(self.every_image)
        self._outgoing = form()
        tip = "The layer to export; classes and scores come from its features."
        add_field(self._outgoing, "Labels", tip, self.labels)
        tip = "COCO's formats know planes only; ImageJ's know stacks."
        add_field(self._outgoing, "Export", tip, self.part)
        tip = "How masks are written; objects with holes are run-length code always."
        add_field(self._outgoing, "Masks", tip, self.shape)
        body = self.body
        body.addLayout(top)
        for title, fields, pressed in (
            ("Bring in", incoming, self.import_button),
            ("Take out", self._outgoing, self.export_button),
        ):
            body.addWidget(QLabel(title))
            body.addLayout(cast(QFormLayout, fields))
            body.addWidget(pressed)
        body.addWidget(self.cancel)
        body.addWidget(self.status)
        body.addStretch(1)

    def _region(self, layer: Labels) -> Region | None:
        if layer.ndim < 3 or self.part.currentText() == "whole layer":
            return None
        return region_of(self.viewer, layer, labels_axes(layer), "current slice")

    def _ask_import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Import labels", "", _OPENED[self.chosen]
        )
        if name:
            self.import_file(Path(name))

    def _ask_export(self) -> None:
        layer, suffix = self.labels.layer, _SUFFIXES[self.chosen]
        if layer is None:
            return
        folder = self.chosen == "panoptic"
        title = "Folder to make" if folder else "Export labels"
        # The dialog asks whether a file is to be replaced; folders never are.
        name, _ = QFileDialog.getSaveFileName(self, title, f"{layer.name}{suffix}")
        if name:
            path = Path(name)
            if suffix and path.suffix.lower() != suffix:
                # The dialog did not ask about this name.
                self.export_to(path.with_name(path.name + suffix))
            else:
                self.export_to(path, overwrite=not folder)

    def _refresh(self, _event: object = None) -> None:
        """Show what the format and the layers leave to choose."""
        layer = self.labels.layer
        stack = layer is not None and layer.ndim > 2
        self._outgoing.setRowVisible(self.part, stack)
        if stack and self.chosen != "imagej":
            self.part.setCurrentText("slice shown")
        self._outgoing.setRowVisible(self.shape, self.chosen == "coco")
        self.every_image.setVisible(self.chosen != "imagej")
        self.status.hint("")
        self._enable()

    def _enable(self) -> None:
        """Enable what can be pressed now; say why what cannot be pressed cannot."""
        busy = self.work.busy
        placed = self.chosen != "imagej" or self.image.layer is not None
        there = self.labels.layer is not None
        for widget, ready, tip, lack in (
            (self.import_button, placed, _IMPORT, _NO_IMAGE),
            (self.export_button, there, _EXPORT, _NO_LABELS),
        ):
            widget.setEnabled(ready and not busy)
            widget.setToolTip(tip if ready else lack)
        self.cancel.setEnabled(busy)
