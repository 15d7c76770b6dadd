"""Choose the model that is prompted: one that ships inside, or of the library."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QWidget

from napari_segsuite.errors import SegsuiteError
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.kinds import as_promptable
from napari_segsuite.models.library import promptable
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.models.shipment import is_shipped
from napari_segsuite.widgets.session import Session

DEFAULT: Final = "click-2d"
_OTHER: Final = "Other folder…"


class ModelChoice(QComboBox):
    """A list of promptable models, with a way to open another folder.

    Parameters
    ----------
    session : Session
        Whose library is offered.
    """

    changed = Signal()
    """Another model is chosen, or the first is known."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = ""
        """Why the folder opened last cannot be used."""
        self._session = session
        self._cards: dict[Path, PromptCard] = {}
        self._opened: dict[Path, PromptCard] = {}
        self._folder: Path | None = None
        self._wanted: Path | None = None
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(4)
        self.activated.connect(self._activated)
        session.model_trained.connect(self._on_new)
        self.refresh()

    @property
    def folder(self) -> Path | None:
        """The folder of the chosen model; None if there is none."""
        return self._folder

    @property
    def card(self) -> PromptCard | None:
        """The card of the chosen model."""
        if self._folder is None:
            return None
        return {**self._cards, **self._opened}.get(self._folder)

    def refresh(self) -> None:
        """Look again, in a thread, what models there are."""
        library = self._session.library
        self._session.in_background(lambda: promptable(library), self._show)

    def choose(self, folder: Path) -> None:
        """Choose a model folder, wherever it lies; `problem` says what is wrong."""
        self.problem = ""
        try:
            self._opened[folder] = as_promptable(read_card(folder), folder)
        except SegsuiteError as error:
            self.problem = str(error)
        else:
            self._folder = folder
        self._fill()
        self.changed.emit()

    def _on_new(self, folder: Path) -> None:
        self._wanted = folder
        self.refresh()

    def _show(self, cards: dict[Path, PromptCard]) -> None:
        before = self.card
        self._cards = cards
        if self._wanted in cards:
            # It was fetched to be used.
            self._folder, self._wanted = self._wanted, None
        self._fill()
        if self.card != before or not cards:
            self.changed.emit()

    def _fill(self) -> None:
        every = {**self._cards, **self._opened}
        if self._folder not in every:
            default = (folder for folder in every if folder.name == DEFAULT)
            self._folder = next(default, next(iter(every), None))
        self.blockSignals(True)
        self.clear()
        if not every:
            self.addItem("no model yet", None)
        for folder, card in every.items():
            shipped = " · ships inside" * is_shipped(folder)
            self.addItem(f"{card.name or folder.name}{shipped}", folder)
        self.addItem(_OTHER, _OTHER)
        self._show_choice()
        self.blockSignals(False)

    def _show_choice(self) -> None:
        folders = [self.itemData(i) for i in range(self.count())]
        self.setCurrentIndex(folders.index(self._folder))

    def _activated(self, index: int) -> None:
        chosen = self.itemData(index)
        if chosen == _OTHER:
            name = QFileDialog.getExistingDirectory(self, "Open a model folder")
            if name:
                self.choose(Path(name))
            else:
                self._show_choice()
        elif chosen is not None:
            self.problem = ""
            self._folder = chosen
            self.changed.emit()
