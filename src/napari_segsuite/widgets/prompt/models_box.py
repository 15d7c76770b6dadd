"""The part of the Prompt dock that brings more models."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QComboBox, QFileDialog, QVBoxLayout, QWidget

from napari_segsuite.models.catalogue import catalogue, describe_size
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import button, plain_label, row
from napari_segsuite.widgets.prompt.model_fetching import (
    ModelFetching,
    about,
    hindrance,
)
from napari_segsuite.widgets.prompt.reasons import enable
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.status_view import StatusView


class ModelsBox(QWidget):
    """What can be downloaded, with size and licence, and import of a file."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fetching = session.shared(ModelFetching)
        self.offers = QComboBox()
        self.offers.setToolTip("Models of others that can be downloaded.")
        self.offers.setMinimumContentsLength(4)
        self.offers.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        for offer in catalogue().values():
            self.offers.addItem(f"{offer.name} · {describe_size(offer.size)}", offer)
        self.offers.currentIndexChanged.connect(self._refresh)
        self.text = plain_label("What it is, its size and its licence.")
        self.download = button(
            "Download",
            "Download the model, check it and import it; a download that was broken "
            "off goes on.",
            self._download,
        )
        self.load = button(
            "Import file…",
            "Import weights of Segment Anything from a file (.pth, .pt, .safetensors); "
            "nothing in it is run.",
            self._import,
        )
        self.cancel = button("Cancel", "Stop.", self.fetching.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.offers)
        layout.addWidget(self.text)
        layout.addLayout(row(self.download, self.cancel))
        layout.addWidget(self.load)
        layout.addWidget(StatusView(self.fetching))
        self._connections = Connections(self)
        self._connections.add(self.fetching.changed, self._refresh)
        self._refresh()

    def _refresh(self, _index: int = 0) -> None:
        offer = self.offers.currentData()
        self.text.setText(about(offer))
        busy = self.fetching.busy
        reason = "another model is on its way." if busy else hindrance(offer)
        enable(self.download, not reason, reason)
        enable(self.load, not busy, "another model is on its way.")
        enable(self.cancel, busy, "nothing runs.")

    def _download(self) -> None:
        self.fetching.download(self.offers.currentData())

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self,
            "Import a model",
            "",
            "Weights (*.pth *.pt *.ckpt *.safetensors);;All files (*)",
        )
        if name:
            self.fetching.import_file(Path(name))
