"""Pick a model: one that was trained before, or any model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Generic

from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QWidget

from napari_segsuite.data.colours import is_colour
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.models.card import ModelCard
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.shelf import C, CardShelf, Shelf, ShelfEntry

_OTHER: Final = "Other folder…"


class CardPicker(QComboBox, Generic[C]):
    """A list of models in the order of the shelf, with a way to open another folder.

    Parameters
    ----------
    session : Session
        The session of the dock.
    shelf : CardShelf
        The models that are offered.
    none : str, optional
        What "no model" is called; empty if a model must be chosen.
    follows_training : bool, optional
        Whether a model that was just trained is chosen at once.
    """

    changed = Signal()
    """Another model is chosen, or what is known of it is new."""

    def __init__(
        self,
        session: Session,
        shelf: CardShelf[C],
        *,
        none: str = "",
        follows_training: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self._none = none
        self._folder: Path | None = None
        self._wanted: Path | None = None
        self._decided = False
        self.problem = ""
        """Why the folder opened last cannot be used."""
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(4)
        self.activated.connect(self._activated)
        self._follows_training = follows_training
        self._connections = Connections(self)
        self._connections.add(self._shelf.changed, self._fill)
        if follows_training:
            self._connections.add(session.model_trained, self._trained)
        self._fill()

    @property
    def entry(self) -> ShelfEntry[C] | None:
        """The chosen model; None for none."""
        return self._shelf.entry(self._folder)

    @property
    def entries(self) -> tuple[ShelfEntry[C], ...]:
        """The models that are offered."""
        return self._shelf.entries

    @property
    def folder(self) -> Path | None:
        """The folder of the chosen model; None for none."""
        entry = self.entry
        return None if entry is None else entry.folder

    def choose(self, folder: Path) -> None:
        """Choose a model, now or as soon as it is known."""
        self._wanted, self._decided = folder, True
        self._fill()

    def suggest(self, entry: ShelfEntry[C] | None) -> None:
        """Choose a model, or none, unless the user has chosen before."""
        folder = None if entry is None else entry.folder
        if not self._decided and self._folder != folder:
            self._folder = folder
            self._fill()

    def _trained(self, folder: Path) -> None:
        self._wanted = folder

    def _fill(self) -> None:
        shelf = self._shelf
        if shelf.entry(self._wanted) is not None:
            self._folder, self._wanted = self._wanted, None
        elif self._folder is not None and (self.entry is None or self._gives_way()):
            self._folder = None
        if self._folder is None and not self._none and shelf.entries:
            self._folder = shelf.entries[0].folder
        self.blockSignals(True)
        self.clear()
        if self._none or not shelf.entries:
            self.addItem(self._none or "no model yet", None)
        for entry in shelf.entries:
            self.addItem(entry.title, entry.folder)
        self.addItem(_OTHER, _OTHER)
        self._show_choice()
        self.blockSignals(False)
        self.changed.emit()

    def _gives_way(self) -> bool:
        """Return whether a model was chosen for want of one's own, which is there now.

        Who trains a model and then opens a dock wants that one, also if it is found a
        moment after the dock is there.
        """
        entry, entries = self.entry, self._shelf.entries
        if entry is None or self._decided or not self._follows_training:
            return False
        return entry.ships and not entries[0].ships

    def _show_choice(self) -> None:
        folders = [self.itemData(i) for i in range(self.count())]
        self.setCurrentIndex(folders.index(self._folder) if self._folder else 0)

    def _activated(self, index: int) -> None:
        chosen = self.itemData(index)
        self.problem = ""
        if chosen == _OTHER:
            name = QFileDialog.getExistingDirectory(self, "Open a model folder")
            if name:
                self._open(Path(name))
            self._show_choice()
        else:
            self._folder, self._decided = chosen, True
        self.changed.emit()

    def _open(self, folder: Path) -> None:
        self._wanted, self._decided = folder, True
        try:
            self._shelf.open(folder)
        except SegsuiteError as error:
            self._wanted = None
            self.problem = str(error)


class ModelPicker(CardPicker[ModelCard]):
    """A list of U-Nets; see `CardPicker`."""

    def __init__(
        self,
        session: Session,
        *,
        none: str = "",
        follows_training: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            session,
            session.shared(Shelf),
            none=none,
            follows_training=follows_training,
            parent=parent,
        )

    def check(self, channels: int, axes: str) -> None:
        """Check that the chosen model fits an image; no model fits any.

        Raises
        ------
        InputError
            If the number of channels or dimensions differs.
        """
        if self.problem:
            raise InputError(self.problem)
        entry = self.entry
        if entry is None:
            return
        plan, name = entry.card.plan, entry.folder.name
        check_channels(name, plan.channels, channels, axes)
        if plan.ndim == 3 and "Z" not in axes:
            msg = (
                f"The model {name!r} works on 3D stacks, but the image's axes are "
                f"{axes}. Choose a stack, or say under Advanced which axis is Z."
            )
            raise InputError(msg)


def check_channels(name: str, needed: int, found: int, axes: str) -> None:
    """Check that an image with `axes` has the channels that a model was trained on.

    A model of one channel sees colours averaged to grey.

    Raises
    ------
    InputError
        If their numbers differ.
    """
    if needed != found and not (needed == 1 and is_colour(axes, found)):
        msg = (
            f"The model {name!r} was trained on {_count(needed, 'channel')}, but the "
            f"image has {found}. Tick as many channels as it needs, or choose another "
            "model."
        )
        raise InputError(msg)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
