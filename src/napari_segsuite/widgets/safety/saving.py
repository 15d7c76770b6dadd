"""Save annotations: a layer's labels as a file, whole and read back, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari.layers import Labels
from psygnal import Signal
from qtpy.QtWidgets import QFileDialog, QPushButton, QWidget

from napari_segsuite.data.atomic import refuse_existing
from napari_segsuite.data.axes import guess_axes
from napari_segsuite.data.prompts.record import (
    PromptRecord,
    load_record,
    record_path,
    write_record,
)
from napari_segsuite.errors import SegsuiteError
from napari_segsuite.widgets.layers import METADATA_KEY, full_resolution
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.safety.placed_facts import facts_of
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.snapshots import copy, labels_source

_KINDS = "OME-TIFF (*.ome.tif);;OME-Zarr (*.ome.zarr);;NumPy (*.npy)"
_SUFFIXES = {"zarr": ".ome.zarr", "npy": ".npy", "tif": ".ome.tif"}


class Saving:
    """A button that saves the labels of a layer, and tells how it went.

    Parameters
    ----------
    session : Session
        Whose threads and safety net are used.
    owner : QWidget
        What the file dialog lies over.
    """

    told = Signal(str)
    """Where the labels were saved, or why not."""

    def __init__(self, session: Session, owner: QWidget) -> None:
        self.button = QPushButton("Save…")
        self.button.setToolTip(
            "Save the labels, with their classes, as OME-TIFF or OME-Zarr (or .npy)."
        )
        self.button.setMinimumWidth(
            self.button.fontMetrics().horizontalAdvance("Save…") + 10
        )
        self.button.clicked.connect(self._ask)
        self._session = session
        self._net = session.shared(SafetyNet)
        self._owner = owner
        self._layer: Labels | None = None

    def offer(self, layer: Labels | None) -> None:
        """Save this layer when the button is pressed."""
        self._layer = layer
        self.button.setEnabled(layer is not None)

    def save(self, path: Path, *, overwrite: bool = False) -> None:
        """Save the layer as it is now, in a thread; `told` tells the end.

        Parameters
        ----------
        path : Path
            The file to make, ``.tif``, ``.zarr`` or ``.npy``.
        overwrite : bool, optional
            Whether an existing file may be replaced. It is left as it was if the
            new one cannot be written and read back.
        """
        layer = self._layer
        if layer is None:
            return
        revision = self._net.revision(layer)
        try:
            if not overwrite:
                refuse_existing(path)
            axes = guess_axes(full_resolution(layer).shape, labels=True)
            source = labels_source(layer, axes)
            facts = facts_of(layer)
            prompts = _prompts(layer)
            if prompts is not None and not overwrite:
                refuse_existing(record_path(path))
        except SegsuiteError as error:
            self.told.emit(str(error))
            return

        def write() -> None:
            # Loads the libraries of file formats, which opening the dock need not.
            from napari_segsuite.data.formats import write_labels
            from napari_segsuite.data.label_notes import LabelNotes

            # A copy: what is written must not change while it is compared.
            frozen = copy(source, self._session.scratch, check=lambda: None)
            try:
                write_labels(
                    path,
                    frozen.open(),
                    frozen.axes,
                    frozen.spacing,
                    notes=LabelNotes(classes=facts.classes, metadata=facts.metadata),
                    overwrite=overwrite,
                )
            finally:
                frozen.path.unlink(missing_ok=True)
            if prompts is not None:
                write_record(record_path(path), prompts, overwrite=overwrite)

        self._session.in_background(
            write,
            lambda _: self._saved(layer, revision, path),
            lambda error: self.told.emit(str(error)),
        )

    def _ask(self) -> None:
        if self._layer is None:
            return
        # The dialog asks whether an existing file is to be replaced.
        name, kind = QFileDialog.getSaveFileName(
            self._owner, "Save labels", f"{self._layer.name}.ome.tif", _KINDS
        )
        if name:
            path = Path(name)
            if path.suffix.lower() not in (".tif", ".tiff", ".npy", ".zarr"):
                # The dialog did not ask about this name.
                suffix = next(s for word, s in _SUFFIXES.items() if word in kind)
                self.save(path.with_name(path.name + suffix))
            else:
                self.save(path, overwrite=True)

    def _saved(self, layer: Any, revision: int, path: Path) -> None:
        self._net.saved(layer, revision)
        self.told.emit(f"Saved and read back: {path}")


def _prompts(layer: Labels) -> PromptRecord | None:
    """Return the prompts that the layer's objects were made from, if it holds any.

    Raises
    ------
    InputError
        If what it holds is damaged.
    """
    values = layer.metadata.get(METADATA_KEY, {}).get("prompts")
    return None if values is None else load_record(values)
